// Addresses are in lower case, names of alerts are not: what was not found is asked for once more as it would be written.
"use strict";
(() => {
  const script = document.currentScript;
  const root = new URL(script.dataset.root, location.href).pathname;
  const { pathname, search, hash } = location;
  if (!pathname.startsWith(root)) return;
  const asked = pathname.slice(root.length);
  const lower = asked.toLowerCase();
  const name = lower.replace(/\/+$/, "").split("/").pop();
  let next = lower;
  if (lower === asked && script.dataset.addresses === "file" && name && !name.includes(".")) {
    next = `${lower.replace(/\/+$/, "")}.html`;
  }
  if (next !== asked) location.replace(root + next + search + hash);
})();
