// Formulas on standard input, one JSON object a line: {"latex": …, "display": …}. Their MathML on standard output, one
// JSON list: {"mathml": …} or {"error": …} for each. Run by booktools/site/mathml.py. Temml 0.13.5, from npm, is beside.
"use strict";
const fs = require("fs");
const path = require("path");

const source = fs.readFileSync(path.join(__dirname, "temml.min.js"), "utf8");
const temml = new Function(`${source}; return temml;`)();
const render = ({ latex, display }) => {
  try {
    return { mathml: temml.renderToString(latex, { displayMode: display, throwOnError: true, trust: false }) };
  } catch (error) {
    return { error: error.message };
  }
};
const lines = fs.readFileSync(0, "utf8").split("\n").filter(Boolean);
process.stdout.write(JSON.stringify(lines.map((line) => render(JSON.parse(line)))));
