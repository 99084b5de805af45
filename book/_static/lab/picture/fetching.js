// Files of a laboratory, unpacked, with a word on how many bytes have come. A file that is cut short is an error.

import { Lost } from "./trouble.js";

const read = async (answer, told) => {
  const parts = [], reader = answer.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Blob(parts);
    parts.push(value);
    told(value.length);
  }
};

// Some hosts unpack what ends in .gz on the way: what it begins with says whether this one did.
const unpacked = async (blob) => {
  const [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  if (first !== 0x1f || second !== 0x8b) return blob.arrayBuffer();
  return new Response(blob.stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
};

const one = async (address, told) => {
  const answer = await fetch(address);
  if (!answer.ok || !answer.body) throw new Lost(`${address}: ${answer.status}`);
  return new Uint8Array(await unpacked(await read(answer, told)));
};

// `files` are {name, address, size}; the answer holds bytes by name. `told(done, total)` hears of the progress.
export const load = async (files, told) => {
  const total = files.reduce((all, { packed }) => all + packed, 0);
  let come = 0;
  const hear = (more) => { come += more; told(Math.min(come, total), total); };
  const loaded = files.map(async ({ name, address, size }) => {
    const bytes = await one(address, hear).catch((error) => { throw error instanceof Lost ? error : new Lost(`${address}: ${error.message}`); });
    if (bytes.length !== size) throw new Lost(`${address}: ${bytes.length} bytes of ${size}`);
    return [name, bytes];
  });
  return Object.fromEntries(await Promise.all(loaded));
};
