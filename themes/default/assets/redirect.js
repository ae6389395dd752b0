// Leads on at once and keeps the fragment: an alert's link to a heading of the old page must land on the heading.
"use strict";
(() => {
  const id = decodeURIComponent(location.hash.slice(1));
  const links = [...document.querySelectorAll("a[data-moved]")];
  const link = links.find((a) => id && a.dataset.moved === id) || links.find((a) => !a.dataset.moved);
  if (link) location.replace(link.href + (link.hash ? "" : location.hash));
})();
