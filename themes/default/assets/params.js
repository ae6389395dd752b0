// Values that the reader fills in: they take the place of `<name>` in the page's text and code.
"use strict";
(() => {
  const { bindery } = globalThis;
  const section = document.querySelector(".params");
  if (!bindery || !bindery.page || !section) return;
  const { say } = bindery;
  const KEY = bindery.key("values");

  // What a shell takes for itself, unquoted.
  const PLAIN = /^[A-Za-z0-9_@%+=:,./-]+$/;
  // Longest value: more is no name of anything.
  const LONGEST = 1000;

  let params = new Map();
  const values = new Map();
  // The text nodes that were changed: what each said, what it was made to say, and what was put behind it.
  let fills = [];

  // -- What may be filled in -------------------------------------------------------------------------------------------

  function read() {
    params = new Map();
    for (const row of document.querySelectorAll(".params [data-param]")) {
      const { param, pattern, secret, preset } = row.dataset;
      let fits = null;
      if (pattern) {
        try {
          fits = new RegExp(`^(?:${pattern})$`, "u");
        } catch {
          try {
            fits = new RegExp(`^(?:${pattern})$`);
          } catch {
            // A pattern that this browser cannot read fits nothing: better no value than one that nobody has checked.
            fits = { test: () => false, unread: true };
          }
        }
      }
      const options = Array.from(row.querySelectorAll("[data-option]"), (one) => one.dataset.option);
      params.set(param, { row, pattern, fits, options, secret: secret === "true", preset: preset || "" });
    }
  }

  // Why a value cannot be taken; nothing when it can.
  function refusal(name, value) {
    const param = params.get(name);
    // Control characters, a newline among them, would end a command or hide one.
    if (/[\p{Cc}\u2028\u2029]/u.test(value)) return say("value-newline");
    if (value.length > LONGEST) return say("value-long");
    if (param.options.length && !param.options.includes(value)) return say("value-option");
    if (param.fits && !param.fits.test(value)) {
      return say(param.fits.unread ? "pattern-unread" : "value-pattern", { pattern: param.pattern });
    }
    return "";
  }

  // -- Where values are kept: never those that are secret ----------------------------------------------------------------

  function load() {
    const kept = plain(bindery.store.get(KEY));
    for (const [name, param] of params) {
      if (values.has(name)) continue;
      const value = param.secret ? "" : kept[name] ?? param.preset;
      if (typeof value === "string" && value && !refusal(name, value)) values.set(name, value);
    }
    // What was kept before its parameter became a secret, or went away, is kept no longer.
    if (Object.keys(kept).some((name) => !params.has(name) || params.get(name).secret)) keep();
  }

  // An object that has nothing but what is put into it: a parameter may be called as anything, `constructor` among it.
  function plain(given) {
    return Object.assign(Object.create(null), given);
  }

  // Values that may be kept, shown to others and put into links.
  function open() {
    const found = plain();
    for (const [name, param] of params) {
      if (values.has(name) && !param.secret) found[name] = values.get(name);
    }
    return found;
  }

  function keep() {
    const kept = open();
    // A default that was taken away stays away.
    for (const [name, param] of params) {
      if (param.preset && !param.secret && !values.has(name)) kept[name] = "";
    }
    bindery.store.set(KEY, kept);
  }

  // -- The form --------------------------------------------------------------------------------------------------------

  function form() {
    for (const [name, param] of params) {
      if (param.row.querySelector(".param-input")) continue;
      let input;
      if (param.options.length) {
        input = document.createElement("select");
        input.append(new Option("", ""), ...param.options.map((one) => new Option(one, one)));
      } else {
        input = document.createElement("input");
        input.type = param.secret ? "password" : "text";
        input.spellcheck = false;
        input.autocapitalize = "off";
      }
      input.autocomplete = "off";
      input.className = "param-input on-screen";
      input.id = `_param-${name}`;
      const wrong = bindery.element("span", "param-wrong on-screen");
      wrong.id = `_wrong-${name}`;
      wrong.setAttribute("role", "alert");
      input.setAttribute("aria-label", `${name}: ${param.row.querySelector(".param-about").textContent}`);
      input.setAttribute("aria-describedby", wrong.id);
      input.addEventListener("input", () => take(name, input.value));
      param.row.append(input, wrong);
    }
    if (!document.querySelector(".params .param-link")) {
      const note = bindery.element("span", "copy-note on-screen");
      note.setAttribute("role", "status");
      const link = bindery.button("param-link on-screen", say("copy-link"), async () => {
        const copied = await bindery.copy(address());
        note.textContent = say(copied ? "copied" : "not-copied");
      });
      document.querySelector(".params").append(link, note);
    }
  }

  function take(name, value) {
    const wrong = value === "" ? "" : refusal(name, value);
    const { row } = params.get(name);
    row.querySelector(".param-wrong").textContent = wrong;
    row.querySelector(".param-input").setAttribute("aria-invalid", String(wrong !== ""));
    if (value === "" || wrong) values.delete(name);
    else values.set(name, value);
    keep();
    fill();
    document.dispatchEvent(new CustomEvent("bindery:values"));
  }

  function show() {
    for (const [name, param] of params) {
      const value = values.get(name) || "";
      const input = param.row.querySelector(".param-input");
      if (input && input !== document.activeElement) {
        input.value = value;
        param.row.querySelector(".param-wrong").textContent = "";
        input.setAttribute("aria-invalid", "false");
      }
      // Paper shows what was filled in, or leaves room for it.
      param.row.querySelector(".field").textContent = param.secret ? "" : value;
    }
  }

  // -- The text ----------------------------------------------------------------------------------------------------------

  // Text of the page, not of what scripts have added to it.
  function texts() {
    const found = [];
    const walker = document.createTreeWalker(document.querySelector("article"), NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, {
      acceptNode(node) {
        if (node.nodeType === Node.TEXT_NODE) return NodeFilter.FILTER_ACCEPT;
        return node.matches(".params, .run-bar, .copy, .step-tools, .step-status, .sheet-form, .filled, script, template")
          ? NodeFilter.FILTER_REJECT
          : NodeFilter.FILTER_SKIP;
      },
    });
    while (walker.nextNode()) found.push(walker.currentNode);
    return found;
  }

  // Puts back what the page said. What the preview has changed meanwhile stays as it is.
  function clear() {
    for (const { node, said, made, behind } of fills.reverse()) {
      for (const one of behind) one.remove();
      if (node.isConnected && node.data === made) node.data = said;
    }
    fills = [];
  }

  function change(node, made, behind = []) {
    fills.push({ node, said: node.data, made, behind });
    node.data = made;
    let last = node;
    for (const one of behind) {
      last.after(one);
      last = one;
    }
  }

  function fill() {
    clear();
    show();
    if (params.size === 0) return;
    const nodes = texts();
    let whole = "";
    const starts = nodes.map((node) => {
      const start = whole.length;
      whole += node.data;
      return start;
    });
    const names = Array.from(params.keys(), (name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const finds = Array.from(whole.matchAll(new RegExp(`<(${names.join("|")})>`, "g")));
    // From the end, so that what comes before keeps its place.
    for (const find of finds.reverse()) {
      const [from, to] = [find.index, find.index + find[0].length];
      let first = upper(starts, from);
      let last = upper(starts, to - 1);
      const node = nodes[first];
      const span = bindery.element("span", "filled");
      span.dataset.param = find[1];
      draw(span, quoting(node, from - starts[first]));
      const [before, after] = [node.data.slice(0, from - starts[first]), node.data.slice(to - starts[first])];
      if (first === last) {
        change(node, before, after ? [span, document.createTextNode(after)] : [span]);
        continue;
      }
      // Highlighting may have cut the name in pieces.
      for (; last > first; last -= 1) change(nodes[last], nodes[last].data.slice(Math.max(0, to - starts[last])));
      change(node, before, [span]);
    }
  }

  // The last of `starts` that is not above `place`.
  function upper(starts, place) {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= place) low = middle;
      else high = middle;
    }
    return low;
  }

  // How a shell reads what stands at `offset` of `node`: bare, in quotes, in a place where no quotes help, or not at all.
  function quoting(node, offset) {
    const code = node.parentElement.closest("code");
    const block = code && code.closest(".code");
    if (!block) return "text";
    if (!["shell", "console"].includes(block.dataset.lang)) return "code";
    const root = node.parentElement.closest(".command") || code;
    const range = document.createRange();
    range.setStart(root, 0);
    range.setEnd(node, offset);
    const before = range.toString();
    const [rest] = root.textContent.slice(before.length).split("\n", 1);
    return shellState(before, rest);
  }

  // Commands that hand their words to a shell once more.
  const AGAIN = /(?:^|[\s;&|(])(?:eval|ssh|su|watch|xargs|parallel|(?:ba|da|k|z)?sh)(?:\s|$)/;

  // How a shell that has read `text` reads what comes next, with `rest` behind it on its line: `bare`, `single` or `double`; `again` where it is bare and
  // read once more; `body` in a here-document; `odd` in any other place where quotes mean something else.
  function shellState(text, rest) {
    let state = "bare";
    // What is open around: substitutions, in backquotes or brackets, and the quotes that they stand in.
    const around = [];
    const bodies = [];
    let command = 0;
    for (let at = 0; at < text.length; at += 1) {
      const letter = text[at];
      if (state === "single" || state === "ansi") {
        if (state === "ansi" && letter === "\\") at += 1;
        else if (letter === "'") state = "bare";
      } else if (letter === "\\") {
        at += 1;
      } else if (letter === "`") {
        if (around.length && around.at(-1).end === "`") state = around.pop().state;
        else {
          around.push({ end: "`", state });
          state = "bare";
        }
      } else if (letter === "$" && (text[at + 1] === "(" || text[at + 1] === "{")) {
        around.push({ end: text[at + 1] === "(" ? ")" : "}", state });
        state = "bare";
        at += 1;
      } else if (state === "double") {
        if (letter === '"') state = "bare";
      } else if (letter === "(" && around.length) {
        around.push({ end: ")", state });
      } else if (around.length && letter === around.at(-1).end) {
        state = around.pop().state;
      } else if (letter === "'") {
        state = text[at - 1] === "$" ? "ansi" : "single";
      } else if (letter === '"') {
        state = "double";
      } else if (letter === "#" && (at === 0 || /\s/.test(text[at - 1]))) {
        // A comment's apostrophes quote nothing.
        const end = text.indexOf("\n", at);
        at = (end < 0 ? text.length : end) - 1;
      } else if (letter === "<" && text[at + 1] === "<") {
        const open = /^<<(-?)[ \t]*(?:'([^'\n]+)'|"([^"\n]+)"|\\?([A-Za-z_][\w.-]*))/.exec(text.slice(at));
        if (open && text[at - 1] !== "<") {
          bodies.push({ tabs: open[1] !== "", word: open[2] || open[3] || open[4] });
          at += open[0].length - 1;
        } else if (text[at + 2] === "<") at += 2;
      } else if (letter === "\n") {
        command = at + 1;
        while (bodies.length) {
          const { tabs, word } = bodies.shift();
          for (let ended = false; !ended; ) {
            const end = text.indexOf("\n", at + 1);
            const line = text.slice(at + 1, end < 0 ? text.length : end);
            if (end < 0) return "body";
            ended = (tabs ? line.replace(/^\t+/, "") : line) === word;
            at = end;
          }
          command = at + 1;
        }
      }
    }
    if (state === "ansi" || around.length) return "odd";
    if (AGAIN.test(text.slice(command) + rest)) return state === "bare" ? "again" : state;
    return state;
  }

  function quoted(value, state) {
    if (PLAIN.test(value)) return value;
    if (state === "bare" || state === "again") return `'${value.replaceAll("'", "'\\''")}'`;
    if (state === "single") return value.replaceAll("'", "'\\''");
    if (state === "double") return value.replace(/[\\"$\x60]/g, "\\$&");
    return value;
  }

  function draw(span, state) {
    const name = span.dataset.param;
    span.dataset.state = state;
    const value = values.get(name);
    const empty = value === undefined;
    span.classList.toggle("empty", empty);
    // A secret is copied, and never shown.
    span.textContent = empty || params.get(name).secret ? `<${name}>` : quoted(value, state);
    span.classList.toggle("given", !empty && params.get(name).secret);
  }

  // What is typed when this is copied.
  bindery.typed = (node) => {
    const copy = node.cloneNode(true);
    const unfilled = new Set();
    const risky = new Set();
    for (const span of copy.querySelectorAll(".filled")) {
      const { param, state } = span.dataset;
      const value = values.get(param);
      if (value === undefined) {
        unfilled.add(`<${param}>`);
        continue;
      }
      // Within quotes, or handed on, another shell may read it once more; elsewhere nobody knows who reads it.
      if (state !== "bare" && state !== "text" && !PLAIN.test(value)) risky.add(`<${param}>`);
      span.textContent = quoted(value, state);
    }
    for (const one of copy.querySelectorAll(".placeholder")) {
      if (!one.querySelector(".filled") && /^<.*>$/.test(one.textContent)) unfilled.add(one.textContent);
    }
    return { text: copy.textContent, unfilled: Array.from(unfilled), risky: Array.from(risky) };
  };

  // -- Links -----------------------------------------------------------------------------------------------------------

  function address() {
    const pairs = Object.entries(open()).map(([name, value]) => `p.${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
    return `${location.href.split("#")[0]}#${pairs.join("&")}`;
  }

  // Values that a link brings are taken when the reader agrees.
  async function linked() {
    if (!location.hash.startsWith("#p.")) return;
    const wanted = [];
    const refused = [];
    for (const pair of location.hash.slice(1).split("&")) {
      const [key, ...rest] = pair.split("=");
      let name = key;
      let value = "";
      try {
        name = decodeURIComponent(key.replace(/^p\./, ""));
        value = decodeURIComponent(rest.join("="));
      } catch {
        // No value at all.
      }
      const param = key.startsWith("p.") && params.get(name);
      const wrong = param ? (param.secret ? say("value-secret") : value && refusal(name, value)) : say("value-unknown");
      if (wrong || !value) refused.push(`${name.slice(0, 80)}: ${wrong || say("value-none")}`);
      else wanted.push([name, value]);
    }
    // The address is left bare, so that a reload does not ask again.
    history.replaceState(history.state, "", location.href.split("#")[0]);
    const lines = refused.length ? [say("link-refused"), ...refused] : [];
    const note = section.querySelector(".link-refused") || bindery.element("p", "link-refused warns on-screen");
    note.setAttribute("role", "alert");
    note.textContent = lines.join("\n");
    section.append(note);
    if (wanted.length === 0) return section.scrollIntoView();
    const list = [say("link-asks"), ...wanted.map(([name, value]) => `${name} = ${value}`), ...lines].join("\n");
    if (!(await bindery.ask(list, say("fill-in")))) return;
    bindery.fillIn(plain(Object.fromEntries(wanted)));
  }

  // -- For others ------------------------------------------------------------------------------------------------------

  bindery.values = open;
  bindery.isSecret = (name) => Boolean(params.get(name) && params.get(name).secret);
  // The form of another run: its values and no others.
  bindery.showValues = (given) => {
    values.clear();
    bindery.fillIn(given);
    for (const [name, { row }] of params) row.querySelector(".param-input").value = values.get(name) || "";
  };
  // The form of a run that begins: what the author gives.
  bindery.presets = () => plain(Object.fromEntries(Array.from(params, ([name, param]) => [name, param.preset])));
  // A run that has ended takes no new values.
  bindery.lockValues = (locked) => {
    for (const { row } of params.values()) row.querySelector(".param-input").disabled = locked;
  };
  // Takes values that were checked by nobody yet; secrets and what does not fit are left out.
  bindery.fillIn = (given) => {
    for (const [name, value] of Object.entries(given)) {
      const param = params.get(name);
      if (!param || param.secret || typeof value !== "string") continue;
      if (value === "") values.delete(name);
      else if (!refusal(name, value)) values.set(name, value);
    }
    keep();
    fill();
    document.dispatchEvent(new CustomEvent("bindery:values"));
  };

  function begin() {
    read();
    load();
    form();
    fill();
  }

  document.addEventListener("bindery:updated", begin);
  addEventListener("hashchange", linked);
  begin();
  linked();
})();
