"use strict";

// The search of the book: MiniSearch over the sections that booktools/site/search.py wrote. site.js loads this file when
// the reader asks for it; it loads the rest. Nothing leaves the machine, and it works from the disk as well.
window.bookSearch = (() => {
  const base = `${document.documentElement.dataset.content_root}_static/`;
  const SHOWN = 20;
  const BOOST = { heading: 8, name: 8, page: 3, text: 1, code: 0.1 };
  const AFTERWARDS = /^(exercises|the count|what to remember)$/i;
  const SMALL = new Set("a an and are by can do does for how i in is of the to what when where which why with".split(" "));
  const words = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").split(/[^\p{L}\p{N}]+/u).filter(Boolean);

  const load = (name) => new Promise((done, failed) => {
    document.head.append(make("script", { src: base + name, onload: done, onerror: () => failed(Error(`${name} is missing`)) }));
  });
  let ready;
  const prepare = () => {
    ready ??= (async () => {
      await Promise.all([load("minisearch/minisearch.js"), load("search-index.js")]);
      const index = new MiniSearch({
        fields: Object.keys(BOOST), storeFields: ["address", "name", "page", "heading", "text", "code", "weight"], tokenize: words,
        processTerm: (term) => (term.length > 3 ? term.replace(/(?<!s)s$/, "") : term),
      });
      index.addAll(window.bookIndex.sections);
      return index;
    })();
    return ready;
  };

  // The query as it stands, and with each word for a thing in place of its synonym.
  const phrases = (query) => {
    const asked = ` ${words(query).join(" ")} `;
    const found = new Set([asked]);
    for (const group of window.bookIndex.synonyms) {
      const forms = group.map((form) => ` ${words(form).join(" ")} `);
      const used = forms.filter((form) => asked.includes(form)).sort((a, b) => b.length - a.length)[0];
      if (used) for (const form of forms) found.add(asked.replace(used, form));
    }
    return [...found].map((phrase) => phrase.trim()).filter(Boolean);
  };

  // What a query is about: its words without those that only make it a question.
  const about = (query) => words(query).filter((word) => !SMALL.has(word)).join(" ");

  // The section that the index of the book names for a query comes first.
  const find = async (query) => {
    const index = await prepare(), subject = about(query);
    const [address] = Object.entries(window.bookIndex.leads).find(([, all]) => subject && all.some((each) => about(each) === subject)) ?? [];
    const found = ranked(index, query);
    const others = (found.length ? found : ranked(index, subject)).filter((each) => each.address !== address);
    const first = window.bookIndex.sections.filter((each) => each.address === address).map((each) => ({ ...each, terms: words(query) }));
    return [...first, ...others].slice(0, SHOWN);
  };
  const ranked = (index, query) => {
    const options = {
      boost: BOOST, prefix: (term) => term.length > 2, fuzzy: (term) => (term.length > 5 ? 0.15 : false), combineWith: "AND",
      boostDocument: (id, term, kept) => kept.weight * (AFTERWARDS.test(kept.heading) ? 0.4 : 1),
    };
    const best = new Map();
    phrases(query).forEach((phrase, place) => {
      for (const each of index.search(phrase, options)) {
        const titles = `${each.heading} | ${each.address.replace(/^.*\/|\.html.*$/g, "")}`;
        const inHeading = titles.split("|").some((title) => ` ${words(title).join(" ")} `.includes(` ${phrase} `));
        const inText = ` ${words(each.text).join(" ")} `.includes(` ${phrase} `);
        const own = each.heading === each.page ? 1.3 : 1; // the page about it, before its sections
        const named = words(each.name).join(" ") === phrase ? 6 : 1; // who types the name of a page wants that page
        const score = (each.score / words(phrase).length) * (inHeading ? 2 * own : inText ? 1.3 : 1) * (place ? 0.9 : named);
        const before = best.get(each.id);
        const terms = [...(before?.terms ?? []), ...each.terms];
        best.set(each.id, { ...each, terms, score: Math.max(score, before?.score ?? 0) });
      }
    });
    return [...best.values()].sort((a, b) => b.score - a.score);
  };

  // The words of a text around the first that was found, those that were found marked.
  const extract = (found) => {
    const starts = new Set(found.terms);
    const hit = (word) => words(word).some((each) => starts.has(each) || starts.has(each.replace(/(?<!s)s$/, "")));
    const source = found.text.split(/\s+/).some(hit) || !found.code ? found.text : found.code;
    const list = source.split(/\s+/);
    const start = Math.max(0, list.findIndex(hit) - 8);
    const shown = make("span", { className: "extract" }, start ? "… " : "");
    for (const word of list.slice(start, start + 34)) shown.append(hit(word) ? make("mark", { textContent: word }) : word, " ");
    if (start + 34 < list.length) shown.append("…");
    return shown;
  };

  const input = make("input", { type: "search", name: "q", autocomplete: "off", spellcheck: false, placeholder: "Search the book" });
  input.setAttribute("aria-label", "Search the book");
  const told = make("p", { className: "told" });
  told.setAttribute("role", "status");
  const list = make("ol");
  const close = make("button", { type: "button", className: "icon-button", textContent: "✕", ariaLabel: "Close the search" });
  const form = make("form", {}, input, close);
  const dialog = make("dialog", { className: "search" }, form, told, list);
  dialog.setAttribute("aria-label", "Search");
  document.body.append(dialog);

  const show = async () => {
    const query = input.value.trim();
    const results = query ? await find(query) : [];
    if (query !== input.value.trim()) return; // the reader went on typing
    list.replaceChildren(...results.map((each) => make("li", {}, make("a",
      { href: document.documentElement.dataset.content_root + each.address },
      make("span", { className: "where", textContent: each.heading === each.page ? "Chapter" : each.page }),
      make("span", { className: "heading", textContent: each.heading }), extract(each)))));
    const count = results.length === SHOWN ? `The first ${SHOWN} sections` : results.length === 1 ? "1 section" : `${results.length} sections`;
    told.textContent = query ? (results.length ? count : "Nothing found.") : "Titles come first, then text, then code.";
  };
  const move = (step) => {
    const links = [...list.querySelectorAll("a")];
    const next = links.indexOf(document.activeElement) + step;
    (next < 0 ? input : links[Math.min(next, links.length - 1)])?.focus();
  };
  input.addEventListener("input", () => show().catch((error) => { told.textContent = `The search does not work: ${error.message}.`; }));
  form.addEventListener("submit", (event) => { event.preventDefault(); list.querySelector("a")?.click(); });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog || event.target.closest("li a")) dialog.close(); });
  dialog.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); move(step); }
  });

  return {
    find,
    open() {
      if (!dialog.open) dialog.showModal();
      input.select();
      show().catch(() => {});
      prepare().catch(() => {});
    },
  };
})();
