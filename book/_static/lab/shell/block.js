// The HTML of a laboratory: its handles, its picture, and the line of numbers beneath. The build asks for it once.

import { escaped, tag } from "./plot.js";
import { html, state } from "./controls.js";

export const WIDTH = 680; // of the picture on a page that is not narrow

export const picture = (lab, model, now, size) => {
  const { svg, said } = lab.draw(model, now, size);
  const values = { viewBox: `0 0 ${size.width} ${size.height}`, width: size.width, height: size.height, role: "img", "aria-label": lab.alt };
  return { svg: tag("svg", values, svg), said };
};

// `lab.height` is the picture's in pixels, `lab.narrow` that on a phone, where panels may stand one below the other;
// `lab.beside(model)` is HTML that stands above it and is not drawn again, such as a photograph.
// `options` are the values that the page begins with.
export const block = (kind, lab, model, options) => {
  const now = state(lab, options), id = `lab-${kind}`;
  const size = { width: WIDTH, height: lab.height };
  const { svg, said } = picture(lab, model, now, size);
  const controls = lab.controls.map((each) => html(each, id, now[each.name], model)).join("");
  const begins = escaped(JSON.stringify(now)), heights = `--wide: ${lab.height}px; --narrow: ${lab.narrow ?? lab.height}px`;
  return `<div class="lab-controls needs-script" role="group" aria-label="Handles: ${escaped(lab.title)}">${controls}</div>
${lab.beside?.(model) ?? ""}<div class="lab-picture" data-begins="${begins}" style="${heights}">${svg}</div>
<p class="lab-said" role="status">${escaped(said)}</p>`;
};
