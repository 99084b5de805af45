// Pictures as SVG text. A picture is drawn by the same code when the book is built and while the reader moves a handle.

const signs = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
export const escaped = (text) => String(text).replace(/[&<>"']/g, (sign) => signs[sign]);
const short = (value) => (Number.isFinite(value) ? String(Math.round(value * 100) / 100) : "0");

// <tag name="value">inside</tag>; `inside` is SVG, everything else is text.
export const tag = (name, values = {}, inside = "") => {
  const told = Object.entries(values).map(([key, value]) => ` ${key}="${escaped(typeof value === "number" ? short(value) : value)}"`);
  return `<${name}${told.join("")}>${inside}</${name}>`;
};

export const text = (x, y, words, values = {}) => tag("text", { x, y, ...values }, escaped(words));
export const line = (x1, y1, x2, y2, kind) => tag("line", { x1, y1, x2, y2, class: kind });
export const circle = (cx, cy, r, kind, values = {}) => tag("circle", { cx, cy, r, class: kind, ...values });
export const box = (x, y, width, height, kind, values = {}) => tag("rect", { x, y, width: Math.max(0, width), height: Math.max(0, height), class: kind, ...values });

// A polyline through places in pixels; a place that is no number interrupts it.
export const polyline = (places, kind, values = {}) => {
  let pen = "M";
  const d = places.map(([x, y]) => {
    if (!Number.isFinite(x) || !Number.isFinite(y)) { pen = "M"; return ""; }
    const step = `${pen}${short(x)} ${short(y)}`;
    pen = "L";
    return step;
  }).join("");
  return d ? tag("path", { d, class: kind, ...values }) : "";
};

// Many points of one kind as one element: each is a line of no length with a round end.
export const dots = (places, kind, values = {}) => {
  const d = places.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y)).map(([x, y]) => `M${short(x)} ${short(y)}h0`).join("");
  return d ? tag("path", { d, class: `dots ${kind}`, ...values }) : "";
};

const nice = (span) => {
  const power = 10 ** Math.floor(Math.log10(span));
  return [1, 2, 5, 10].map((each) => each * power).find((step) => span / step <= 1) ?? power;
};
export const ticks = (low, high, about = 5) => {
  const step = nice((high - low) / about);
  const first = Math.ceil(low / step - 1e-9);
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
};
const decades = (low, high) => {
  const powers = Array.from({ length: Math.floor(Math.log10(high) + 1e-9) - Math.ceil(Math.log10(low) - 1e-9) + 1 }, (_, i) => Math.ceil(Math.log10(low) - 1e-9) + i);
  const every = Math.ceil(powers.length / 6);
  return powers.filter((power) => power % every === 0).map((power) => 10 ** power);
};
const powers = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const power = (value) => {
  const digits = String(Math.abs(Math.round(Math.log10(value)))).replace(/\d/g, (digit) => powers[digit]);
  return `10${value < 1 ? "⁻" : ""}${digits}`;
};
const told = (value) => String(value).replace("-", "−");

// Two axes in the rectangle `at` = {left, top, width, height} of pixels. `x` and `y` are {from, to, name, log}: a scale
// that is `log` counts in powers of ten; one may run backwards, from a larger number to a smaller. `marks: false` leaves the numbers of a scale out.
export const axes = (at, x, y) => {
  const scale = ({ from, to, log }, start, length) => {
    const place = log ? Math.log10 : (value) => value;
    return (value) => start + (length * (place(value) - place(from))) / (place(to) - place(from));
  };
  const bottom = at.top + at.height;
  const px = scale(x, at.left, at.width), py = scale(y, bottom, -at.height);
  const marks = (one, room) => (one.marks === false ? [] : one.log ? decades(one.from, one.to) : ticks(Math.min(one.from, one.to), Math.max(one.from, one.to), Math.max(2, Math.round(room))));
  const label = (one, value) => (one.log ? power(value) : told(value));
  const drawn = [
    ...marks(x, at.width / 90).map((value) => line(px(value), bottom, px(value), bottom + 4, "axis") + text(px(value), bottom + 17, label(x, value), { "text-anchor": "middle" })),
    ...marks(y, at.height / 45).map((value) => line(at.left, py(value), at.left + at.width, py(value), "grid") + text(at.left - 6, py(value) + 4, label(y, value), { "text-anchor": "end" })),
    line(at.left, bottom, at.left + at.width, bottom, "axis"),
    x.name ? text(at.left + at.width, bottom + 32, x.name, { "text-anchor": "end", class: "name" }) : "",
    y.name ? text(at.left, at.top - 8, y.name, { class: "name" }) : "",
  ];
  return {
    at, px, py, svg: drawn.join(""),
    curve: (pairs, kind, values) => polyline(pairs.map(([a, b]) => [px(a), py(b)]), kind, values),
    dots: (pairs, kind, values) => dots(pairs.map(([a, b]) => [px(a), py(b)]), kind, values),
    across: (value, kind) => line(px(value), at.top, px(value), bottom, kind), // a line at one x
    along: (value, kind) => line(at.left, py(value), at.left + at.width, py(value), kind), // a line at one y
  };
};

// The names of the kinds, each beside a mark of its colour, from the left; they wrap where the picture ends.
export const legend = (entries, left, top, width) => {
  let x = left, y = top, svg = "";
  for (const [kind, words] of entries) {
    const needed = 24 + 7 * words.length;
    if (x > left && x + needed > left + width) { x = left; y += 18; }
    svg += line(x, y - 4, x + 14, y - 4, kind) + text(x + 19, y, words);
    x += needed + 12;
  }
  return svg;
};

// A number with as many digits as its size deserves.
export const number = (value, digits = 3) => {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : value < 0 ? "−∞" : "–";
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e5 || size < 1e-3)) {
    const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
    return `${told(mantissa)}·10${(exponent[0] === "-" ? "⁻" : "") + exponent.slice(1).replace(/\d/g, (digit) => powers[digit])}`;
  }
  return told(size >= 100 ? value.toFixed(0) : value.toPrecision(digits));
};
