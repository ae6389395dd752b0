// Runs of a checklist: who ticked what and when, kept in the browser, handed on as a report or as a file.
"use strict";
(() => {
  const { bindery } = globalThis;
  const article = document.querySelector("article");
  if (!bindery || !bindery.page || !article || !article.querySelector(".step")) return;
  const { say, part, element, button, store } = bindery;
  const KEY = bindery.key("runs");
  const OPERATOR = "bindery:operator";
  // The form of a run in a file; it rises when an older reader could not understand it.
  const FORMAT = "bindery-run";
  const VERSION = 1;
  // Most characters of anything that somebody typed or a file brings, and most entries of a file's lists.
  const LONGEST = 2000;
  const MOST = 5000;
  const STATES = ["done", "skipped", "failed"];
  const NAMES = ["operator", "verifier", "incident"];

  const now = () => new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const clock = (time) => (time ? `${time.slice(11, 16)}Z` : "");
  const day = (time) => (time ? `${time.slice(0, 10)} ${time.slice(11, 19)}Z` : "");
  // Steps and parameters may be called as anything, `constructor` among it.
  const map = () => Object.create(null);
  const short = (text) => String(text ?? "").slice(0, LONGEST);

  // -- Steps of the page -------------------------------------------------------------------------------------------------

  function steps() {
    let section = "";
    const found = [];
    for (const item of article.querySelectorAll(".text :is(h2, h3, h4, h5, h6)[id], .step[id]")) {
      const { step: number, digest } = item.dataset;
      if (!number) section = words(item);
      else found.push({ item, id: item.id, number, digest, section, text: textOf(item), waits: item.classList.contains("can-wait") });
    }
    return found;
  }

  const words = (node) => node.textContent.replace(/\s+/g, " ").trim();

  // The steps that a run goes through. The way back is none of them, unless the page is about nothing else.
  function way(all) {
    const back = (bindery.page.back || "").split(" ");
    const there = all.filter((step) => !back.includes(step.id));
    return there.length ? there : all;
  }

  // A step's first line as its author wrote it.
  function textOf(item) {
    const line = item.querySelector(":scope > .step-text");
    return line ? words(line) : "";
  }

  const seen = (all) => all.map(({ id, number, digest }) => ({ id, number, digest }));

  function stepOf(item) {
    return steps().find((one) => one.item === item);
  }

  // -- State ---------------------------------------------------------------------------------------------------------------

  let state = { active: null, runs: [] };
  // Steps that lost what was ticked, since the reader was last told.
  const losses = [];

  // A tab keeps its run, whatever others do; a new one takes up the last.
  const tab = {
    get() {
      try {
        return sessionStorage.getItem(KEY);
      } catch {
        return null;
      }
    },
    set(id) {
      try {
        sessionStorage.setItem(KEY, id || "");
      } catch {
        // The tab forgets it when it is reloaded.
      }
    },
  };

  function load() {
    const kept = store.get(KEY);
    const runs = kept && Array.isArray(kept.runs) ? kept.runs.map(checked).filter(Boolean) : [];
    const wanted = tab.get() ?? (kept && kept.active);
    state = { active: runs.some((run) => run.id === wanted) ? wanted : null, runs };
    tab.set(state.active);
  }

  function keep() {
    store.set(KEY, state);
    tab.set(state.active);
  }

  // What became a secret after it was filled in is forgotten.
  function forget() {
    if (!bindery.isSecret) return;
    let found = false;
    for (const run of state.runs) {
      for (const name of Object.keys(run.values).filter(bindery.isSecret)) {
        delete run.values[name];
        found = true;
      }
    }
    if (found) keep();
  }

  // The form shows the values of the run that is open; without one, what the author gives.
  function fillForm() {
    const run = active();
    if (bindery.showValues) bindery.showValues(run ? run.values : bindery.presets());
  }

  function active() {
    return state.runs.find((run) => run.id === state.active) || null;
  }

  function log(run, what, step = null, text = "") {
    run.log.push({ at: now(), what, step: step ? step.number : "", line: step ? step.text : "", text: short(text) });
  }

  function start({ operator = "", verifier = "", incident = "" } = {}) {
    const random = crypto.getRandomValues(new Uint32Array(2));
    const run = {
      id: Array.from(random, (one) => one.toString(36)).join(""),
      operator: short(operator), verifier: short(verifier), incident: short(incident),
      started: now(), ended: "", values: map(), steps: map(), notes: map(), known: seen(steps()), log: [],
    };
    state.runs.push(run);
    state.active = run.id;
    log(run, "started");
    if (operator) store.set(OPERATOR, operator);
    return run;
  }

  function settle(step, what, reason = "") {
    const run = active() || start({ operator: store.get(OPERATOR) || "" });
    if (run.ended) return;
    run.steps[step.id] = { state: what, at: now(), reason: short(reason), digest: step.digest, number: step.number, text: step.text };
    log(run, what, step, reason);
    changed();
  }

  function open(step) {
    const run = active();
    if (!run || run.ended || !run.steps[step.id]) return changed();
    delete run.steps[step.id];
    log(run, "opened", step);
    return changed();
  }

  function note(step, text) {
    const run = active() || start({ operator: store.get(OPERATOR) || "" });
    if (run.ended) return;
    (run.notes[step.id] ||= []).push({ at: now(), text: short(text), number: step.number, line: step.text });
    log(run, "noted", step, text);
    changed();
  }

  function changed() {
    const run = active();
    if (run && !run.ended && bindery.values) run.values = bindery.values();
    keep();
    render();
  }

  // A page that was edited: a tick holds for the words that it was given for. What moved or was renumbered keeps its
  // tick; what says something else loses it, and so does what nobody can tell from others that say the same.
  let follow = () => null;
  function compare(run) {
    const all = steps();
    const { known, steps: entries, notes } = run;
    run.known = seen(all);
    const news = JSON.stringify(known) !== JSON.stringify(run.known);
    const pairs = paired(known.concat(Object.entries(entries).flatMap(([id, { digest, gone }]) =>
      gone || known.some((one) => one.id === id) ? [] : { id, digest })), all);
    const fresh = all.filter((step) => !Array.from(pairs.values()).includes(step));
    const places = map();
    // Reworded: it stands between the same neighbours, or has the same number.
    const reworded = (id, free) => {
      const at = known.findIndex((one) => one.id === id);
      const beside = (step, by) => known[at + by] && pairs.get(known[at + by].id) === (all[all.indexOf(step) + by] || null);
      return at >= 0 && (free.find((step) => beside(step, -1) || beside(step, 1)) || free.find((step) => step.number === known[at].number));
    };
    if (news) follow = (id) => pairs.get(id) || all.find((step) => step.id === places[id]) || reworded(id, fresh);
    [run.steps, run.notes] = [map(), map()];
    const list = Object.entries(entries);
    for (const [id, entry] of list) {
      const step = pairs.get(id);
      if (!step) continue;
      places[id] = step.id;
      if (entry.digest === step.digest) run.steps[step.id] = { ...entry, number: step.number };
      else lose(run, step, entry);
    }
    for (const [id, entry] of list) {
      if (places[id]) continue;
      const free = fresh.filter((step) => !run.steps[step.id]);
      const same = free.filter((step) => step.digest === entry.digest);
      // What had gone and is back as it was.
      const back = entry.gone && same.find((step) => step.id === id && !twin(step));
      const next = back || same[0] || reworded(id, free);
      if (back) {
        delete entry.gone;
        run.steps[id] = entry;
      } else if (next) {
        for (const step of same.length ? same : [next]) lose(run, step, entry);
      } else {
        if (!entry.gone) {
          log(run, "gone", entry);
          if (entry.state) losses.push(`${entry.number} “${entry.text}” (${say("gone-short")})`);
        }
        // Another step may have got its id.
        for (places[id] = id; run.steps[places[id]] || all.some((step) => step.id === places[id]); ) places[id] += "~";
        run.steps[places[id]] = { ...entry, gone: true };
      }
      if (next) places[id] = next.id;
    }
    for (const [id, said] of Object.entries(notes)) {
      const place = places[id] || (pairs.has(id) ? pairs.get(id).id : id);
      run.notes[place] = (run.notes[place] || []).concat(said);
    }
    return news || losses.length > 0;
  }

  // Whether other steps say the same: then the end of an id tells them apart, by their order.
  const twin = ({ id, digest }) => [id, id.replace(/-\d+$/, "")].some((one) => one.endsWith(`-${digest.slice(0, 4)}`));

  // Where each of the `old` steps is now, by its id: by that, else by its words; and of those that say the same, those
  // that every way to lay the two pages side by side with the most in common puts at one place.
  function paired(old, all) {
    const pairs = new Map();
    const ids = (list) => new Set(list.filter((one) => !twin(one)).map((one) => one.id));
    const [were, are] = [ids(old), ids(all)];
    const key = ({ id, digest }) => (were.has(id) && are.has(id) ? `#${id}` : digest);
    const [a, b] = [old.map(key), all.map(key)];
    if (a.join() === b.join()) return new Map(old.map(({ id }, at) => [id, all[at]]));
    const only = (list, one) => list.indexOf(one) === list.lastIndexOf(one);
    const before = common(a, b);
    const after = common(a.toReversed(), b.toReversed());
    const most = before[a.length][b.length];
    a.forEach((one, at) => {
      let found = b.flatMap((other, to) => (one === other ? to : []));
      if (!only(a, one) || !only(b, one)) {
        const whole = (to, step) => before[at][to] + step + after[a.length - at - 1][b.length - to - step] === most;
        if (before[at].some((_, to) => whole(to, 0))) return;
        found = found.filter((to) => whole(to, 1));
      }
      if (found.length === 1) pairs.set(old[at].id, all[found[0]]);
    });
    return pairs;
  }

  // How much the beginnings of two lists have in common in the same order, for each two of them.
  function common(a, b) {
    const rows = [new Uint16Array(b.length + 1)];
    for (const one of a) {
      const [above, row] = [rows.at(-1), new Uint16Array(b.length + 1)];
      b.forEach((other, at) => { row[at + 1] = one === other ? above[at] + 1 : Math.max(above[at + 1], row[at]); });
      rows.push(row);
    }
    return rows;
  }

  function lose(run, step, entry) {
    const { state, text } = entry;
    const twin = entry.twin || entry.digest === step.digest;
    log(run, "changed", step, text === step.text ? "" : text);
    if (state) losses.push(`${step.number} “${step.text}” (${say(twin ? "twin-short" : "changed-short", { time: clock(entry.at) })})`);
    run.steps[step.id] = {
      ...entry, changed: true, twin, was: state || entry.was, state: "", digest: step.digest, number: step.number, gone: false,
    };
  }

  // -- What others hand over -----------------------------------------------------------------------------------------------

  // A run as this script would have written it, or nothing: a file may hold anything.
  function checked(raw) {
    if (!raw || typeof raw !== "object" || typeof raw.id !== "string" || !/^[a-z0-9]{4,40}$/.test(raw.id)) return null;
    const text = (value) => (typeof value === "string" ? short(value) : "");
    const time = (value) => (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value) ? value : "");
    const entries = (value) => (value && typeof value === "object" ? Object.entries(value).slice(0, MOST) : []);
    const list = (value) => (Array.isArray(value) ? value.slice(-MOST).filter((one) => one && typeof one === "object") : []);
    const run = {
      id: raw.id, operator: text(raw.operator), verifier: text(raw.verifier), incident: text(raw.incident),
      started: time(raw.started), ended: time(raw.ended), values: map(), steps: map(), notes: map(),
      known: list(raw.known).map((one) => ({ id: text(one.id), number: text(one.number), digest: text(one.digest) })),
      log: list(raw.log).map((one) => ({
        at: time(one.at), what: text(one.what), step: text(one.step), line: text(one.line), text: text(one.text),
      })),
    };
    for (const [name, value] of entries(raw.values)) if (typeof value === "string") run.values[name] = short(value);
    for (const [id, entry] of entries(raw.steps)) {
      if (!entry || typeof entry !== "object") continue;
      const known = STATES.includes(entry.state) || (entry.changed === true && entry.state === "");
      if (!known) continue;
      run.steps[id] = {
        state: entry.state, at: time(entry.at), reason: text(entry.reason), digest: text(entry.digest),
        number: text(entry.number), text: text(entry.text),
      };
      if (entry.changed === true) Object.assign(run.steps[id], { changed: true, was: text(entry.was), twin: entry.twin === true });
      if (entry.gone === true) run.steps[id].gone = true;
    }
    for (const [id, notes] of entries(raw.notes)) {
      run.notes[id] = list(notes).map((one) => ({
        at: time(one.at), text: text(one.text), number: text(one.number), line: text(one.line),
      }));
    }
    return run.started ? run : null;
  }

  function file(run) {
    const { page, title, revision, url } = bindery.page;
    return JSON.stringify({ format: FORMAT, version: VERSION, page, title, revision, url, run }, null, 2);
  }

  async function take(text) {
    let raw = null;
    try {
      raw = JSON.parse(text);
    } catch {
      return tell("import-unreadable");
    }
    if (!raw || raw.format !== FORMAT || raw.version !== VERSION) return tell("import-unreadable");
    if (raw.page !== bindery.page.page) return tell("import-other", { page: short(raw.title || raw.page) });
    const run = checked(raw.run);
    if (!run) return tell("import-unreadable");
    const mine = state.runs.findIndex((one) => one.id === run.id);
    if (mine >= 0 && state.runs[mine].log.length > run.log.length) {
      if (!(await bindery.ask(say("import-older"), say("replace")))) return undefined;
    }
    if (mine >= 0) state.runs[mine] = run;
    else state.runs.push(run);
    state.active = run.id;
    log(run, "taken-over");
    forget();
    const given = Object.entries(run.values);
    fillForm();
    compare(run);
    const loss = lost();
    changed();
    const names = given.filter(([key, value]) => value && run.values[key] !== value).map(([key]) => `<${key}>`).join(", ");
    return tell("imported", { operator: run.operator || say("nobody"), time: day(run.started) }, loss, names && say("values-lost", { names }));
  }

  // -- The report ------------------------------------------------------------------------------------------------------------

  function count(run) {
    const all = way(steps());
    const of = (wanted) => all.filter((step) => run && run.steps[step.id] && run.steps[step.id].state === wanted).length;
    const [done, skipped, failed] = STATES.map(of);
    const waits = all.filter((step) => step.waits && !(run && run.steps[step.id] && run.steps[step.id].state)).length;
    const parts = all.filter((step) => step.number.includes(".")).length;
    return { all: all.length, done, skipped, failed, waits, settled: done + skipped + failed, steps: all.length - parts, parts };
  }

  // In a run every box counts. Where steps have parts, it says how many of each there are.
  function progress(run) {
    const numbers = count(run);
    if (!run) return say("no-run", { all: numbers.steps });
    return say("progress-text", numbers) + (numbers.parts ? ` ${say("with-parts", numbers)}` : "");
  }

  function report(run) {
    // Markdown's own letters say what they say; what is not filled in stands out, and is no HTML.
    const cell = (text) => words({ textContent: String(text) })
      .replace(/<([\w.-]+)>|[\\\x60*[\]<|~]|\b_|_\b|&(?=[#\w])/g, (one, name) => (name ? `**\`<${name}>\`**` : `\\${one}`));
    const { title, page, revision, url } = bindery.page;
    const lines = [`# ${cell(title)}`, ""];
    const fact = (name, value) => value && lines.push(`- ${say(name)}: ${cell(value)}`);
    fact("runbook", url ? `${page}, ${url}` : page);
    fact("revision", revision);
    fact("incident", run.incident);
    fact("operator", run.operator);
    fact("verifier", run.verifier);
    fact("start", day(run.started));
    fact("end", day(run.ended) || say("running"));
    fact("progress", progress(run));
    for (const [name, value] of Object.entries(run.values)) lines.push(`- \`<${name}>\`: ${cell(value)}`);
    const open = new Set(Array.from(article.querySelectorAll(".filled.empty, .placeholder"), words).filter((one) => /^<.*>$/.test(one)));
    fact("unfilled", Array.from(open).join(", "));
    const table = (title) => lines.push("", `## ${cell(title)}`, "",
      `| ${["number", "step", "state", "time", "remarks"].map((one) => say(one)).join(" | ")} |`, "|---|---|---|---|---|");
    const row = (step, entry) => {
      const remarks = [];
      if (entry && entry.reason) remarks.push(entry.reason);
      if (entry && entry.changed) remarks.push(say("changed-short", { time: clock(entry.at) }));
      for (const one of run.notes[step.id] || []) remarks.push(`${clock(one.at)} ${one.text}`);
      const settled = entry && entry.state;
      lines.push(`| ${[step.number, step.text, say(settled ? entry.state : "open"), settled ? day(entry.at) : "", remarks.join("; ")].map(cell).join(" | ")} |`);
    };
    let section = null;
    for (const step of steps()) {
      if (section !== step.section) table(step.section || say("runbook"));
      section = step.section;
      row(step, run.steps[step.id]);
    }
    const gone = Object.entries(run.steps).filter(([, entry]) => entry.gone);
    if (gone.length) table(say("gone-short"));
    for (const [id, entry] of gone) row({ id, ...entry }, entry);
    lines.push("", `## ${say("timeline")}`, "");
    for (const { at, what, step, line, text } of run.log) {
      lines.push(`- ${day(at)} ${say(`log-${what}`, { step, operator: cell(run.operator || say("nobody")) })}${line ? ` (${cell(line)})` : ""}${text ? `: ${cell(text)}` : ""}`);
    }
    return `${lines.join("\n")}\n`;
  }

  // -- What is seen ------------------------------------------------------------------------------------------------------------

  const bar = part("run");
  const printing = part("print");
  const find = (name) => bar.querySelector(`[data-run="${name}"]`);

  // Says how something went, and what the reader did not ask for.
  function tell(name, values, ...more) {
    const place = find("message");
    const lines = [name && say(name, values), ...more].filter(Boolean);
    place.classList.toggle("warns", lines.length > (name ? 1 : 0));
    place.textContent = lines.join(" ");
  }

  const lost = () => (losses.length ? say("lost", { steps: losses.splice(0).join("; ") }) : "");

  function render() {
    const run = active();
    if (run && compare(run)) keep();
    if (losses.length) tell("", {}, lost());
    if (!bar.isConnected) {
      const place = article.querySelector(".how") || article.querySelector(".steps");
      place.before(bar, printing);
    }
    const numbers = count(run);
    bar.dataset.state = run ? (run.ended ? "ended" : "running") : "none";
    for (const one of bar.querySelectorAll("[data-when]")) one.hidden = !one.dataset.when.split(" ").includes(bar.dataset.state);
    find("text").textContent = progress(run);
    find("bar").max = numbers.all;
    find("bar").value = numbers.settled;
    find("who").textContent = run
      ? [run.incident, run.operator, say("since", { time: day(run.started) }), run.ended && say("until", { time: day(run.ended) })].filter(Boolean).join(" · ")
      : "";
    find("refused").hidden = !bindery.refused;
    const gone = run ? Object.values(run.steps).filter((entry) => entry.gone && entry.state) : [];
    find("gone").hidden = gone.length === 0;
    find("gone").textContent = gone.length ? say("gone", { steps: gone.map((entry) => `“${entry.text}”`).join(", ") }) : "";
    // What is typed and not saved stays until the form is about something else.
    const fields = NAMES.map((name) => (run ? run[name] : name === "operator" ? store.get(OPERATOR) || "" : ""));
    const about = JSON.stringify([state.active, fields]);
    if (bar.dataset.about !== about) NAMES.forEach((name, at) => { find(name).value = fields[at]; });
    bar.dataset.about = about;
    const choice = find("choice");
    choice.replaceChildren(
      new Option(say("blank"), ""),
      ...state.runs.map((one) => new Option([one.incident, one.operator, day(one.started)].filter(Boolean).join(" · "), one.id)),
    );
    choice.value = run ? run.id : "";
    choice.closest("label").hidden = state.runs.length === 0;
    list(run);
    paper(run, numbers);
    if (bindery.lockValues) bindery.lockValues(Boolean(run && run.ended));
  }

  function list(run) {
    const all = steps();
    const isOpen = (step) => !(run && run.steps[step.id] && run.steps[step.id].state);
    const next = nextOf(way(all), isOpen);
    for (const step of all) {
      const { item } = step;
      const entry = run ? run.steps[step.id] : null;
      const box = item.querySelector(":scope > .step-box > .tick");
      const time = item.querySelector(":scope > .step-time");
      const settled = entry ? entry.state : "";
      if (run) item.dataset.state = settled || "open";
      else delete item.dataset.state;
      item.classList.toggle("next", Boolean(run) && !run.ended && next.includes(step));
      // Without a run the boxes are the author's, and the reader's for as long as the page is open.
      if (run || item.dataset.shown) {
        box.checked = settled === "done" || (!run && box.defaultChecked);
        box.indeterminate = settled === "skipped" || settled === "failed";
      }
      if (run) item.dataset.shown = "run";
      else delete item.dataset.shown;
      box.disabled = Boolean(run && run.ended);
      if (time) time.textContent = settled ? clock(entry.at) : "";
      status(item, run, step, entry);
      tools(item, run);
    }
  }

  // Steps whose turn it is: the first that is open, or, where people confirm at a pause point, all up to the next one.
  function nextOf(all, isOpen) {
    const first = all.find((step) => isOpen(step) && !step.waits) || all.find(isOpen);
    if (!first) return [];
    if (bindery.page.checklist !== "do-confirm") return [first];
    const pauses = Array.from(article.querySelectorAll(".pause, .pause-point"));
    const after = (a, b) => a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING;
    const end = pauses.find((one) => one === first.item || first.item.contains(one) || after(first.item, one));
    const group = [];
    for (const step of all.slice(all.indexOf(first))) {
      if (end && step.item !== end && !step.item.contains(end) && after(end, step.item)) break;
      group.push(step);
      if (end && (step.item === end || step.item.contains(end))) break;
    }
    return group.filter(isOpen);
  }

  function own(item, className, make) {
    let found = item.querySelector(`:scope > .${className}`);
    if (!found && make) {
      found = make();
      // What is said comes before what can be done, and both before the parts of a step.
      const next = item.querySelector(":scope > .step-tools, :scope > .steps");
      if (next) next.before(found);
      else item.append(found);
    }
    return found;
  }

  function status(item, run, step, entry) {
    const lines = [];
    if (entry && entry.changed && !entry.state) {
      const was = entry.text !== step.text ? say("changed-from", { text: entry.text }) : "";
      lines.push(["changed", `${say(entry.twin ? "unclear" : "changed", { state: say(entry.was || "done"), time: day(entry.at) })} ${was}`.trim()]);
    }
    if (entry && (entry.state === "skipped" || entry.state === "failed")) {
      lines.push([entry.state, `${say(entry.state)}: ${entry.reason}`]);
    }
    for (const one of (run && run.notes[step.id]) || []) lines.push(["note", `${clock(one.at)} ${one.text}`]);
    const place = own(item, "step-status", lines.length ? () => element("div", "step-status") : null);
    if (!place) return;
    place.setAttribute("role", "status");
    place.replaceChildren(...lines.map(([className, text]) => element("p", className, text)));
  }

  function tools(item, run) {
    const shown = Boolean(run) && !run.ended;
    const place = own(item, "step-tools", shown ? () => {
      const row = element("div", "step-tools on-screen");
      row.append(...Object.keys(asked).map((name) => button(`act-${name}`, say(`do-${name}`), () => askIn(item, name))));
      return row;
    } : null);
    if (place) place.hidden = !shown;
  }

  const asked = {
    skip: (step, text) => settle(step, "skipped", text),
    fail: (step, text) => settle(step, "failed", text),
    note,
  };
  // The forms that are open, by the ids that their steps had.
  const drafts = new Map();

  // Asks for a few words right where they belong.
  function askIn(item, name, typed = "") {
    const row = item.querySelector(":scope > .step-tools");
    const old = row.querySelector("form");
    if (old) old.remove();
    const form = element("form", "step-form");
    const label = element("label", "", `${say(`ask-${name}`)} `);
    const input = element("input", "");
    input.required = true;
    input.maxLength = LONGEST;
    input.value = typed;
    label.append(input);
    const save = element("button", "", say("save"));
    const opener = row.querySelector(`.act-${name}`);
    const { id } = item;
    drafts.set(id, { form, name, input });
    const close = () => {
      form.remove();
      drafts.delete(id);
      opener.focus();
    };
    form.append(label, save, button("", say("cancel"), close));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (input.value.trim() === "") return;
      close();
      asked[name](stepOf(item), input.value.trim());
    });
    form.addEventListener("keydown", (event) => event.key === "Escape" && close());
    row.append(form);
    input.focus();
  }

  // The sheet says what the run says; without a run it is blank.
  function paper(run, numbers) {
    const failed = run ? Object.values(run.steps).find((entry) => entry.state === "failed") : null;
    const values = run
      ? {
          incident: run.incident, operator: run.operator, verifier: run.verifier, start: day(run.started), end: day(run.ended),
          stopped: run.ended && numbers.settled < numbers.all ? (failed ? failed.number : progress(run)) : "",
        }
      : {};
    for (const one of article.querySelectorAll("[data-field]")) one.textContent = values[one.dataset.field] || "";
  }

  // -- What the reader does ------------------------------------------------------------------------------------------------------

  article.addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement) || !target.matches(".tick")) return;
    const step = stepOf(target.closest(".step"));
    if (!step) return;
    if (target.checked) settle(step, "done");
    else open(step);
  });

  find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const given = Object.fromEntries(NAMES.map((name) => [name, short(find(name).value.trim())]));
    const run = active();
    if (run) {
      Object.assign(run, given);
      if (given.operator) store.set(OPERATOR, given.operator);
      tell("saved");
    } else {
      start(given);
      tell("");
      find("details").open = false;
    }
    changed();
  });

  const acts = {
    new() {
      state.active = null;
      fillForm();
      tell("");
      changed();
      find("details").open = true;
      find("operator").focus();
    },
    async finish() {
      const run = active();
      const { all, settled, waits } = count(run);
      const left = all - settled;
      if (left > 0 && !(await bindery.ask(say("finish-asks", { left, waits }), say("finish")))) return;
      run.ended = now();
      log(run, "finished");
      changed();
    },
    again() {
      const run = active();
      run.ended = "";
      log(run, "continued");
      changed();
    },
    async reset() {
      const run = active();
      if (!run || !(await bindery.ask(say("reset-asks", count(run)), say("reset")))) return;
      state.runs = state.runs.filter((one) => one !== run);
      state.active = null;
      tell("was-reset");
      fillForm();
      changed();
    },
    async copy() {
      tell((await bindery.copy(report(active()))) ? "copied" : "not-copied");
    },
    report() {
      bindery.save(`${name()}.md`, "text/markdown", report(active()));
    },
    file() {
      bindery.save(`${name()}.json`, "application/json", file(active()));
    },
    import() {
      find("file").click();
    },
    "print-checklist"() {
      bindery.print("checklist");
    },
    "print-all"() {
      bindery.print("all");
    },
  };

  function name() {
    const run = active();
    const words = [bindery.page.page, run.incident, run.started.slice(0, 16).replace(":", "")];
    return words.filter(Boolean).join("-").replace(/[^\p{L}\p{N}.-]+/gu, "-");
  }

  for (const one of [bar, printing]) {
    one.addEventListener("click", ({ target }) => {
      const act = target instanceof Element && target.closest("[data-act]");
      if (act) acts[act.dataset.act]();
    });
  }
  find("choice").addEventListener("change", ({ target }) => {
    state.active = target.value || null;
    fillForm();
    tell("");
    changed();
  });
  find("file").addEventListener("change", async ({ target }) => {
    const [chosen] = target.files;
    if (!chosen) return;
    await take(await chosen.text());
    target.value = "";
  });

  // Another tab, another value, another text.
  addEventListener("storage", ({ key }) => {
    if (key !== KEY) return;
    const before = active();
    load();
    const run = active();
    if (before && !run) tell("run-gone");
    if (before && JSON.stringify(before.values) !== JSON.stringify(run && run.values)) fillForm();
    render();
  });
  document.addEventListener("bindery:values", () => {
    const run = active();
    if (!run || run.ended) return;
    run.values = bindery.values();
    keep();
  });
  document.addEventListener("bindery:updated", () => {
    forget();
    render();
    // What was half typed goes on where its step is now.
    for (const [id, { form, name, input }] of drafts) {
      if (form.isConnected) continue;
      drafts.delete(id);
      const step = follow(id);
      if (step) askIn(step.item, name, input.value);
      else tell("", {}, input.value);
    }
  });

  load();
  forget();
  if (active()) fillForm();
  render();
})();
