// Searches the site. The index is scripts in `search/`, which are loaded when the search is first opened: no server, no
// WASM and no fetch, so that it works from a stick. Every word of the interface is in the dialog, `search.html`.
"use strict";
(() => {
  const dialog = document.querySelector("dialog[data-search]");
  const openers = document.querySelectorAll("[data-search-open]");
  if (!dialog || !dialog.showModal || !openers.length) return;
  const find = (name) => dialog.querySelector(`[data-search-${name}]`);
  const [form, input, results, status, more] = ["form", "input", "results", "status", "more"].map(find);
  const [scope, service] = ["scope", "service"].map(find);
  const root = dialog.dataset.root;

  // Files of another form belong to another version of the theme.
  const FORM = 1;
  // Results that are shown at once, and sections shown of each.
  const SHOWN = 10;
  const SECTIONS = 3;
  // Words of the index that one word of the query stands for, those in which it stands inside of a word, and the files
  // of words that are loaded for it.
  const WORDS = 4000;
  const INSIDE = 200;
  const FILES = 8;
  // Length of an excerpt.
  const EXCERPT = 170;
  // What a word is worth where it stands: text, often in text, field, heading, title, name.
  const WORTH = [1, 1.5, 4, 8, 16, 48];

  // -- Files ---------------------------------------------------------------------------------------------------------

  const arrived = new Map();
  window.binderySearch = (kind, number, version, data) => arrived.set(`${kind} ${number}`, { version, data });

  let files = new Map();

  // What a file of the index holds. `version` is that which belongs to the rest; the index itself is always new.
  function load(kind, number, version) {
    const name = `${kind} ${number}`;
    const key = `${name} ${version}`;
    if (!files.has(key)) {
      const loaded = new Promise((resolve, reject) => {
        const script = document.createElement("script");
        const file = kind === "index" || kind === "terms" ? kind : `${kind}-${number}`;
        script.src = `${root}search/${file}.js?${version || Date.now()}`;
        script.onload = () => {
          script.remove();
          const file = arrived.get(name);
          arrived.delete(name);
          if (!file || (version && file.version !== version)) reject(new Error("stale"));
          else resolve(version ? file.data : file);
        };
        script.onerror = () => {
          script.remove();
          reject(new Error("missing"));
        };
        document.head.append(script);
      });
      if (!version) return loaded;
      // What failed once may be there the next time.
      loaded.catch(() => files.delete(key));
      files.set(key, loaded);
    }
    return files.get(key);
  }

  // -- The index -----------------------------------------------------------------------------------------------------

  let index = null;

  // Values of the 92 digits: the visible letters of ASCII without " and \.
  const DIGITS = new Uint8Array(128);
  for (let value = 0, code = 33; code < 127; code += 1) {
    if (code !== 34 && code !== 92) DIGITS[code] = value++;
  }

  // Reads numbers: digits of the upper half go on, one of the lower half ends.
  class Numbers {
    constructor(text) {
      this.text = text;
      this.at = 0;
    }
    next() {
      for (let value = 0; ; ) {
        const digit = DIGITS[this.text.charCodeAt(this.at++) & 127];
        if (digit < 46) return value * 46 + digit;
        value = value * 46 + digit - 46;
      }
    }
    get done() {
      return this.at >= this.text.length;
    }
  }

  async function open() {
    const { version, data } = await load("index", 0);
    if (data.form !== FORM) throw new Error("form");
    if (index && index.version === version) return index;
    // What was loaded for another version may stay: its files have other versions too.
    const { words, pages, services } = await load("terms", 0, data.terms);
    index = { version, files: data, services, ...readTerms(words), ...readPages(pages) };
    fillServices(services);
    return index;
  }

  // The words as one text, a line each, and where each of them and each file's first begins.
  function readTerms(parts) {
    const lines = [];
    const firsts = [];
    for (const part of parts) {
      firsts.push(lines.length);
      let before = "";
      const entries = part.split(" ");
      for (let at = 0; at + 1 < entries.length; at += 1) {
        const number = new Numbers(entries[at]);
        const shared = number.next();
        before = before.slice(0, shared) + entries[at].slice(number.at);
        lines.push(before);
      }
    }
    const starts = new Uint32Array(lines.length + 1);
    for (let at = 0, start = 1; at < lines.length; at += 1) {
      starts[at] = start;
      start += lines[at].length + 1;
    }
    const text = `\n${lines.join("\n")}\n`;
    starts[lines.length] = text.length;
    return { text, lines, starts, firsts };
  }

  function readPages(text) {
    const numbers = new Numbers(text);
    const pages = [];
    let section = 0;
    while (!numbers.done) {
      const page = { flags: numbers.next(), length: numbers.next(), first: section, services: [] };
      section += numbers.next();
      for (let count = numbers.next(); count > 0; count -= 1) page.services.push(numbers.next());
      pages.push(page);
    }
    const pageOf = new Uint32Array(section);
    pages.forEach((page, number) => pageOf.fill(number, page.first));
    return { pages, pageOf };
  }

  // The last place whose value is not above `value`.
  function last(values, value, length = values.length) {
    let [low, high] = [0, length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (values[middle] <= value) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  // -- Words ---------------------------------------------------------------------------------------------------------

  const JOINTS = "_\\-./:@+";
  const LETTER = "[\\p{Alphabetic}\\p{N}\\p{M}]";
  const TOKEN = new RegExp(`${LETTER}+(?:[${JOINTS}]${LETTER}+)*`, "gu");
  const UNSPACED = /[\u3005\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]+/gu;
  const EDGES = new RegExp(`^[${JOINTS}]+|[${JOINTS}]+$`, "g");

  // As the index folds: one form of each letter, lower case, no accents.
  const fold = (text) =>
    text
      .normalize("NFKD")
      .replace(/[\u0300-\u036f]/g, "")
      .toLowerCase()
      .replace(/\u03c2/g, "\u03c3")
      .replace(/\u00df/g, "ss")
      .normalize("NFC");

  // What a query asks for. Words of scripts without spaces are pairs of letters, all of which have to be there.
  function tokens(query) {
    const found = [];
    const word = (text) => {
      const bare = text.replace(EDGES, "");
      if (bare) found.push({ text: bare });
    };
    for (const [run] of fold(query).matchAll(TOKEN)) {
      let at = 0;
      for (const match of run.matchAll(UNSPACED)) {
        word(run.slice(at, match.index));
        const letters = Array.from(match[0]);
        if (letters.length === 1) found.push({ text: match[0], inside: true });
        for (let n = 0; n + 1 < letters.length; n += 1) {
          found.push({ text: letters[n] + letters[n + 1], exact: true, mark: match[0] });
        }
        at = match.index + match[0].length;
      }
      word(run.slice(at));
    }
    // A letter alone is in no index, but it may be the beginning of a word.
    const long = found.filter(({ text }) => text.length > 1 || !/[a-z]/.test(text));
    return long.length > 0 ? long : found;
  }

  // The words of the index that a word of the query stands for, the best first; each with how good it is.
  function expand(token) {
    const { text, lines, starts } = index;
    const wanted = token.text;
    const found = new Map();
    const add = (number, good) => {
      if (!(found.get(number) >= good)) found.set(number, good);
    };
    const numberAt = (place) => last(starts, place, lines.length);
    if (token.exact) {
      const at = text.indexOf(`\n${wanted}\n`);
      if (at >= 0) add(numberAt(at + 1), 1);
    } else {
      const ascii = wanted.charCodeAt(0) < 128;
      const inside = token.inside || wanted.length > (ascii ? 2 : 1);
      const needle = inside ? wanted : `\n${wanted}`;
      for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1)) {
        const place = inside ? at : at + 1;
        const number = numberAt(place);
        const share = wanted.length / lines[number].length;
        const before = text[place - 1];
        if (share === 1) add(number, 1);
        else if (before === "\n") add(number, 0.6 + 0.2 * share);
        else if (/[\p{L}\p{N}]/u.test(before)) add(number, 0.25 + 0.2 * share);
        else add(number, 0.5 + 0.2 * share);
      }
    }
    return found;
  }

  // The words that become the wanted one, or hold something that does, by few slips: a letter too many, too few,
  // another, or two in the wrong order. A slip in a number is another number.
  function guess(token) {
    const wanted = token.text;
    const found = new Map();
    const length = wanted.length;
    if (token.exact || length < 4 || length > 40) return found;
    const most = length < 8 ? 1 : 2;
    // A short word has to begin where a word begins.
    const anchored = length < 6;
    const digits = wanted.replace(/\D/g, "");
    const { text, lines } = index;
    // Columns of the table of distances. Rows below the last that is near enough need not be looked at.
    let [older, old, now] = [0, 1, 2].map(() => new Uint8Array(length + 2));
    let [olderLast, oldLast] = [0, 0];
    const reset = () => {
      for (let row = 0; row <= length; row += 1) old[row] = row;
      older.fill(99);
      [olderLast, oldLast] = [0, most];
    };
    reset();
    let best = 99;
    let number = 0;
    let previous = 10;
    for (let at = 1; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === 10) {
        if (best <= most && lines[number].replace(/\D/g, "").startsWith(digits)) {
          const spare = Math.abs(lines[number].length - length);
          found.set(number, 0.3 - 0.06 * best - Math.min(0.1, 0.01 * spare));
        }
        best = 99;
        number += 1;
        previous = 10;
        reset();
        continue;
      }
      const joint = code < 128 && !(code >= 97 && code <= 122) && !(code >= 48 && code <= 57);
      now[0] = !anchored || joint ? 0 : 99;
      const end = Math.min(length, Math.max(oldLast + 1, olderLast + 2));
      let nowLast = 0;
      for (let row = 1; row <= end; row += 1) {
        const same = wanted.charCodeAt(row - 1) === code;
        let cost = Math.min(old[row - 1] + (same ? 0 : 1), old[row] + 1, now[row - 1] + 1);
        if (!same && row > 1 && wanted.charCodeAt(row - 2) === code && wanted.charCodeAt(row - 1) === previous) {
          cost = Math.min(cost, older[row - 2] + 1);
        }
        now[row] = cost;
        if (cost <= most) nowLast = row;
      }
      now[end + 1] = 99;
      if (end < length) now[Math.min(length, end + 2)] = 99;
      else if (now[length] < best) best = now[length];
      previous = code;
      [older, old, now] = [old, now, older];
      [olderLast, oldLast] = [oldLast, nowLast];
    }
    return found;
  }

  // Finds what each word of the query stands for: what is there, else its parts, else what is written nearly so.
  function understand(query) {
    const understood = [];
    for (const token of tokens(query)) {
      let found = expand(token);
      if (found.size === 0) {
        const parts = token.text.split(new RegExp(`[${JOINTS}]`)).filter((part) => part.length > 1);
        const known = parts.map((text) => ({ text, found: expand({ text }) }));
        const all = parts.length > 1 && known.every((part) => part.found.size > 0);
        if (!all) found = guess(token);
        if (found.size === 0) {
          for (const part of known) if (part.found.size === 0) part.found = guess(part);
          // Another number is another error: what has only some of the parts is not what was asked for.
          if (parts.length > 1 && known.every((part) => part.found.size > 0)) {
            for (const part of known) understood.push({ ...part, found: best(part.found) });
            continue;
          }
        }
      }
      understood.push({ ...token, found: best(found) });
    }
    return understood;
  }

  // The best words, from not too many files.
  function best(found) {
    const { lines, firsts } = index;
    const sorted = Array.from(found, ([number, good]) => ({ number, good, word: lines[number] }));
    sorted.sort((a, b) => b.good - a.good || a.word.length - b.word.length || a.number - b.number);
    const chosen = [];
    const from = new Set();
    for (const word of sorted) {
      word.file = last(firsts, word.number);
      // Files without words begin where the next one does.
      if (from.size >= FILES && !from.has(word.file)) continue;
      from.add(word.file);
      chosen.push(word);
      if (chosen.length >= (word.good < 0.5 ? INSIDE : WORDS)) break;
    }
    return chosen;
  }

  // -- Ranking -------------------------------------------------------------------------------------------------------

  // The pages that answer, the best first.
  async function answer(query) {
    const { pages, pageOf, firsts, files: versions } = index;
    const understood = understand(query);
    const words = understood.flatMap((token) => token.found);
    const places = new Map();
    await Promise.all(
      Array.from(new Set(words.map((word) => word.file)), async (file) => {
        places.set(file, (await load("words", file, versions.words[file])).split(" "));
      }),
    );
    const sum = new Float64Array(pages.length);
    const [held, titled, together] = [0, 1, 2].map(() => new Uint8Array(pages.length));
    const heldIn = new Uint8Array(pageOf.length);
    // For each word of the query: the worth of each section, and the word of the index that gives it that.
    const given = understood.map((token) => {
      const worths = new Float32Array(pageOf.length);
      const by = new Uint16Array(pageOf.length);
      const touched = [];
      const titles = new Set();
      token.found.forEach((word, at) => {
        const numbers = new Numbers(places.get(word.file)[word.number - firsts[word.file]]);
        for (let section = 0; !numbers.done; ) {
          const step = numbers.next();
          section += Math.floor(step / 2);
          const weight = step % 2 ? numbers.next() : 0;
          // Of a name only the whole is worth more than a title.
          const worth = WORTH[word.good < 1 ? Math.min(weight, 4) : weight] * word.good;
          if (weight >= 4 && word.good > 0.5) titles.add(pageOf[section]);
          if (worths[section] >= worth) continue;
          if (worths[section] === 0) touched.push(section);
          worths[section] = worth;
          by[section] = at;
        }
      });
      const rare = Math.log(1 + pageOf.length / (1 + touched.length));
      const most = new Float32Array(pages.length);
      for (const section of touched) {
        const page = pageOf[section];
        worths[section] *= rare;
        heldIn[section] += 1;
        together[page] = Math.max(together[page], heldIn[section]);
        if (most[page] === 0) held[page] += 1;
        most[page] = Math.max(most[page], worths[section]);
      }
      most.forEach((worth, page) => { sum[page] += worth; });
      for (const page of titles) titled[page] += 1;
      return { worths, by, found: token.found };
    });
    const wantsScope = scope.value ? (scope.value === "maintenance" ? 2 : 1) : 0;
    const wantsService = service.value === "" ? -1 : Number(service.value);
    let ranked = [];
    pages.forEach((page, number) => {
      if (held[number] === 0) return;
      if (wantsScope && !(page.flags & wantsScope)) return;
      if (wantsService >= 0 && !page.services.includes(wantsService)) return;
      let worth = sum[number];
      if (titled[number] > 0) worth *= 1 + titled[number] / Math.max(titled[number], page.length);
      worth *= 1 + 0.3 * (together[number] / understood.length);
      // Deprecated pages come later, and so do pages that only lead to others.
      if (page.flags & 4) worth *= 0.5;
      if (page.flags & 8) worth *= 0.8;
      ranked.push({ number, worth, held: held[number] });
    });
    // Pages with every word, or, where there is none, those with the most.
    const most = ranked.reduce((most, { held }) => Math.max(most, held), 0);
    ranked = ranked.filter(({ held }) => held === most);
    ranked.sort((a, b) => b.worth - a.worth || a.number - b.number);
    return { ranked, understood, given, all: most === understood.length };
  }

  // The sections of a page that answer, the best first, each with the words of the index that were found in it.
  function sectionsOf(number, given) {
    const { pages, pageOf } = index;
    const end = number + 1 < pages.length ? pages[number + 1].first : pageOf.length;
    const sections = [];
    for (let section = pages[number].first; section < end; section += 1) {
      const here = given.filter(({ worths }) => worths[section] > 0);
      if (here.length === 0) continue;
      sections.push({
        section,
        worth: here.reduce((sum, { worths }) => sum + worths[section], 0),
        words: here.map(({ by, found }) => found[by[section]].word),
      });
    }
    return sections.sort((a, b) => b.worth - a.worth || a.section - b.section);
  }

  // -- Marks and excerpts --------------------------------------------------------------------------------------------

  // Folded text, and the place in the text of each of its letters.
  function folded(text) {
    let whole = "";
    const places = [];
    let at = 0;
    for (const letter of text) {
      const code = letter.charCodeAt(0);
      const plain = code < 128 ? letter.toLowerCase() : fold(letter);
      for (let n = 0; n < plain.length; n += 1) places.push(at);
      whole += plain;
      at += letter.length;
    }
    places.push(text.length);
    return { whole, places };
  }

  // Where the needles stand in the text, in order, none over another.
  function hits(text, needles) {
    const { whole, places } = folded(text);
    const all = [];
    needles.forEach((needle, kind) => {
      const short = needle.length < 3 && needle.charCodeAt(0) < 128;
      for (let at = whole.indexOf(needle); at >= 0; at = whole.indexOf(needle, at + needle.length)) {
        if (short && at > 0 && /[\p{L}\p{N}]/u.test(whole[at - 1])) continue;
        // A letter whose accent was folded away ends where the next one begins.
        all.push({ kind, start: places[at], end: places[at + needle.length] });
        if (all.length > 400) break;
      }
    });
    all.sort((a, b) => a.start - b.start || b.end - a.end);
    return all.filter((hit, at) => at === 0 || hit.start >= Math.max(...all.slice(Math.max(0, at - 8), at).map((h) => h.end)));
  }

  // Adds text to an element, what was found marked. It is text, whatever it says.
  function write(element, text, found, from = 0, to = text.length) {
    let at = from;
    for (const { start, end } of found) {
      if (start < at || end > to) continue;
      element.append(text.slice(at, start));
      const mark = document.createElement("mark");
      mark.textContent = text.slice(start, end);
      element.append(mark);
      at = end;
    }
    element.append(text.slice(at, to));
  }

  // The piece of the text that shows the most of what was found.
  function excerpt(element, text, needles) {
    const found = hits(text, needles);
    let [start, kinds] = [0, 0];
    for (let first = 0; first < found.length; first += 1) {
      const seen = new Set();
      for (let at = first; at < found.length && found[at].end - found[first].start < EXCERPT; at += 1) {
        seen.add(found[at].kind);
      }
      if (seen.size > kinds) [start, kinds] = [found[first].start, seen.size];
    }
    let from = Math.max(0, start - 40);
    if (from > 0) {
      const space = text.indexOf(" ", from);
      if (space >= 0 && space < start) from = space + 1;
    }
    let to = Math.min(text.length, from + EXCERPT);
    if (to < text.length) {
      const space = text.lastIndexOf(" ", to);
      if (space > start + 20) to = space;
    }
    // Half of a letter of two units is none.
    if (/[\udc00-\udfff]/.test(text[from] || "")) from -= 1;
    if (/[\udc00-\udfff]/.test(text[to] || "")) to -= 1;
    if (from > 0) element.append("… ");
    write(element, text, found, from, to);
    if (to < text.length) element.append(" …");
    return found.length > 0;
  }

  // What is marked in a section: the words asked for, and those that were taken for them.
  function needlesOf(understood, words) {
    const needles = new Set();
    for (const token of understood) needles.add(token.mark || token.text);
    const asked = Array.from(needles);
    for (const word of words) {
      if (!asked.some((needle) => word.includes(needle))) needles.add(word);
    }
    return Array.from(needles);
  }

  // -- The dialog ----------------------------------------------------------------------------------------------------

  const element = (name, name2, text = "") => {
    const made = document.createElement(name);
    if (name2) made.className = name2;
    if (text) made.textContent = text;
    return made;
  };

  async function show(answers, from, turn) {
    const { ranked, understood, given, all } = answers;
    const { pages, services, files: versions } = index;
    const shown = ranked.slice(from, from + SHOWN);
    const texts = await Promise.all(
      shown.map(async ({ number }) => {
        const file = Math.floor(number / versions.per);
        const data = await load("pages", file, versions.pages[file]);
        return data[number % versions.per];
      }),
    );
    if (turn !== turns) return;
    const list = document.createDocumentFragment();
    shown.forEach((found, at) => {
      const page = pages[found.number];
      const [title, href, sections, names = []] = texts[at];
      const item = element("li");
      const link = element("a", "result");
      link.href = root + href;
      const sorted = sectionsOf(found.number, given);
      const marks = needlesOf(understood, sorted.flatMap(({ words }) => words));
      const name = element("span", "result-title");
      write(name, title, hits(title, marks));
      link.append(name);
      const facts = element("span", "result-facts");
      for (const option of scope.options) {
        if (option.value && page.flags & (option.value === "maintenance" ? 2 : 1)) {
          facts.append(element("span", `scope ${option.value}`, option.textContent), " ");
        }
      }
      if (page.flags & 4) facts.append(element("span", "status", dialog.dataset.deprecated), " ");
      for (const number of page.services) facts.append(element("span", "service", services[number]), " ");
      link.append(facts);
      const own = (section) => !(sections[section - page.first] || ["x"])[0];
      // Alerts, tags and the like by which it was found.
      const named = names.filter((name) => hits(name, marks).length);
      if (named.length) {
        const line = element("span", "result-text");
        named.forEach((name, at) => {
          if (at) line.append(" · ");
          write(line, name, hits(name, marks));
        });
        link.append(line);
      }
      // The page's own text: what was found in it, else how it begins.
      const text = sections.filter(([id]) => !id).map((section) => section[2]).join(" ").trim();
      if (text && (sorted.some(({ section }) => own(section)) || from + at < 3)) {
        const line = element("span", "result-text");
        excerpt(line, text, marks);
        link.append(line);
      }
      item.append(link);
      const inner = sorted.filter(({ section }) => !own(section)).slice(0, SECTIONS);
      if (inner.length > 0) {
        const places = element("ul");
        for (const { section, words } of inner) {
          const [id, heading, text] = sections[section - page.first];
          const needles = needlesOf(understood, words);
          const place = element("li");
          const link = element("a", "result result-section");
          link.href = `${root}${href}#${encodeURIComponent(id)}`;
          const name = element("span", "result-heading");
          write(name, heading, hits(heading, needles));
          link.append(name);
          if (text) {
            const line = element("span", "result-text");
            excerpt(line, text, needles);
            link.append(line);
          }
          place.append(link);
          places.append(place);
        }
        item.append(places);
      }
      list.append(item);
    });
    if (from === 0) results.replaceChildren(list);
    else results.append(list);
    more.hidden = ranked.length <= from + SHOWN;
    more.onclick = () => {
      const next = results.children.length;
      show(answers, next, turns).then(() => {
        if (results.children[next]) results.children[next].querySelector("a").focus();
      });
    };
    if (ranked.length > 0 && !all) say("some", ranked.length);
    else say(ranked.length === 1 ? "one" : ranked.length > 0 ? "many" : "none", ranked.length);
  }

  function say(what, number) {
    const text = what ? (status.dataset[what] || "").replace("{n}", number) : "";
    // A screen reader says only what changes.
    if (status.textContent !== text) status.textContent = text;
  }

  // Every change of the query has a turn; an answer that comes after the next one has begun is dropped.
  let turns = 0;
  let searching = Promise.resolve();

  function search() {
    const turn = ++turns;
    searching = (async () => {
      const query = input.value;
      if (!query.trim()) {
        results.replaceChildren();
        more.hidden = true;
        return say("hint");
      }
      for (let attempt = 0; ; attempt += 1) {
        try {
          if (!index || attempt > 0) {
            if (!index) say("loading");
            await open();
          }
          const answers = await answer(query);
          if (turn === turns) await show(answers, 0, turn);
          return;
        } catch (error) {
          if (turn !== turns) return;
          // A site that was published in between has another index; what is there now is asked for once.
          if (attempt > 0) {
            results.replaceChildren();
            more.hidden = true;
            say("failed");
            return;
          }
          index = null;
        }
      }
    })();
    return searching;
  }

  function fillServices(services) {
    const chosen = service.selectedOptions[0] && service.value ? service.selectedOptions[0].textContent : "";
    service.length = 1;
    services.forEach((name, number) => {
      const option = new Option(name, number);
      option.selected = name === chosen;
      service.add(option);
    });
    service.closest("label").hidden = services.length < 2;
  }

  function launch() {
    if (dialog.open) return;
    dialog.showModal();
    input.focus();
    input.select();
    begin();
  }

  function begin() {
    // The site may have been published anew since the search was last open.
    const turn = turns;
    const before = index;
    open().then(
      () => {
        if (before !== index && turn === turns) search();
      },
      () => {},
    );
    if (!input.value) say("hint");
  }

  const links = () => Array.from(results.querySelectorAll("a"));

  function move(step) {
    const all = links();
    const at = all.indexOf(document.activeElement) + step;
    if (at < 0) input.focus();
    else if (all[at]) {
      all[at].focus();
      all[at].scrollIntoView({ block: "nearest" });
    }
  }

  for (const opener of openers) opener.addEventListener("click", launch);
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest && event.target.closest("input, textarea, select, [contenteditable]");
    const command = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key === "k";
    // The field of a dialog that was just closed may still have the focus.
    const slash = event.key === "/" && (!typing || dialog.contains(typing)) && !event.ctrlKey && !event.metaKey && !event.altKey;
    if ((slash || command) && !event.isComposing && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      launch();
    }
  });
  dialog.addEventListener("keydown", (event) => {
    // While letters are composed the keys belong to the composition.
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const inList = results.contains(document.activeElement);
    if (event.key === "ArrowDown" && (inList || event.target === input)) move(1);
    else if (event.key === "ArrowUp" && inList) move(-1);
    // In a field for searching, Escape would only empty it.
    else if (event.key === "Escape") dialog.close();
    else if (inList && (event.key === "Backspace" || (event.key.length === 1 && event.key !== " "))) return input.focus();
    else return;
    event.preventDefault();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await searching;
    const [first] = links();
    if (first) first.click();
  });
  input.addEventListener("input", search);
  scope.addEventListener("change", search);
  service.addEventListener("change", search);
  dialog.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    // A link into this page leaves it standing; the dialog has to go. So has it for a click beside it.
    if (event.target === dialog || (link && !event.ctrlKey && !event.metaKey && !event.shiftKey)) dialog.close();
  });

  // The dialog was opened before this came: `page.js` fetches it when it is first asked for.
  if (dialog.open) {
    if (input.value) search();
    begin();
  }
})();
