// A formula of the library as mathematics: its LaTeX becomes MathML by the program that sets the book, loaded when needed.

let program = null;
const load = () => {
  program ??= new Promise((done, failed) => {
    const src = `${document.documentElement.dataset.content_root}_static/lab/made/vendor/temml.min.js`;
    document.head.append(Object.assign(document.createElement("script"), { src, onload: () => done(globalThis.temml), onerror: failed }));
  });
  program.catch(() => { program = null; });
  return program;
};

// Show `latex` in `place`, or nothing where there is none; a formula that cannot be set is left out.
export const formula = async (place, latex) => {
  if (!latex) { place.textContent = ""; return; }
  try {
    place.innerHTML = (await load()).renderToString(latex, { displayMode: true, throwOnError: true, trust: false });
  } catch {
    place.textContent = "";
  }
};
