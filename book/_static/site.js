"use strict";

const root = document.documentElement;
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const make = (tag, values = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), values);
  made.append(...children);
  return made;
};
const remember = (key, value) => {
  try { localStorage.setItem(key, value); } catch { /* private window: this page only */ }
};

// A justification that is open closes when one presses Escape or a place outside of it.
const closeJustification = (event) => {
  for (const justification of document.querySelectorAll("details.justification[open]")) {
    if (event.key === "Escape") justification.querySelector("summary").focus();
    if (event.key === "Escape" || !event.key && !justification.contains(event.target)) justification.open = false;
  }
};
addEventListener("keydown", closeJustification);
addEventListener("click", closeJustification);

// Colours: those of the system, or light, or dark. The head of the page sets them before it is painted.
const dark = matchMedia("(prefers-color-scheme: dark)");
const paint = () => {
  const { mode } = root.dataset;
  root.dataset.theme = mode === "auto" ? (dark.matches ? "dark" : "light") : mode;
};
const theme = document.querySelector(".theme-switch");
const sayTheme = () => {
  const words = { auto: "as the system", light: "light", dark: "dark" }[root.dataset.mode];
  theme.setAttribute("aria-label", `Colours: ${words}`);
  theme.title = `Colours: ${words}`;
};
dark.addEventListener("change", paint);
theme.addEventListener("click", () => {
  root.dataset.mode = { auto: "light", light: "dark", dark: "auto" }[root.dataset.mode];
  remember("mode", root.dataset.mode);
  paint();
  sayTheme();
});
sayTheme();

// The list of chapters and the contents: beside the text where there is room, else in a panel that Escape closes.
const panel = (button, side, name) => {
  if (!button || !side) return;
  const drawer = side.querySelector(".drawer");
  const close = make("button", { type: "button", className: "icon-button close", textContent: "✕", ariaLabel: "Close" });
  const dialog = make("dialog", { className: `panel ${name === "chapters" ? "left" : "right"}` }, close);
  dialog.setAttribute("aria-label", button.getAttribute("aria-label"));
  document.body.append(dialog);
  const told = (open) => button.setAttribute("aria-expanded", String(open));
  const beside = () => getComputedStyle(side).display !== "none";
  told(beside());
  button.addEventListener("click", () => {
    if (beside() || root.dataset[name] === "hidden") {
      root.dataset[name] = beside() ? "hidden" : "shown";
      told(beside());
      if (beside() || matchMedia("(min-width: 992px)").matches) return;
    }
    dialog.append(drawer);
    dialog.showModal();
    told(true);
  });
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("a, .search-open")) dialog.close();
  });
  dialog.addEventListener("close", () => { side.append(drawer); told(false); });
};
panel(document.querySelector(".open-chapters"), document.getElementById("site-sidebar"), "chapters");
panel(document.querySelector(".open-contents"), document.getElementById("page-sidebar"), "contents");

// The contents mark the section that is read.
const entries = new Map(all(".page-toc a").map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
const sections = all("section[id]").filter((section) => entries.has(section.id));
if (sections.length) {
  const mark = () => {
    const passed = sections.filter((section) => section.getBoundingClientRect().top < 120);
    const now = passed.at(-1)?.id ?? sections[0].id;
    for (const [id, link] of entries) link.classList.toggle("active", id === now);
  };
  let asked = false;
  addEventListener("scroll", () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => { asked = false; mark(); });
  }, { passive: true });
}

// A menu closes when the reader goes elsewhere.
for (const menu of all("details.menu")) {
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { menu.open = false; menu.querySelector("summary").focus(); }
  });
}

// Search: the program and the index are loaded when they are asked for, by a button or the key "/".
let search;
const openSearch = () => {
  search ??= new Promise((done, failed) => {
    document.head.append(make("script", {
      src: `${root.dataset.content_root}_static/search.js`, onload: () => done(window.bookSearch), onerror: failed,
    }));
  });
  search.then((program) => program.open()).catch(() => { search = undefined; });
};
for (const button of all(".search-open")) button.addEventListener("click", openSearch);
addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  const asks = (event.key === "/" && !event.ctrlKey && !event.metaKey && !typing) || (event.key === "k" && (event.ctrlKey || event.metaKey));
  if (asks) { event.preventDefault(); openSearch(); }
});

// One switch shows and hides all code of the book. It is remembered where the browser allows it; the head of the page
// (booktools/site/where.py) opens the folds before they are painted.
const button = document.querySelector(".code-switch");
if (button) {
  const set = (shown) => {
    root.dataset.code = shown ? "shown" : "hidden";
    button.setAttribute("aria-pressed", String(shown));
    for (const fold of all("details.how")) fold.open = shown;
  };
  button.setAttribute("aria-pressed", String(root.dataset.code === "shown"));
  button.addEventListener("click", () => {
    const shown = root.dataset.code !== "shown";
    const before = button.getBoundingClientRect().top;
    set(shown);
    remember("code", shown ? "shown" : "hidden");
    scrollBy(0, button.getBoundingClientRect().top - before);
  });
}

// A link into a fold opens it.
const openTarget = () => {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let fold = target && target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
};
openTarget();
window.addEventListener("hashchange", openTarget);

// Code can be copied; the button comes when the code is seen for the first time.
const copyable = (block) => {
  const copy = make("button", { type: "button", className: "copy", textContent: "Copy" });
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.querySelector("pre").textContent);
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  });
  block.classList.add("copyable");
  block.append(copy);
};
if (navigator.clipboard) {
  const seen = new IntersectionObserver((found) => {
    for (const { target } of found.filter((each) => each.isIntersecting)) { copyable(target); seen.unobserve(target); }
  });
  for (const block of all(".cell_input div.highlight")) seen.observe(block);
}

