// Light or dark as the reader chose, before anything is painted. Where storage is refused the system decides.
"use strict";
try {
  const theme = localStorage.getItem("bindery-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Nothing was kept.
}
