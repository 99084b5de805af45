// What one looks at inside of a picture: where each word is looked at, and the channels of its latents.

// The map of a word over the picture's places, from the maps (77, h, w) of a step: its tokens together.
export const mapOf = (maps, first, tokens, places) => Array.from({ length: places }, (_, i) => {
  let all = 0;
  for (let token = first; token < first + tokens; token++) all += maps[token * places + i];
  return all;
});

// Where the tokens of each word of a prompt lie behind the start: [{word, first, tokens}].
export const tokensOf = (words) => {
  let first = 1;
  return words.map(({ piece, tokens }) => { const found = { word: piece, first, tokens }; first += tokens; return found; });
};

// In words: how much of all attention the word has, and where most.
export const said = (word, map, t) => {
  const side = Math.sqrt(map.length), share = map.reduce((a, b) => a + b, 0) / map.length, place = map.indexOf(Math.max(...map));
  const rows = ["upper", "middle", "lower"], columns = ["left", "centre", "right"];
  const third = (value) => Math.min(2, Math.floor((3 * (value + 0.5)) / side));
  return `At t = ${t} the positions of the image give “${word}” ${(100 * share).toFixed(1)} % of their attention, most at the ${rows[third(Math.floor(place / side))]} ${columns[third(place % side)]}.`;
};

// Latents with one channel times `gain`.
export const scaled = (latents, channel, channels, gain) => {
  const size = latents.length / channels;
  return latents.map((value, i) => (Math.floor(i / size) === channel ? gain * value : value));
};

// Draw pixels (side, side, 3), or an image of the page, whose pixels no script may read where the page is a file. Over
// them a map as heat: the more a place looks at the word, the less of it is dimmed.
export const paint = (canvas, pixels, side, map = null) => {
  const pen = canvas.getContext("2d");
  canvas.width = canvas.height = side;
  if (pixels instanceof HTMLImageElement) pen.drawImage(pixels, 0, 0, side, side);
  else {
    const image = new ImageData(side, side);
    for (let i = 0; i < side * side; i++) image.data.set([pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2], 255], 4 * i);
    pen.putImageData(image, 0, 0);
  }
  if (!map) return;
  const n = Math.sqrt(map.length), low = Math.min(...map), span = Math.max(...map) - low || 1;
  const heat = new OffscreenCanvas(n, n), cells = new ImageData(n, n);
  map.forEach((value, i) => cells.data.set([255, 120, 0, Math.round((210 * (value - low)) / span)], 4 * i));
  heat.getContext("2d").putImageData(cells, 0, 0);
  pen.fillStyle = "rgba(20, 20, 30, 0.45)";
  pen.fillRect(0, 0, side, side);
  pen.imageSmoothingEnabled = true;
  pen.drawImage(heat, 0, 0, side, side);
};
