// node compile.mjs: for each {source, target} of the list on stdin, the zip `source` of Python modules as the zip
// `target` of bytecode, made by the Python that will run it in the page. What is no module stays as it is.

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { vendor, jobs } = JSON.parse(readFileSync(0, "utf8"));
const { loadPyodide } = await import(pathToFileURL(`${vendor}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: `${vendor}/` });
const compile = python.runPython(`
import ast, importlib.util, io, marshal, zipfile

PLACES = ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef

def bare(tree):
    # Texts that document, and are no data: a third of a module. An assertion stays.
    for node in ast.walk(tree):
        if isinstance(node, PLACES) and ast.get_docstring(node, clean=False) is not None:
            node.body[0].value = ast.copy_location(ast.Constant(""), node.body[0].value)
    return tree

def compiled(packed):
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as read, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as write:
        for name in sorted(read.namelist()):
            content = read.read(name)
            if name.endswith(".py"):
                code = compile(bare(ast.parse(content)), name, "exec", dont_inherit=True)
                content, name = importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code), name + "c"
            write.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)
    return held.getvalue()

lambda packed: compiled(packed.to_py().tobytes())
`);
for (const { source, target } of jobs) {
  const made = compile(new Uint8Array(readFileSync(source)));
  writeFileSync(target, made.toJs());
  made.destroy();
}
