// What scripts add to a page that reads well without them: copying, keys, the menu of a phone, what is in view.
"use strict";
(() => {
  const { bindery } = globalThis;
  if (!bindery) return;
  const { words, copy } = bindery;
  const root = document.documentElement;
  const all = (query, from = document) => Array.from(from.querySelectorAll(query));
  const one = (query) => document.querySelector(query);

  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  // -- Light and dark ------------------------------------------------------------------------------------------------

  const theme = one(".theme");
  if (theme) {
    theme.hidden = false;
    theme.addEventListener("click", () => {
      const dark = root.dataset.theme
        ? root.dataset.theme === "dark"
        : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      try {
        localStorage.setItem("bindery-theme", root.dataset.theme);
      } catch {
        // It holds for this page.
      }
    });
  }

  // -- Saying something ----------------------------------------------------------------------------------------------

  const said = element("p", { className: "said", hidden: true });
  said.setAttribute("role", "status");
  document.body.append(said);
  let silence = 0;

  bindery.toast = (text, time = 2500) => {
    said.hidden = false;
    said.textContent = text;
    clearTimeout(silence);
    silence = setTimeout(() => { said.hidden = true; }, time);
  };

  // -- Links to headings ---------------------------------------------------------------------------------------------

  document.addEventListener("click", async (event) => {
    const anchor = event.target.closest && event.target.closest(".anchor");
    if (!anchor || event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    bindery.toast(words[await copy(anchor.href) ? "link-copied" : "not-copied"]);
  });

  // -- Pictures ------------------------------------------------------------------------------------------------------

  // A picture that is shown smaller than it is can be looked at whole.
  function offerPicture(image) {
    if (image.closest("a, button") || image.dataset.large !== undefined) return;
    const check = () => {
      if (image.naturalWidth <= image.clientWidth * 1.1) return;
      image.dataset.large = "";
      image.classList.add("large");
      image.tabIndex = 0;
      image.setAttribute("role", "button");
      image.setAttribute("aria-label", image.alt ? `${words.enlarge}: ${image.alt}` : words.enlarge);
    };
    if (image.complete) check();
    else image.addEventListener("load", check, { once: true });
  }

  function showPicture(image) {
    const dialog = element("dialog", { className: "picture" }, closer(), element("img", { src: image.src, alt: image.alt }));
    show(dialog);
  }

  // -- Dialogs -------------------------------------------------------------------------------------------------------

  function closer() {
    const button = element("button", { type: "button", className: "close", textContent: "✕" });
    button.setAttribute("aria-label", words["key-close"]);
    button.addEventListener("click", () => button.closest("dialog").close());
    return button;
  }

  // The browser keeps the focus inside, closes on Escape and gives the focus back.
  function show(dialog, done = () => {}) {
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
    dialog.addEventListener("close", () => {
      done();
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  }

  function showKeys() {
    if (one("dialog[open]")) return;
    const keys = [
      ["/", words["key-search"]],
      ["n", words["key-next"]],
      ["p", words["key-previous"]],
      ["h", words["key-home"]],
      ["?", words["key-keys"]],
      ["Esc", words["key-close"]],
    ];
    const list = element("dl", {});
    for (const [key, what] of keys) {
      list.append(element("dt", {}, element("kbd", { textContent: key })), element("dd", { textContent: what }));
    }
    const heading = element("h2", { textContent: words.keys, id: "_keys" });
    const dialog = element("dialog", { className: "keys" }, heading, list, closer());
    dialog.setAttribute("aria-labelledby", "_keys");
    show(dialog);
  }

  const menu = one(".menu");
  if (menu) {
    menu.setAttribute("role", "button");
    menu.addEventListener("click", (event) => {
      event.preventDefault();
      const dialog = element("dialog", { className: "drawer" }, closer());
      // The lists themselves are shown, and go back to their places.
      const places = all(".top .lists, .sidebar").map((list) => {
        const place = document.createComment("");
        list.replaceWith(place);
        dialog.append(list);
        return [place, list];
      });
      dialog.setAttribute("aria-label", menu.textContent);
      show(dialog, () => places.forEach(([place, list]) => place.replaceWith(list)));
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key === " ") {
        event.preventDefault();
        menu.click();
      }
    });
  }

  // -- The search is fetched when it is first asked for: most readers come with an address ----------------------------

  const search = one("dialog[data-search]");
  if (search && search.showModal) {
    let asked = false;
    // Its field is there at once; what is typed meanwhile is looked for when the script has come.
    const open = (event) => {
      if (globalThis.binderySearch) return;
      event.preventDefault();
      if (!search.open) search.showModal();
      if (!asked) {
        asked = true;
        const script = element("script", { src: search.dataset.script });
        script.onerror = () => {
          asked = false;
          script.remove();
          const status = search.querySelector("[data-search-status]");
          status.textContent = status.dataset.failed;
        };
        document.head.append(script);
      }
    };
    for (const opener of all("[data-search-open]")) {
      opener.hidden = false;
      opener.addEventListener("click", open);
    }
    document.addEventListener("keydown", (event) => {
      const command = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key === "k";
      const slash = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target);
      if ((slash || command) && !event.isComposing && !one("dialog:modal")) open(event);
    });
    search.querySelector("[data-search-close]").addEventListener("click", () => search.close());
  }

  // -- Keys ----------------------------------------------------------------------------------------------------------

  function isTyping(target) {
    // The field of a dialog that was just closed may still have the focus.
    if (target.closest && target.closest("dialog:not([open])")) return false;
    return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && target.type !== "checkbox";
  }

  // The next step below what was looked at last, or the one above; past the last of them the next page.
  function step(forward) {
    const steps = all(".step > .step-box .tick");
    const now = steps.indexOf(document.activeElement);
    const next = now < 0 ? (forward ? 0 : -1) : now + (forward ? 1 : -1);
    if (steps[next]) {
      steps[next].focus({ preventScroll: true });
      steps[next].closest(".step").scrollIntoView({ block: "center" });
      return;
    }
    const link = one(forward ? '[rel="next"]' : '[rel="prev"]');
    if (link) link.click();
  }

  document.addEventListener("keydown", (event) => {
    const image = event.target.closest && event.target.closest("img.large");
    if (image && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      return showPicture(image);
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
    if (one("dialog[open]")) return;
    if (event.key === "?") showKeys();
    else if (event.key === "n") step(true);
    else if (event.key === "p") step(false);
    else if (event.key === "h") one(".top .home").click();
    else return;
    event.preventDefault();
  });
  document.addEventListener("click", (event) => {
    const image = event.target.closest && event.target.closest("img.large");
    if (image) showPicture(image);
  });

  // -- What is in view -----------------------------------------------------------------------------------------------

  let waiting = false;
  function follow() {
    waiting = false;
    const links = all(".toc a");
    if (!links.length) return;
    const line = innerHeight / 4;
    let current = null;
    for (const link of links) {
      const heading = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (heading && heading.getBoundingClientRect().top <= line) current = link;
    }
    const atEnd = scrollY > 0 && scrollY + innerHeight >= root.scrollHeight - 4;
    if (atEnd) current = current || links[links.length - 1];
    for (const link of links) {
      if (link === current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }
  addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(follow);
  }, { passive: true });

  // The list of sections stays where it was scrolled to.
  const sidebar = one(".sidebar");
  if (sidebar) {
    const key = "bindery-sidebar";
    try {
      const kept = JSON.parse(sessionStorage.getItem(key) || "null");
      const own = sidebar.querySelector("summary").textContent;
      if (kept && kept.own === own) sidebar.scrollTop = kept.top;
      else {
        const current = sidebar.querySelector('[aria-current="page"]');
        if (current && current.offsetTop > sidebar.clientHeight * .8) {
          sidebar.scrollTop = current.offsetTop - sidebar.clientHeight / 2;
        }
      }
      addEventListener("pagehide", () => {
        sessionStorage.setItem(key, JSON.stringify({ own, top: sidebar.scrollTop }));
      });
    } catch {
      // Nothing is kept.
    }
  }

  // -- All of it, and again for what the preview brings ---------------------------------------------------------------

  // What scrolls inside itself can be scrolled with the keyboard too.
  function reach() {
    for (const table of all(".table")) {
      if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
      else table.removeAttribute("tabindex");
    }
  }
  addEventListener("resize", reach);

  function dress() {
    reach();
    all("article img").forEach(offerPicture);
    follow();
  }
  dress();
  document.addEventListener("bindery:updated", dress);
})();
