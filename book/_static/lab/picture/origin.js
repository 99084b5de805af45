// The picture that a picture begins from: the pixels of a file, of the page, or of what was painted, and their fingerprint.

import { sha256 } from "../maths/sha256.js";

// What diffusion_lib/stable_diffusion/init_image.py calls the fingerprint: of the mode, the size and all pixels.
export const fingerprint = (pixels, side) => {
  const head = new TextEncoder().encode(`RGB ${side} x ${side}\n`), all = new Uint8Array(head.length + pixels.length);
  all.set(head);
  all.set(pixels, head.length);
  return sha256(all);
};

// Pixels (side, side, 3) of the middle square of a picture; what one sees through is white.
export const pixelsOf = async (blob, side) => {
  const bitmap = await createImageBitmap(blob), edge = Math.min(bitmap.width, bitmap.height);
  const pen = new OffscreenCanvas(side, side).getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, side, side);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, (bitmap.width - edge) / 2, (bitmap.height - edge) / 2, edge, edge, 0, 0, side, side);
  return pen.getImageData(0, 0, side, side).data.filter((_, i) => i % 4 < 3);
};

// The picture of a text in base64.
export const unpacked = (text) => new Blob([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))]);

// How many steps of all are taken: those of the last times.
export const taken = (steps, strength) => Math.trunc(steps * strength);

// Why what is asked for cannot be painted, as a sentence; "" if it can.
export const refused = ({ negative, g, init, steps, strength }) => {
  if (negative && g <= 1) return "A negative prompt needs a guidance scale above 1: at 1 or below, guidance does not lead away from it.";
  if (init && !taken(steps, strength)) return `A strength of ${strength} leaves none of ${steps} steps to take.`;
  return "";
};
