// node bundle.mjs: of each module in `entries` on stdin, texts by name, what it and all that it imports are as one script,
// by name on stdout. `root` is the folder that it imports from, `esbuild` that of the bundler.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { esbuild, root, entries } = JSON.parse(readFileSync(0, "utf8"));
const { build } = createRequire(import.meta.url)(esbuild);
const made = {};
for (const [name, contents] of Object.entries(entries)) {
  try {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: root, sourcefile: `entry of ${name}` },
      bundle: true, format: "iife", charset: "utf8", minify: true, write: false, logLevel: "silent",
    });
    made[name] = outputFiles[0].text;
  } catch (error) {
    process.stderr.write(error.message);
    process.exit(1);
  }
}
process.stdout.write(JSON.stringify(made));
