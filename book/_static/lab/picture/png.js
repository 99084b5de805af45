// A PNG with the parameters that made it, in the chunk in which diffusion_lib looks for them.

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});
const crc = (bytes) => (bytes.reduce((c, byte) => table[(c ^ byte) & 0xff] ^ (c >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;
const word = (value) => [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
const letters = (text) => Array.from(text, (letter) => letter.charCodeAt(0));

const chunk = (kind, content) => {
  const body = Uint8Array.from([...letters(kind), ...content]);
  return [...word(content.length), ...body, ...word(crc(body))];
};

const deflated = async (bytes) => {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
};

// JSON in letters of ASCII alone, which every reader keeps.
export const ascii = (value) => JSON.stringify(value).replace(/[\u007f-\uffff]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);

// `pixels` are (height, width, 3) bytes; a Blob comes back.
export const png = async (pixels, width, height, keyword, parameters) => {
  const rows = new Uint8Array(height * (1 + 3 * width)); // each row begins with its filter, 0 for none
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(3 * width * y, 3 * width * (y + 1)), y * (1 + 3 * width) + 1);
  const parts = [
    [137, 80, 78, 71, 13, 10, 26, 10],
    chunk("IHDR", [...word(width), ...word(height), 8, 2, 0, 0, 0]),
    chunk("tEXt", [...letters(keyword), 0, ...letters(ascii(parameters))]),
    chunk("IDAT", await deflated(rows)),
    chunk("IEND", []),
  ];
  return new Blob(parts.map((part) => Uint8Array.from(part)), { type: "image/png" });
};
