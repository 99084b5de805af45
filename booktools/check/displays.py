"""Display mathematics comes from a derivation's cell: what looks like a proved line is never typed by hand.

The prose holds no block of mathematics, in whatever notation, and no number such as ``F.9`` as a tag.  An output with
LaTeX is the block of a derivation, as its metadata describe it, from a cell with the tag ``derivation``.  Such a cell
speaks to the proof checker as any author does: by what ``derive`` exports, not by what its objects keep to themselves.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator

from nbformat import NotebookNode

from ..source.index import marks
from ..source.markdown import tokens
from ..source.pages import Book, Cell, Page

TAG = "derivation"
TYPED = {"math_block", "math_block_label", "math_block_eqno", "amsmath"}
DISPLAYED = re.compile(r"\$\$|\\\[|\\(?:begin|tag|label|displaystyle)(?![a-zA-Z])")
MODULES = {"derive", "derive.language.expr", "derive.language.vectors", "fractions", "pagekit.exercises"}
INSIDE = {"getattr", "setattr", "delattr", "vars", "globals", "locals", "exec", "eval", "compile", "object", "type"}
REMEDY = "state it in a cell with the tag derivation (`define`, `assume`, `chain`), which shows what was checked"


def problems(book: Book) -> list[str]:
    """One message for each piece of display mathematics that no derivation's cell has shown."""
    found = [fault for page in book.pages.values() for fault in page_problems(page)]
    for page in book.notebooks:
        if nb := page.stored():
            found += notebook_problems(f"notebooks/{page.notebook.name}", nb)
    return found


def page_problems(page: Page) -> Iterator[str]:
    """The same for the prose of one page, and what its derivation's cells may not do."""
    seen = set()
    for token, directive in tokens(page.text):
        name = directive.name if directive else ""
        if name in ("code-cell", "code-block", "code", "raw-cell") or token.type in ("code_block", "html_block"):
            continue
        inside = any(map(_displays, token.children or ()))
        if token.type in TYPED or name == "math" or inside or (name == "eval-rst" and "math" in directive.body):
            text = (token.content or name).strip()
            if text not in seen:
                seen.add(text)
                where = page.text.count("\n", 0, max(page.text.find(text), 0)) + 1
                yield f"{page.name}.md:{where}: {text[:40]!r} is display mathematics that nothing checked; {REMEDY}"
    for cell in page.code:
        if TAG in cell.metadata.get("tags", []):
            yield from (f"{page.name}.md:{cell.line + 1}: {fault}" for fault in cell_problems(cell))


def _displays(child) -> bool:
    """Is this part of a sentence set as a block, or dressed as one?"""
    return child.type == "math_inline_double" or (child.type == "math_inline" and bool(DISPLAYED.search(child.content)))


def cell_problems(cell: Cell) -> Iterator[str]:
    for node in ast.walk(ast.parse(cell.source)):
        modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in (name for name in modules if name not in MODULES):
            yield f"a derivation imports {name!r}; allowed are {', '.join(sorted(MODULES))}"
        name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
        if name.startswith("_") or (isinstance(node, ast.Name) and name in INSIDE):
            yield f"a derivation uses {name!r}, which may change what was proved; use the methods of Derivation"


def notebook_problems(name: str, nb: NotebookNode) -> Iterator[str]:
    """The same for the stored outputs of one notebook."""
    for number, cell in enumerate((cell for cell in nb.cells if cell.cell_type == "code"), 1):
        blocks = [output for mark, output in marks([cell.outputs]) if "tag" in mark]
        if blocks and TAG not in cell.metadata.get("tags", []):
            yield f"{name}: code cell {number} shows a block of a derivation without the tag {TAG}; {REMEDY}"
        for output in cell.outputs:
            data = output.get("data", {})
            loose = data.get("text/latex") if output not in blocks else None
            for text in filter(None, (loose, data.get("text/markdown"), data.get("text/html"))):
                if text is loose or DISPLAYED.search(text):
                    yield f"{name}: code cell {number} shows {text.strip()[:40]!r}, which is no checked block; {REMEDY}"
        for output in blocks:
            mark, latex = output["metadata"]["diffusion_lib"], output["data"].get("text/latex", "")
            sides = [row[side] for row in mark.get("rows", []) for side in ("left", "right")]
            told = (
                hashlib.sha256(latex.encode()).hexdigest() == mark.get("sha256") and f"\\tag{{{mark['tag']}}}" in latex
            )
            if not told or any(side not in latex for side in sides):
                yield f"{name}: code cell {number}: the rows of {mark['tag']} are not its LaTeX; run `make notebooks`"