// The pictures of a slider come with radio buttons, which work without a script. Here one range takes their place:
// it follows mouse, touch and keys.
for (const slider of all("figure.frames")) {
  const radios = all(".frames-input", slider);
  const range = make("input", {
    type: "range", className: "frames-range", min: 0, max: radios.length - 1, step: 1,
    value: Math.max(0, radios.findIndex((radio) => radio.checked)),
  });
  range.setAttribute("aria-label", slider.getAttribute("aria-label"));
  const show = () => {
    radios[range.value].checked = true;
    range.setAttribute("aria-valuetext", radios[range.value].getAttribute("aria-label"));
  };
  const load = () => { for (const picture of all("img[loading]", slider)) picture.loading = "eager"; };
  for (const way of ["pointerenter", "touchstart", "focusin"]) slider.addEventListener(way, load, { once: true, passive: true });
  range.addEventListener("input", show);
  radios[0].before(range);
  for (const radio of radios) radio.hidden = true;
  show();
}

// The list of chapters says how many exercises of a chapter the reader has answered; the answers stay in the browser.
const sayAnswered = () => {
  const right = new Map();
  try {
    for (const { right: done, page, of } of Object.values(JSON.parse(localStorage.getItem("answers") ?? "{}"))) {
      if (done === true && typeof page === "string" && Number.isInteger(of)) right.set(page, { count: (right.get(page)?.count ?? 0) + 1, of });
    }
  } catch { return; }
  for (const mark of all(".answered")) mark.remove();
  for (const link of all(".drawer .bd-sidenav a")) {
    const found = right.get(link.pathname.split("/").pop().replace(/\.html$/, ""));
    if (!found) continue;
    const words = `${found.count} of ${found.of} exercises answered`;
    const mark = make("span", { className: "answered", textContent: found.count >= found.of ? "✓" : `${found.count}/${found.of}`, title: words });
    mark.append(make("span", { className: "unseen", textContent: ` (${words})` }));
    link.append(mark);
  }
};
sayAnswered();
addEventListener("book-answers", sayAnswered);
addEventListener("storage", sayAnswered);

// A laboratory comes to life when it comes into view, or when the address names it: from a script of a few kB.
const scripts = new Map();
const load = (name) => {
  if (!scripts.has(name)) {
    scripts.set(name, new Promise((done, failed) => {
      const src = `${root.dataset.content_root}_static/lab/made/${name}.js`;
      document.head.append(make("script", { src, onload: done, onerror: failed }));
    }));
  }
  return scripts.get(name);
};
const early = new Map();
const live = async (block) => {
  const { kind } = block.dataset;
  try {
    await load("shell");
    await load(kind);
    block.lab ??= window.bookLabs[kind](block);
    early.get(block)?.click();
    early.delete(block);
  } catch {
    block.querySelector(".lab-said").textContent = "This laboratory could not be loaded. Reload the page to try again.";
  }
};
const labs = all(".lab[data-kind]");
if (labs.length) {
  const near = new IntersectionObserver((found) => {
    for (const { target } of found.filter((each) => each.isIntersecting)) { near.unobserve(target); live(target); }
  }, { rootMargin: "200px" });
  for (const block of labs) {
    near.observe(block);
    // Who is faster than the script is not lost: the last button is pressed again when somebody listens.
    block.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button || block.lab) return;
      event.preventDefault();
      early.set(block, button);
      live(block);
    });
  }
  const asked = () => {
    const block = labs.find(({ id }) => location.hash === `#${id}` || location.hash.startsWith(`#${id}?`));
    if (block && !block.lab) live(block);
  };
  addEventListener("hashchange", asked);
  asked();
}

// After one visit a page works without a network: a worker keeps it whole (booktools/site/offline.js), also what is loaded
// only when it comes into view or is asked for; but not the programs that a button offers with their size.
const whole = () => {
  const { href } = new URL(`${root.dataset.content_root}_static/`, location);
  const scripts = labs.length ? ["shell", ...new Set(labs.map(({ dataset }) => dataset.kind))].map((name) => `lab/made/${name}.js`) : [];
  const search = ["search.js", "minisearch/minisearch.js", "search-index.js"];
  return [location.href.split("#")[0], ...all("img[src]").map(({ src }) => src), ...[...search, ...scripts].map((name) => href + name)];
};
if (location.protocol.startsWith("http") && navigator.serviceWorker) {
  addEventListener("load", async () => {
    try {
      await navigator.serviceWorker.register(`${root.dataset.content_root}offline.js`);
      const { active } = await navigator.serviceWorker.ready;
      const tell = (list) => active.postMessage({ addresses: list.getEntries().map((each) => each.name) });
      new PerformanceObserver(tell).observe({ type: "resource", buffered: true });
      active.postMessage({ addresses: [...new Set(whole())], anew: true });
    } catch { /* the browser allows no worker here: the page needs its network */ }
  });
}

// Beneath each derivation a button lets the reader change a line; what it needs is loaded when it is pressed.
const engine = document.querySelector('.lab[data-kind="line"]');
for (const tag of engine?.querySelector("form")?.dataset.tags.split(" ") ?? []) {
  const block = document.getElementById(`eq-${tag}`);
  const place = block?.closest(".how-cell")?.querySelector(".marks");
  if (!place) continue;
  const button = make("button", { type: "button", className: "break-line", textContent: "Break a line" });
  button.append(make("span", { className: "unseen", textContent: ` of ${tag}` }));
  button.addEventListener("click", async () => {
    await live(engine);
    engine.lab?.open(tag, block, button);
  });
  place.append(button);
}
