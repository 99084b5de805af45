// Text encoder, U-Net and decoder of the miniature, run by onnxruntime: the functions of diffusion_lib/stable_diffusion.

import * as ort from "../vendor/onnxruntime-web/ort.js";
import { stream } from "./generator.js";
import { sample } from "./samplers.js";
import { Asked } from "./trouble.js";
import { schedule } from "../maths/schedule.js";
import { tokenizer } from "../maths/tokenizer.js";

const LENGTH = 77; // tokens that the text encoder reads

const tensor = (kind, values, ...shape) => new ort.Tensor(kind, values, shape);
const whole = (values, ...shape) => tensor("int64", BigInt64Array.from(values, BigInt), ...shape);

// Pixels (h, w, 3) of a picture (3, h, w) in [−1, 1], as codec.to_pil rounds them.
export const toPixels = (picture, side) => {
  const pixels = new Uint8ClampedArray(3 * side * side), size = side * side; // rounds halves to even, and clips
  for (let i = 0; i < size; i++) for (let c = 0; c < 3; c++) pixels[3 * i + c] = 255 * (picture[c * size + i] / 2 + 0.5);
  return pixels;
};

// A picture (3, h, w) in [−1, 1] of its pixels, as codec.from_pil makes it.
export const fromPixels = (pixels, side) => {
  const picture = new Float32Array(3 * side * side), size = side * side;
  for (let i = 0; i < size; i++) for (let c = 0; c < 3; c++) picture[c * size + i] = Math.fround(pixels[3 * i + c] / 127.5) - 1;
  return picture;
};

// `files` hold bytes by name, of all parts or of some; `model` says {latents: [C, h, w], side, width, schedule, T}.
export const pipeline = async (files, model) => {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = files["ort.wasm"].buffer;
  const tokens = files["merges.txt"] && tokenizer(new TextDecoder().decode(files["merges.txt"]));
  const start = (name, weights = name) => {
    if (!files[`${name}.onnx`]) return null;
    const path = `${weights}.safetensors`;
    return ort.InferenceSession.create(files[`${name}.onnx`], { externalData: [{ path, data: files[path] }], executionProviders: ["wasm"] });
  };
  const [text, unet, decoder] = [await start("text"), await start("unet"), await start("decoder")];
  const tables = schedule(model.schedule, model.T), shape = model.latents, size = shape.reduce((a, b) => a * b);

  const padded = (ids) => [...ids, ...Array(LENGTH - ids.length).fill(tokens.end)];
  const embed = async (texts) => {
    const ids = texts.map(tokens.ids);
    for (const each of ids) if (each.length > LENGTH) throw new Asked(`the text has ${each.length - 2} tokens, and ${LENGTH - 2} are read`);
    const { embeddings } = await text.run({ ids: whole(ids.flatMap(padded), texts.length, LENGTH) });
    return texts.map((_, i) => embeddings.data.slice(i * LENGTH * model.width, (i + 1) * LENGTH * model.width));
  };

  // ε̂ of guidance g: 1 is the text alone, 0 the empty text alone. `see(t, maps)` is shown what the words were looked at.
  const guided = (empty, told, g, see) => async (x, t) => {
    const both = g === 0 ? [empty] : g === 1 ? [told] : [empty, told], n = both.length;
    const given = { x_t: tensor("float32", repeated(x, n), n, ...shape), t: whole(Array(n).fill(t - 1), n), text: tensor("float32", joined(both), n, LENGTH, model.width) };
    const { eps_hat: { data }, maps } = await unet.run(given);
    if (g !== 0) see(t, maps.data.slice(maps.data.length / n * (n - 1)));
    return n === 1 ? data : data.slice(0, size).map((without, i) => (g < 0.5 ? without + g * (data[size + i] - without) : data[size + i] - (data[size + i] - without) * (1 - g)));
  };

  const decode = async (latents) => {
    const { picture } = await decoder.run({ latents: tensor("float32", latents, 1, ...shape) });
    return toPixels(picture.data, model.side);
  };

  let encoder = null; // started when a picture is to be begun from another
  const encode = async (pixels) => {
    encoder ??= await start("encoder", "decoder");
    const { latents } = await encoder.run({ picture: tensor("float32", fromPixels(pixels, model.side), 1, 3, model.side, model.side) });
    return latents.data;
  };

  // The steps of a picture, as the sampler yields them, each with the maps (77, h, w) that its call of the U-Net left.
  // `init` are the pixels of a picture to begin from.
  async function* make({ prompt, negative = "", g, seed, steps, sampler, strength, init = null }) {
    const [empty, told] = await embed([negative, prompt]), draw = stream(seed);
    const origin = init && { z: await encode(init), strength };
    let maps = new Map();
    const denoise = guided(empty, told, g, (t, found) => maps.has(t) || maps.set(t, found));
    for await (const step of sample(sampler, tables, draw(size), { steps, denoise, draw, origin })) yield { ...step, maps: maps.get(step.t) ?? null };
  }
  return { make, decode, encode, embed, tokens };
};

const repeated = (x, n) => { const all = new Float32Array(n * x.length); for (let i = 0; i < n; i++) all.set(x, i * x.length); return all; };
const joined = (arrays) => { const all = new Float32Array(arrays.length * arrays[0].length); arrays.forEach((each, i) => all.set(each, i * each.length)); return all; };
