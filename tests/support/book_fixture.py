"""A small book in a temporary directory: what the tests of the pipeline build, run and break."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from types import SimpleNamespace

import nbformat
import yaml
from forks import forked
from nbformat import NotebookNode
from root import ROOT

from booktools.site import build
from pagekit.chapters import registry

TOOLS = {"build": "site.build", "check": "check.rules", "notebooks": "notebooks.update"}

HEADER = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

"""

CHAPTER = (
    HEADER
    + r"""(first)=
# A chapter

% a remark for authors
Every number here was computed: {value}`answer`, as {cite:t}`ho2020` would expect {cite:p}`song2021sde,nichol2021`.
That is {value}`answer` %, and not 41 %; `41 %` is code.

$$ a = b $$ (one)

```{math}
:label: two

\begin{aligned} c &= d \\ &= e \end{aligned}
```

$$ f = g \\ h = i $$

See {eq}`one` and {eq}`two`, the step {step}`F.1` named {step}`closed-form`, `{eq}` in code,
{ref}`first`, {doc}`second`.

:::{warning}
Careful with {eq}`two`.

- a list with

  ```{note}
  a note, inside of it {math}`x^2`
  ```
:::

```{exercise} Add
:label: ex-add

What is $1 + 1$?
```

````{solution} ex-add
It is two.

```{math}
:label: three

1 + 1 = 2
```
````

```{code-cell} ipython3
:tags: [parameters]

n = 3  # how many
```

```{code-cell} ipython3
from IPython.display import display

mark = {"diffusion_lib": {"value": "answer"}}
display({"text/plain": f"{n * 14}"}, raw=True, metadata=mark)
mark = {"diffusion_lib": {"count": {"killed": 3}}}
display({"text/plain": "counted"}, raw=True, metadata=mark)
rows = [
    {"left": "x", "relation": "=", "right": "y", "justification": "definition"},
    {"left": "", "relation": "=", "right": "z", "justification": "algebra"},
]
mark = {"diffusion_lib": {"tag": "F.1", "name": "closed-form", "rows": rows, "apart": False}}
formula = r"$$\begin{aligned} x &= y && \text{definition} \cr &= z && \text{algebra} \end{aligned} \tag{F.1}$$"
display({"text/latex": formula, "text/plain": "x = y = z"}, raw=True, metadata=mark)
```

```{code-cell} ipython3
---
tags: [hide-input]
mystnb:
  figure:
    name: fig-line
    caption: A line, as in {eq}`one`.
  image:
    alt: A black diagonal line
---
from IPython.display import SVG

SVG('<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><path d="M0 0L40 40" stroke="black"/></svg>')
```

{numref}`fig-line` shows it; {numref}`Figure %s <fig-line>` too. {ref}`ex-add` asks.

```{code-cell} ipython3
print("end of the run")
```
"""
)

SECOND = (
    HEADER
    + r"""# Another chapter

$$ p = q $$ (other)

It builds on {eq}`one`, on {step}`closed-form` of {doc}`chapter` and on [the chapter](chapter.md); compare {eq}`other`.
In all, {value}`all:count-killed` mutants were killed.

```{prf:theorem} Two
:label: thm-two

$1 + 1 = 2$.
```

By {prf:ref}`thm-two`, and see [](prose.md).

```{code-cell} ipython3
:tags: [parameters]

n = 10
```

```{code-cell} ipython3
print(sum(range(n)))
```
"""
)

PROSE = r"""# Prose

$$ u = v $$ (prose-equation)

Only text {cite:p}`ho2020`, with {eq}`prose-equation` and {step}`F.1`.

```{bibliography}
```
"""

PAGES = {"chapter": CHAPTER, "second": SECOND, "prose": PROSE}


def make_book(root: Path, pages: dict[str, str] | None = None) -> Path:
    """Write a book of ``pages`` (name to MyST text, the first is the root) under ``root``; return ``root``."""
    pages = PAGES if pages is None else pages
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    config["sphinx"]["local_extensions"] = dict.fromkeys(config["sphinx"]["local_extensions"], str(ROOT))
    config["sphinx"]["config"]["html_static_path"] = [str(ROOT / "book" / "_static")]
    config["html"]["favicon"] = str(ROOT / "book" / "_static" / "favicon.svg")
    config["bibtex_bibfiles"] = [str(ROOT / "book" / "references.bib")]
    (root / "book").mkdir(parents=True)
    (root / "notebooks").mkdir()
    (root / "_config.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    first, *others = pages
    toc = {"format": "jb-book", "root": f"book/{first}"}
    if others:
        toc["chapters"] = [{"file": f"book/{name}"} for name in others]
    (root / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    said = {name: {"quotation": ["1 + 1 = 2"]} for name, text in pages.items() if "$1 + 1 = 2$" in text}
    typed = {name: {"set": {"41 %": "?"}} for name, text in pages.items() if "not 41 %" in text}
    write_registry(root, sentences=said, claims=typed)
    for name, text in pages.items():
        (root / "book" / f"{name}.md").write_text(text, encoding="utf-8")
    return root


def write_registry(root: Path, **fields: dict[str, object]) -> None:
    """Write the registry of chapters of a small book: of each field, what it is for which page."""
    chapters: dict[str, dict[str, object]] = {}
    for field, entries in fields.items():
        for name, entry in entries.items():
            chapters.setdefault(name, {})[field] = entry
    path = root / registry.NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"chapters": chapters}), encoding="utf-8")  # JSON is YAML without anchors


def tool(name: str, root: Path, *arguments: str) -> CompletedProcess:
    """Run ``python -m booktools.name root`` as the Makefile does.

    Where no kernel starts it runs in a fork: a process of its own would import for longer than it works.
    """
    module = f"booktools.{TOOLS[name]}"
    # What torch.compile leaves in this process are dead references, at which a plugin of Sphinx stumbles.
    if name == "notebooks" or "torch._dynamo" in sys.modules:
        command = [sys.executable, "-m", module, str(root), *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    for imported in (module, "jupyter_book.cli.main", "jupyter_book.sphinx", "booktools.site.extension"):
        importlib.import_module(imported)

    def program() -> int:
        build.subprocess = SimpleNamespace(run=_python)
        sys.argv = [module, str(root), *arguments]
        return importlib.import_module(module).main()

    return forked(program)


def _python(command: list[str], check: bool) -> CompletedProcess:
    """``python -c CODE ARGUMENTS`` in a fork."""
    _, option, code, *arguments = command
    assert (option, check) == ("-c", False)

    def program() -> None:
        sys.argv = [option, *arguments]
        exec(code, {"__name__": "__main__"})

    done = forked(program)
    print(done.stdout, end="")
    print(done.stderr, end="", file=sys.stderr)
    return done


def executed_book(root: Path) -> Path:
    """A book whose notebooks are up to date."""
    result = tool("notebooks", make_book(root))
    assert result.returncode == 0, result.stderr
    return root


def copy_of(root: Path, target: Path) -> Path:
    return Path(shutil.copytree(root, target))


def edit(path: Path, change: Callable[[NotebookNode], None]) -> None:
    """Change a notebook on the disk by hand."""
    nb = nbformat.read(path, as_version=4)
    change(nb)
    path.write_text(nbformat.writes(nb) + "\n", encoding="utf-8")
