// A worker that runs the library: it loads Pyodide and the packs from this host, and answers requests that are data.
// The first message says where the files lie; each later one is {id, told}, with the request as JSON.

const PACKS = ["algebra.zip", "library.zip"];
const MEGABYTE = 2 ** 20;
let answer = null;

// No file comes from elsewhere, whatever a loader asks for. The program is compressed, since not every host does that.
const only = (base, fetched) => {
  const ask = self.fetch.bind(self);
  self.fetch = async (wanted, options) => {
    const url = new URL(typeof wanted === "string" ? wanted : wanted.url ?? String(wanted), base).href;
    if (!url.startsWith(base)) throw new TypeError(`nothing is loaded from elsewhere: ${url}`);
    if (url.endsWith(".wasm")) return new Response(await unpacked(await read(ask, `${url}.gz`, options, fetched)), { headers: { "Content-Type": "application/wasm" } });
    return new Response(await read(ask, url, options, fetched));
  };
};
const read = async (ask, url, options, fetched) => {
  const answered = await ask(url, options);
  if (!answered.ok) throw new Error(`${url.split("/").pop()} did not come (${answered.status})`);
  const parts = answered.body.getReader(), chunks = [];
  for (let part = await parts.read(); !part.done; part = await parts.read()) {
    chunks.push(part.value);
    fetched(part.value.length);
  }
  return new Blob(chunks);
};
const unpacked = async (blob) => {
  const start = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  return start[0] === 0x1f && start[1] === 0x8b ? blob.stream().pipeThrough(new DecompressionStream("gzip")) : blob.stream();
};

const load = async (base) => {
  let bytes = 0, last = 0;
  only(base, (more) => {
    bytes += more;
    if (bytes - last > MEGABYTE / 4) { last = bytes; postMessage({ bytes }); }
  });
  const file = async (name) => new Uint8Array(await (await self.fetch(base + name)).arrayBuffer());
  const packs = Promise.all(PACKS.map(file));
  packs.catch(() => {}); // it is told below
  const { loadPyodide } = await import(`${base}pyodide.mjs`);
  const info = await (await self.fetch(`${base}info.json`)).json();
  const python = await loadPyodide({
    indexURL: base, packageBaseUrl: base, stdLibURL: `${base}standard.zip`, checkAPIVersion: false,
    lockFileContents: { info, packages: {} },
  });
  (await packs).forEach((content, i) => python.FS.writeFile(`/lib/${PACKS[i]}`, content));
  postMessage({ bytes, starting: true });
  python.runPython(`import sys; sys.path += [${PACKS.map((name) => `"/lib/${name}"`)}]; sys.setrecursionlimit(1500)`);
  answer = python.runPython("from inside.desk import answer; answer");
};

self.onmessage = async ({ data }) => {
  if (data.base) {
    try {
      await load(data.base);
      postMessage({ ready: true });
    } catch (error) {
      postMessage({ failed: String(error?.message ?? error) });
    }
    return;
  }
  try {
    postMessage({ id: data.id, answer: answer(data.told) });
  } catch (error) {
    postMessage({ id: data.id, error: String(error?.message ?? error).slice(-600) });
  }
};
