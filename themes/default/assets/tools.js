// What the scripts of a page share: the theme's words, storage, copying, questions. It also gives each block of code a
// button that copies what was typed, without prompts and output.
"use strict";
(() => {
  const { bindery } = globalThis;
  if (!bindery) return;
  const place = document.getElementById("_run");
  bindery.page = place ? place.dataset : null;

  // -- Words -----------------------------------------------------------------------------------------------------------

  bindery.say = (name, values = {}) =>
    (bindery.words[name] || name).replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));

  // A form of the theme, as an element.
  bindery.part = (name) => {
    const template = document.createElement("template");
    template.innerHTML = bindery.parts[name].trim();
    return template.content.firstElementChild;
  };

  bindery.element = (name, className, text = "") => {
    const element = document.createElement(name);
    element.className = className;
    element.textContent = text;
    return element;
  };

  bindery.button = (className, text, act) => {
    const button = bindery.element("button", className, text);
    button.type = "button";
    button.addEventListener("click", act);
    return button;
  };

  // -- Storage: the browser's, or memory where it refuses --------------------------------------------------------------

  const memory = new Map();
  bindery.refused = false;
  bindery.store = {
    get(key) {
      try {
        const text = localStorage.getItem(key);
        if (text !== null && !memory.has(key)) return JSON.parse(text);
      } catch {
        bindery.refused = true;
      }
      return memory.has(key) ? JSON.parse(memory.get(key)) : null;
    },
    set(key, value) {
      const text = JSON.stringify(value);
      try {
        localStorage.setItem(key, text);
        memory.delete(key);
        bindery.refused = false;
      } catch {
        memory.set(key, text);
        bindery.refused = true;
      }
    },
  };
  // Two sites may share a host, and two pages of different sites an id.
  bindery.key = (what) => `bindery:${what}:${bindery.page.site}:${bindery.page.page}`;

  // -- Copying ---------------------------------------------------------------------------------------------------------

  // On plain http there is no clipboard but the selection's.
  bindery.copy = async (text) => {
    if (globalThis.isSecureContext && navigator.clipboard) {
      try {
        await navigator.clipboard.writeText(text);
        return true;
      } catch {
        // Refused: the old way may still do.
      }
    }
    const before = document.activeElement;
    const area = bindery.element("textarea", "off-stage");
    area.value = text;
    area.setAttribute("aria-hidden", "true");
    document.body.append(area);
    area.select();
    let copied = false;
    try {
      copied = document.execCommand("copy");
    } catch {
      copied = false;
    }
    area.remove();
    if (before) before.focus({ preventScroll: true });
    return copied;
  };

  bindery.save = (name, type, text) => {
    const link = document.createElement("a");
    const url = URL.createObjectURL(new Blob([text], { type }));
    link.href = url;
    link.download = name;
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  };

  // What was typed in a block of code: its commands where it is a session, else all of it. Whoever fills in values
  // puts a better one in its place.
  bindery.typed = (node) => ({ text: node.textContent, unfilled: unfilled(node), risky: [] });

  function unfilled(node) {
    const found = Array.from(node.querySelectorAll(".placeholder"), (one) => one.textContent);
    return Array.from(new Set(found)).filter((text) => /^<.*>$/.test(text));
  }

  function typedIn(code) {
    const commands = Array.from(code.querySelectorAll(".command"));
    const parts = (commands.length ? commands : [code]).map((one) => bindery.typed(one));
    const every = (name) => Array.from(new Set(parts.flatMap((part) => part[name])));
    return {
      text: parts.map((part) => part.text).join("\n").replace(/\n+$/, ""),
      unfilled: every("unfilled"),
      risky: every("risky"),
    };
  }

  // What is selected and copied by hand warns too.
  document.addEventListener("copy", ({ target }) => {
    const selection = getSelection();
    if (target instanceof Element && target.matches("textarea, input")) return;
    const names = Array.from(document.querySelectorAll("article :is(.filled.empty, .filled.given, .placeholder)"))
      .filter((one) => selection.containsNode(one, true) && /^<.*>$/.test(one.textContent))
      .map((one) => one.textContent);
    if (names.length) bindery.toast(bindery.say("copied-unfilled", { names: Array.from(new Set(names)).join(", ") }), 8000);
  });

  async function copyCode(block, note) {
    const { text, unfilled: missing, risky } = typedIn(block.querySelector("code"));
    const copied = await bindery.copy(text);
    const words = [];
    if (!copied) words.push(bindery.say("not-copied"));
    else if (missing.length) words.push(bindery.say("copied-unfilled", { names: missing.join(", ") }));
    else if (!risky.length) words.push(bindery.say("copied"));
    if (copied && risky.length) words.push(bindery.say("copied-risky", { names: risky.join(", ") }));
    note.textContent = words.join(" ");
    note.classList.toggle("warns", !copied || missing.length > 0 || risky.length > 0);
  }

  function buttons() {
    for (const block of document.querySelectorAll("article .code")) {
      if (block.querySelector(":scope > .copy")) continue;
      const note = bindery.element("span", "copy-note");
      note.setAttribute("role", "status");
      const tools = bindery.element("div", "copy");
      tools.append(note, bindery.button("", bindery.say("copy"), () => copyCode(block, note)));
      block.append(tools);
    }
  }

  // -- Questions -------------------------------------------------------------------------------------------------------

  // Asks, and says whether the answer was yes.
  bindery.ask = (text, yes) =>
    new Promise((answer) => {
      const dialog = bindery.element("dialog", "ask");
      dialog.append(bindery.element("p", "", text));
      const row = bindery.element("p", "buttons");
      const close = (value) => () => {
        dialog.close();
        dialog.remove();
        answer(value);
      };
      const no = bindery.button("no", bindery.say("cancel"), close(false));
      row.append(no, bindery.button("yes", yes, close(true)));
      dialog.append(row);
      dialog.addEventListener("cancel", close(false));
      document.body.append(dialog);
      dialog.showModal();
      no.focus();
    });

  // -- Paper -----------------------------------------------------------------------------------------------------------

  // Marks what is no part of the checklist, so that it can be left out.
  function sheet() {
    const text = document.querySelector("article .text");
    const headings = [];
    let run = [];
    let keeps = false;
    const end = () => {
      const kept = keeps || headings.some((one) => one.hasAttribute("data-sheet"));
      for (const one of run) one.classList.toggle("off-sheet", !kept);
      if (kept) for (const one of headings) one.classList.remove("off-sheet");
      run = [];
      keeps = false;
    };
    const own = ".head, .sheet-head, .sheet-foot, .sheet-form, .sign-off, .sheet-end, .how, .decisions, .params, .run-bar, .print-bar, link, script, template";
    for (const one of text.children) {
      if (one.matches(own)) continue;
      if (/^H[1-6]$/.test(one.tagName)) {
        end();
        while (headings.length && headings.at(-1).tagName >= one.tagName) headings.pop();
        headings.push(one);
        one.classList.add("off-sheet");
        continue;
      }
      run.push(one);
      keeps ||= one.matches(".steps") || one.querySelector(".step") !== null;
    }
    end();
  }

  bindery.print = (what) => {
    sheet();
    document.documentElement.dataset.paper = what;
    window.print();
  };
  // What was asked for once is not what the browser's own print command means.
  addEventListener("afterprint", () => delete document.documentElement.dataset.paper);

  addEventListener("beforeprint", () => {
    const now = new Date().toISOString();
    const time = `${now.slice(0, 10)} ${now.slice(11, 16)} UTC`;
    document.documentElement.dataset.time = time;
    for (const one of document.querySelectorAll("[data-printed]")) one.textContent = time;
  });

  document.addEventListener("bindery:updated", buttons);
  buttons();
})();
