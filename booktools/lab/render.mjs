// node render.js: for each {kind, options, data} of the list on stdin, the HTML of its block, as a list on stdout.

const read = async () => {
  let text = "";
  for await (const part of process.stdin) text += part;
  return JSON.parse(text);
};

const { folder, blocks } = await read();
const { block } = await import(`${folder}/shell/block.js`);
const made = [];
for (const { kind, options, data } of blocks) {
  try {
    const { lab, draw } = await import(`${folder}/kinds/${kind}.js`); // one that mounts itself may draw itself
    made.push({ title: lab.title, html: draw ? draw(kind, data, options) : block(kind, lab, lab.setup(data), options) });
  } catch (error) {
    made.push({ error: `${error.message} ${(error.stack ?? "").split("\n")[1] ?? ""}` });
  }
}
process.stdout.write(JSON.stringify(made));
