// Keeps a page of the preview up to date: patches what changed, and shows what is wrong.
//
// The server says when the page at this address is another one. It is fetched then, compared with the page as it was
// sent before, and only what differs between the two is changed in the document. So what the reader ticked, filled in,
// opened or scrolled to stays, and so does what the theme's own scripts have added.
"use strict";
(() => {
  const script = document.currentScript;
  const { base, source, editor } = script.dataset;
  let etag = script.dataset.etag;
  let files = null;
  let told = { errors: 0, warnings: 0, findings: [] };

  // The page as the server sent it, and the node of the document that stands for each of its nodes. This script comes
  // first, so nothing has been added to the document yet.
  const live = new WeakMap();
  let sent = document.documentElement.cloneNode(true);
  // A script in the head may have marked the document before this one ran: these marks are not the server's to take.
  let marked = true;
  pair(sent, document.documentElement);

  function pair(copy, node) {
    live.set(copy, node);
    const copies = copy.childNodes;
    const nodes = node.childNodes;
    for (let at = 0; at < copies.length; at += 1) pair(copies[at], nodes[at]);
  }

  // -- The page ------------------------------------------------------------------------------------------------------

  let updating = false;
  let again = false;

  async function update() {
    if (updating) {
      again = true;
      return;
    }
    updating = true;
    do {
      again = false;
      try {
        await fetchPage();
      } catch {
        // The server is away. It tells us when it is back.
      }
    } while (again);
    updating = false;
  }

  async function fetchPage() {
    const response = await fetch(location.href.split("#")[0], { cache: "no-cache" });
    const type = response.headers.get("content-type") || "";
    if (response.redirected || !type.startsWith("text/html")) return location.reload();
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const own = page.querySelector("script[data-etag]");
    if (!own) return location.reload();
    if (own.dataset.etag === etag) return;
    if (scripts(sent) !== scripts(page.documentElement)) return location.reload();
    await styles(page);
    const anchor = anchored();
    // The scripts that ran are not run again.
    own.replaceWith(document.importNode(sent.querySelector("script[data-etag]"), true));
    patch(sent, page.documentElement);
    sent = page.documentElement;
    marked = false;
    etag = own.dataset.etag;
    anchor();
    document.dispatchEvent(new CustomEvent("bindery:updated"));
  }

  // The addresses of the theme's scripts: when one changes, only a new start runs it.
  function scripts(root) {
    const all = root.querySelectorAll("script:not([data-etag])");
    return Array.from(all, (one) => one.src || one.textContent).join("\n");
  }

  // Waits until new style sheets are there, so that the page is never seen without.
  function styles(page) {
    const sheets = (root) => Array.from(root.querySelectorAll('link[rel="stylesheet"]'));
    const known = new Set(sheets(sent).map((sheet) => sheet.getAttribute("href")));
    const loads = sheets(page)
      .map((sheet) => sheet.getAttribute("href"))
      .filter((href) => !known.has(href))
      .map((href) => new Promise((done) => {
        const early = document.createElement("link");
        early.rel = "preload";
        early.as = "style";
        early.href = href;
        early.onload = early.onerror = () => {
          early.remove();
          done();
        };
        document.head.append(early);
        setTimeout(done, 2000);
      }));
    return Promise.all(loads);
  }

  // Remembers the first thing in view, and puts it back where it was.
  function anchored() {
    if (scrollY === 0) return () => {};
    const all = document.querySelectorAll("main [id], main p, main li, main pre, main tr");
    const places = [];
    for (const one of all) {
      const { top, bottom } = one.getBoundingClientRect();
      if (bottom > 0) places.push([one, top]);
      if (top > innerHeight) break;
    }
    return () => {
      const found = places.find(([one]) => one.isConnected);
      if (!found) return;
      const moved = found[0].getBoundingClientRect().top - found[1];
      if (moved !== 0) scrollBy({ top: moved, behavior: "instant" });
    };
  }

  // Makes the document differ from the page that was sent before as `to` differs from it.
  function patch(from, to) {
    const node = live.get(from);
    live.set(to, node);
    if (from.nodeType !== Node.ELEMENT_NODE) {
      if (from.data !== to.data) node.data = to.data;
      return;
    }
    const keep = marked && node === document.documentElement;
    for (const { name } of Array.from(from.attributes)) {
      if (!to.hasAttribute(name) && !keep) node.removeAttribute(name);
    }
    for (const { name, value } of Array.from(to.attributes)) {
      if (from.getAttribute(name) !== value) node.setAttribute(name, value);
    }
    children(from, to, node);
  }

  function children(from, to, parent) {
    const old = Array.from(from.childNodes);
    const fresh = Array.from(to.childNodes);
    const matches = match(old, fresh);
    const kept = new Set(matches.filter((one) => one !== null));
    for (const one of old) {
      if (!kept.has(one)) live.get(one).remove();
    }
    let last = null;
    fresh.forEach((one, at) => {
      let node;
      if (matches[at] === null) {
        node = document.importNode(one, true);
        pair(one, node);
        if (last && last.parentNode) last.after(node);
        else parent.prepend(node);
      } else {
        patch(matches[at], one);
        node = live.get(one);
      }
      last = node;
    });
  }

  // The old node that each new one continues, in order: those that are equal first, and between these, those that are
  // of one kind.
  function match(old, fresh) {
    const matches = fresh.map(() => null);
    const equal = (a, b) => a.isEqualNode(b);
    let start = 0;
    while (start < old.length && start < fresh.length && equal(old[start], fresh[start])) {
      matches[start] = old[start];
      start += 1;
    }
    let [oldEnd, freshEnd] = [old.length, fresh.length];
    while (oldEnd > start && freshEnd > start && equal(old[oldEnd - 1], fresh[freshEnd - 1])) {
      oldEnd -= 1;
      freshEnd -= 1;
      matches[freshEnd] = old[oldEnd];
    }
    // What is equal further on stays; looking for it begins where the last was found, so order is kept.
    let from = start;
    let gap = start;
    for (let at = start; at <= freshEnd; at += 1) {
      let found = at === freshEnd ? oldEnd : -1;
      for (let one = from; found < 0 && one < oldEnd && blank(fresh[at]) === false; one += 1) {
        if (equal(old[one], fresh[at])) found = one;
      }
      if (found < 0) continue;
      pairUp(old, fresh, matches, [from, found], [gap, at]);
      if (at < freshEnd) matches[at] = old[found];
      from = found + 1;
      gap = at + 1;
    }
    return matches;
  }

  // White space is equal to any other: it holds no place.
  function blank(node) {
    return node.nodeType === Node.TEXT_NODE && node.data.trim() === "";
  }

  // Between two equal nodes: each new node continues the next old one of its kind.
  function pairUp(old, fresh, matches, [oldFrom, oldTo], [freshFrom, freshTo]) {
    let from = oldFrom;
    for (let at = freshFrom; at < freshTo; at += 1) {
      for (let one = from; one < oldTo; one += 1) {
        if (kind(old[one]) === kind(fresh[at])) {
          matches[at] = old[one];
          from = one + 1;
          break;
        }
      }
    }
  }

  function kind(node) {
    if (node.nodeType !== Node.ELEMENT_NODE) return node.nodeName;
    // What a reader ticks or fills in is another one when its name is another.
    return [node.nodeName, node.id, node.getAttribute("name"), node.getAttribute("type")].join(" ");
  }

  // Files that the page shows are fetched again when they have changed.
  function refreshFiles(next) {
    const before = files;
    files = next;
    if (!before) return;
    for (const [path, identity] of Object.entries(next)) {
      if (!before[path] || before[path] === identity) continue;
      const address = new URL(base + path, location.href);
      for (const one of document.querySelectorAll("img, source, video, audio, object, embed, iframe")) {
        for (const name of ["src", "data"]) {
          const url = one[name] && new URL(one[name], location.href);
          if (!url || url.pathname !== address.pathname) continue;
          url.search = identity;
          one[name] = url.href;
        }
      }
    }
  }

  // -- What is wrong -------------------------------------------------------------------------------------------------

  const host = document.createElement("bindery-preview");
  const root = host.attachShadow({ mode: "open" });
  const style = element("link", { rel: "stylesheet", href: "/.bindery/client.css" });
  const badge = element("button", { type: "button", className: "badge", hidden: true });
  const panel = element("section", { className: "panel", hidden: true, tabIndex: -1 });
  panel.setAttribute("role", "dialog");
  panel.setAttribute("aria-label", "What is wrong");
  const edit = element("a", { className: "edit", hidden: true, textContent: "Edit" });
  root.append(style, edit, badge, panel);
  // Beside the body, where no patch and no style of the page reaches it.
  document.documentElement.append(host);

  // Whether the reader asked for the panel, and the errors that were closed without being mended.
  let wanted = false;
  let dismissed = "";
  badge.addEventListener("click", () => (panel.hidden ? open() : close()));
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !panel.hidden) close();
  });

  if (editor) {
    edit.href = editor;
    edit.title = `Open ${source} in the editor`;
    edit.hidden = false;
  }

  function element(name, properties) {
    return Object.assign(document.createElement(name), properties);
  }

  function open() {
    wanted = true;
    show();
    panel.focus();
  }

  function close() {
    wanted = false;
    dismissed = errorsOf(told);
    show();
  }

  function errorsOf({ findings = [] } = {}) {
    return JSON.stringify(findings.filter((one) => one.severity === "error"));
  }

  function count(number, word) {
    return `${number} ${word}${number === 1 ? "" : "s"}`;
  }

  function show() {
    const { errors, warnings, findings } = told;
    const news = errors > 0 && dismissed !== errorsOf(told);
    if (errors === 0) dismissed = "";
    badge.hidden = errors + warnings === 0;
    // What was asked for has been mended: the next finding is another matter.
    if (badge.hidden) wanted = false;
    badge.textContent = errors ? count(errors, "error") : count(warnings, "warning");
    badge.classList.toggle("errors", errors > 0);
    panel.hidden = badge.hidden || !(wanted || news);
    badge.setAttribute("aria-expanded", String(!panel.hidden));
    if (panel.hidden) return;
    const head = element("header", {});
    const title = [];
    if (errors) title.push(count(errors, "error"));
    if (warnings) title.push(count(warnings, "warning"));
    const shut = element("button", { type: "button", textContent: "Close" });
    shut.addEventListener("click", close);
    head.append(element("h2", { textContent: title.join(", ") }), shut);
    const own = findings.filter((one) => one.severity === "error" || one.file === source);
    const others = findings.filter((one) => !own.includes(one));
    const list = element("ol", {});
    list.append(...own.concat(others).map(entry));
    const parts = [head];
    if (errors) {
      parts.push(element("p", { textContent: "The last good page stays until this is mended." }));
    }
    parts.push(list);
    const more = errors + warnings - findings.length;
    if (more > 0) {
      const rest = element("p", {});
      rest.append(element("a", { href: "/.bindery/findings", textContent: `${more} more: all of them` }));
      parts.push(rest);
    }
    panel.replaceChildren(...parts);
  }

  // Everything here is text: a file may be called anything.
  function entry(finding) {
    const item = element("li", { className: finding.severity });
    if (finding.file) {
      const place = finding.line ? `${finding.file}:${finding.line}:${finding.column}` : finding.file;
      const link = element(finding.editor ? "a" : "span", { className: "place", textContent: place });
      if (finding.editor) link.href = finding.editor;
      item.append(link);
    }
    item.append(element("pre", { textContent: finding.text }));
    return item;
  }

  // -- The channel ---------------------------------------------------------------------------------------------------

  let channel = null;

  function connect() {
    if (channel || document.visibilityState === "hidden") return;
    channel = new EventSource(`/.bindery/events?page=${encodeURIComponent(location.pathname)}`);
    channel.onmessage = (event) => {
      told = JSON.parse(event.data);
      if (told.etag !== etag) update();
      refreshFiles(told.files);
      show();
      document.documentElement.dataset.binderyPreview = "connected";
    };
  }

  function disconnect() {
    if (channel) channel.close();
    channel = null;
  }

  // A browser opens six connections to a server, and no more: a tab that nobody sees leaves its own to others.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") disconnect();
    else connect();
  });
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", connect);
  connect();
})();
