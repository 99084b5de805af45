// What a reader sees of a page; evaluated in the page by booktools/check/measure.py. Widths and heights are pixels.
(phone) => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const article = document.querySelector("article");
  const box = (element) => element.getBoundingClientRect();
  const seen = (element) => element.checkVisibility() && box(element).width > 0 && box(element).height > 0;
  const area = (element) => box(element).width * box(element).height;
  const sum = (elements) => elements.map(area).reduce((sum, each) => sum + each, 0);

  // Folded, as it is loaded
  const pictures = all("img, svg, figure.frames", article).filter((each) => seen(each) && area(each) > 6000);
  const figures = [...new Set(pictures.map((each) => each.closest("figure") ?? each))];
  const tops = figures.map((each) => box(each).top + scrollY);
  const found = {
    height: document.documentElement.scrollHeight,
    code: sum(all("div.highlight", article).filter((each) => seen(each) && !each.closest(".cell_output"))) / area(article),
    figures: figures.length,
    first_figure: tops.length ? Math.round(Math.min(...tops)) : null,
    blocking: performance.getEntriesByType("resource").filter((each) => each.renderBlockingStatus === "blocking").length,
  };

  // With all folds open
  for (const fold of all("details")) fold.open = true;
  if (!phone) {
    const cells = all(".cell_input pre, .cell_output pre, .cell_output .output", article).filter(seen);
    found.sideways = cells.filter((each) => each.scrollWidth > each.clientWidth + 1).length;
  } else {
    const formulas = all("math, .math", article).filter((each) => seen(each) && !each.closest("table"));
    const edge = (element) => {
      const column = element.closest("td, li, p, dd, figcaption, .output, .admonition, article");
      return Math.min(box(column).right, box(article).right);
    };
    const scrolls = (element) => element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== "inline";
    const wide = formulas.filter((each) => box(each).right > edge(each) + 1 || scrolls(each));
    const outer = wide.filter((each) => !wide.some((other) => other !== each && other.contains(each)));
    found.overflowing = outer.length;
    found.which = outer.slice(0, 5).map((each) => each.closest("[id]")?.id ?? "");
  }
  return found;
}
