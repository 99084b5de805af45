// What the browser tests ask of laboratories, as functions of `window.asked`.
window.asked = (() => {
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (kind) => document.querySelector(`#lab-${kind}`);
  // Two frames on, and until what a laboratory makes in pieces is whole.
  const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const drawn = async () => {
    do await frames(); while (document.querySelector(".lab[data-busy]"));
  };

  // The kinds that are alive once each block has been in view.
  const live = async () => {
    for (const block of all(".lab")) {
      block.scrollIntoView();
      for (let i = 0; i < 400 && !block.dataset.live && !block.querySelector(".lab-load"); i++) {
        await new Promise((done) => setTimeout(done, 25));
      }
    }
    return all(".lab[data-live]").map((block) => block.dataset.kind);
  };

  const printed = () => Object.fromEntries(all(".lab").map((block) => [block.dataset.kind, block.querySelector(".lab-picture")?.innerHTML ?? ""]));

  // What a picture shows wrongly: no number where one should be, a text that is cut off, texts that lie on each other.
  const faults = (kind) => {
    const svg = one(kind).querySelector(".lab-picture svg"), box = svg.getBoundingClientRect();
    const found = /NaN|undefined|Infinity|\[object/.test(svg.outerHTML.replace(/"data:[^"]*"/g, "")) ? ["not a number"] : [];
    const texts = all("text", svg).filter((each) => each.textContent.trim()).map((each) => [each.textContent, each.getBoundingClientRect()]);
    for (const [words, at] of texts) {
      const outside = at.left < box.left - 1 || at.right > box.right + 1 || at.top < box.top - 2 || at.bottom > box.bottom + 2;
      if (outside) found.push(`cut off: ${words}`);
    }
    texts.forEach(([a, p], i) => texts.slice(0, i).forEach(([b, q]) => {
      const wide = Math.min(p.right, q.right) - Math.max(p.left, q.left);
      const high = Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top);
      if (wide > 3 && high > 5) found.push(`${a} lies on ${b}`);
    }));
    return found;
  };

  // The faults with all handles at one end, at the other, and with each choice.
  const extremes = async (kind) => {
    const { tools } = one(kind).lab, begins = tools.state(), found = [];
    const handles = all(".lab-controls :is(input, select)", one(kind));
    const ranges = handles.filter((each) => each.type === "range");
    const states = [{}, ...["min", "max"].map((end) => Object.fromEntries(ranges.map((each) => [each.name, Number(each[end])])))];
    for (const each of handles.filter((handle) => handle.tagName === "SELECT")) {
      states.push(...all("option", each).map((option) => ({ [each.name]: option.value })));
    }
    states.push(...handles.filter((each) => each.type === "checkbox").map((each) => ({ [each.name]: !each.checked })));
    for (const state of states) {
      tools.set({ ...begins, ...state }, true);
      await drawn();
      found.push(...faults(kind).map((words) => `${JSON.stringify(state)}: ${words}`));
    }
    tools.set(begins, true);
    await drawn();
    return found;
  };

  // Whether the picture follows the first handle from one end to the other.
  const moved = async (kind) => {
    const handle = one(kind).querySelector(".lab-controls :is(input[type=range], select)"), picture = one(kind).querySelector(".lab-picture");
    const before = picture.innerHTML;
    const [first, last] = handle.options ? [handle.options[0].value, handle.options[1].value] : [handle.min, handle.max];
    handle.value = handle.value === last ? first : last;
    handle.dispatchEvent(new Event("input", { bubbles: true }));
    await drawn();
    return picture.innerHTML !== before;
  };

  const broken = (block, text) => [
    (window.pwned || ({}).pwned) && `ran: ${text}`,
    block.querySelector("script, iframe, style, details, body, template, .lab-picture img, a[href^=javascript]") && `made an element: ${text}`,
    all("*", block).some((each) => each.getAttributeNames().some((name) => name.startsWith("on"))) && `made a handler: ${text}`,
  ].filter(Boolean);

  // Each text as the value of each handle, by the address, and typed into each line of text.
  const attacked = async (kind, texts) => {
    const block = one(kind), names = Object.keys(block.lab.tools.state()), found = [];
    for (const text of texts) {
      const query = new URLSearchParams(names.map((name) => [name, text])).toString();
      history.replaceState(null, "", `#lab-${kind}`);
      location.hash = `#lab-${kind}?${query}&__proto__=${encodeURIComponent(text)}`;
      await drawn();
      for (const each of all(".lab-controls input[type=text]", block)) {
        each.value = text;
        each.dispatchEvent(new Event("input", { bubbles: true }));
        await drawn();
      }
      found.push(...broken(block, text));
    }
    return found;
  };

  // From the top of the first handle to the end of the line beneath the picture, in pixels, by kind.
  const tall = () => Object.fromEntries(all(".lab").map((block) => {
    const [first, last] = [".lab-controls", ".lab-said"].map((each) => block.querySelector(each).getBoundingClientRect());
    return [block.dataset.kind, last.bottom - first.top];
  }));

  return { live, drawn, printed, tall, extremes, moved, attacked };
})();
