"""A chapter with a laboratory is added to a copy of the repository, in the files that CONTRIBUTING.md lists.

What is made from the registry has the chapter then, and whichever of the places is forgotten is named.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from book_fixture import HEADER
from root import ROOT, environment

from booktools.check import claims, places, rules, sentences
from booktools.notebooks.convert import Converter
from booktools.source.index import Index
from booktools.source.pages import Book, BookError

REGISTRY = "pagekit/chapters/registry.yaml"
LISTED = (
    (ROOT / "CONTRIBUTING.md").read_text().partition("### The files of a chapter\n")[2].partition("\nNothing else")[0]
)
FILES = re.findall(r"^\| `([\w./-]+)` \|", LISTED, flags=re.M)
HEAVY = {".safetensors", ".ipynb", ".xz", ".png", ".woff2"}  # what neither the checks nor the tools here read

PAGE = (
    HEADER
    + r"""# My chapter

**You need** {doc}`noise-schedules` and {doc}`score`. {minutes}`here`

A number is added, $v = a + b$, in 95 % of all cases, as {cite:t}`nobody2099` does.

```{code-cell} ipython3
:tags: [parameters]

T = 100
model = "miniature"
seed = 0
```

```{code-cell} ipython3
from pagekit.page import check_parameters, choice, finish, integer, setup

check_parameters(globals(), T=integer(1, 4000), model=choice("miniature"), seed=integer(0))
setup(seed)
```

```{code-cell} ipython3
:tags: [derivation]

from derive import Derivation

M = Derivation("My")
```

```{lab} myidea
Drag t. See that the data dissolve.
```

```{exercise} One and one · easy
:label: ex-my-sum

What is the sum?
```

```{code-cell} ipython3
from pagekit.exercises import grade

grade("my-sum", ...)
```

```{code-cell} ipython3
finish()
```
"""
)
ENTRY = r"""  my-chapter:
    part: stable-diffusion
    line: One and one, added.
    needs: [noise-schedules, score]
    derives: yes
    reruns:
      - {T: 50, seed: 1}
    search: [how to add]
    sentences:
      definition: ['v = a + b']
    claims:
      set:
        '95 %': the level of an interval
"""
EXERCISES = '''"""Exercises of the chapter my-chapter."""

import sympy as sp

from .exercise import Exercise

EXERCISES = (Exercise("my-sum", "the sum", sp.Integer(2), mistakes={"this is the product": sp.Integer(1)}),)
'''
REFERENCE = """
@article{nobody2099,
  author = {Nobody, A.},
  title = {One and one},
  year = {2099},
  url = {https://example.org},
}
"""


def behind(path: str, mark: str, text: str) -> str:
    """The file of the repository with ``text`` behind the only place where ``mark`` stands."""
    before, found, after = (ROOT / path).read_text(encoding="utf-8").partition(mark)
    assert found and mark not in after
    return before + found + text + after


def written() -> dict[str, str]:
    """Each file that a person writes or changes for the chapter, and what stands in it then."""
    last = "  contents:\n    part: reference\n"  # what follows the chapters on Stable Diffusion
    before, found, after = (ROOT / REGISTRY).read_text(encoding="utf-8").partition(last)
    module = (ROOT / "book/_static/lab/kinds/schedule.js").read_text(encoding="utf-8")
    return {
        "book/my-chapter.md": PAGE,
        "_toc.yml": behind("_toc.yml", "      - file: book/lora-and-controlnet\n", "      - file: book/my-chapter\n"),
        REGISTRY: before + ENTRY + found + after,
        "tests/book/chapters/test_my_chapter.py": "def test_it(): ...\n",
        "pagekit/exercises/my_chapter.py": EXERCISES,
        "tests/pagekit/test_exercises_forms.py": behind(
            "tests/pagekit/test_exercises_forms.py", "\nFORMS = {\n", '    "my-sum": [sp.Integer(1) + 1],\n'
        ),
        "book/_static/lab/kinds/myidea.js": module.replace("Three noise schedules", "My idea").replace(
            "setup()", "setup(data)"
        ),
        "booktools/lab/given/myidea.py": '"""My data."""\n\n\ndef data() -> dict:\n    return {"level": 3}\n',
        "tests/book/lab/test_myidea.py": 'ASKED = "kinds/myidea.js"\n',
        "book/gpu/my-chapter.yaml": "T: 1000\n",
        "book/references.bib": (ROOT / "book/references.bib").read_text(encoding="utf-8") + REFERENCE,
        "CHANGELOG.md": behind("CHANGELOG.md", "## [Unreleased]\n\n### Added\n\n", "- The chapter `my-chapter`.\n"),
    }


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A copy of the tracked files, without weights, images and notebooks, to which the chapter was added."""
    root = tmp_path_factory.mktemp("repository")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    for name in listed:
        if Path(name).suffix not in HEAVY and (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
    for name, text in written().items():
        (root / name).write_text(text, encoding="utf-8")
    return root


def test_a_chapter_with_a_laboratory_touches_the_files_that_the_guide_lists(repository):
    here = {path.relative_to(repository) for path in repository.rglob("*") if path.is_file()}
    same = {
        name
        for name in here
        if (ROOT / name).is_file() and (ROOT / name).read_bytes() == (repository / name).read_bytes()
    }
    touched = sorted(map(str, here - same))
    assert touched == sorted(FILES) == sorted(written()) and len(touched) <= 12


def test_the_checks_accept_it(repository):
    book = Book(repository)
    page = book.pages["book/my-chapter"]
    assert places.problems(book) == []
    assert rules.page_problems(page) == []
    assert [*sentences.page_problems(page, book.chapter(page).sentences, {})] == []
    assert [*claims.page_problems(page, book.chapter(page).claims, [])] == []
    said = "\n".join(text_of(book))
    assert "[Nobody (2099)](https://example.org)" in said and "live: <" in said and "#lab-myidea>" in said


def text_of(book: Book) -> list[str]:
    """The text of the notebook of the page."""
    page = book.pages["book/my-chapter"]
    converter = Converter(Index(book, {}), page, {})
    return [converter.convert(cell.source, cell.line) for cell in page.cells if cell.kind == "markdown"]


MADE = """
import json
from booktools.lab import directive
from booktools.notebooks import papermill_sets
from booktools.site import search
from booktools.source import listing
from booktools.source.pages import Book
from pagekit.chapters.registry import registry
from pagekit.exercises import exercises

book = Book(".")
address = "book/my-chapter.html"
print(json.dumps({
    "line": listing.written("stable-diffusion", "- {doc}`NAME`. LINE").splitlines()[-1],
    "row": [row for row in listing.written("derives", "| NAME |").splitlines() if "my-chapter" in row],
    "job": [job for job in papermill_sets.jobs(registry()) if job["chapter"] == "my-chapter"],
    "leads": search.leads(book, {address, *(f"{page}.html" for page in book.pages), *KNOWN})[address],
    "answer": str(exercises()["my-sum"].answer),
    "lab": directive.render([("myidea", {})]),
    "where": [page for page, found in directive.blocks(book) if found.argument == "myidea"],
}))
"""


def test_all_that_is_made_from_the_registry_has_it(repository):
    """The copy's own programs: the table of contents, the search, the workflow, the grader, the laboratory."""
    sections = [
        f"book/{name}.html#{anchor}"
        for name, chapter in Book(repository).chapters.items()
        for anchor in chapter.search_sections
    ]
    code = f"KNOWN = {sections!r}\n{MADE}"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=repository, env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    (lab,) = made.pop("lab")
    assert lab["title"] == "My idea" and "<svg" in lab["html"]
    assert made == {
        "line": "- {doc}`my-chapter`. One and one, added.",
        "row": ["| my-chapter |"],
        "job": [{"chapter": "my-chapter", "sets": "-p T 50 -p seed 1"}],
        "leads": ["how to add"],
        "answer": "2",
        "where": ["book/my-chapter"],
    }


MISSING = "the file is missing"
SAID = {  # of each file what is said where it was forgotten; of the change log nobody knows
    "_toc.yml": "book/my-chapter.md: _toc.yml does not list the page; enter it there, or remove the page",
    REGISTRY: f"{REGISTRY}: my-chapter: part must be 'stable-diffusion', since _toc.yml has the page under 'Stable D",
    "book/my-chapter.md": f"book/my-chapter.md: {MISSING}, but _toc.yml lists it",
    "tests/book/chapters/test_my_chapter.py": f"tests/book/chapters/test_my_chapter.py: {MISSING}",
    "pagekit/exercises/my_chapter.py": "pagekit/exercises/my_chapter.py: it lacks the right answer to 'my-sum'",
    "tests/pagekit/test_exercises_forms.py": "tests/pagekit/test_exercises_forms.py: it lacks other forms of",
    "book/_static/lab/kinds/myidea.js": f"book/_static/lab/kinds/myidea.js: {MISSING}; book/my-chapter.md has the",
    "booktools/lab/given/myidea.py": f"booktools/lab/given/myidea.py: {MISSING}; book/_static/lab/kinds/",
    "tests/book/lab/test_myidea.py": f"tests/book/lab/test_myidea.py: {MISSING}",
    "book/gpu/my-chapter.yaml": f"book/gpu/my-chapter.yaml: {MISSING}",
    "book/references.bib": "no entry 'nobody2099' in book/references.bib",
}


DISAGREEING = {  # what stands in the entry, what is written in its place, and what is said of it
    "a need too few": (
        "[noise-schedules, score]",
        "[noise-schedules]",
        "needs must have 'score', which the page names",
    ),
    "a need too many": ("schedules, score]", "schedules, score, vae]", "“You need” must name 'vae', which the"),
    "no re-run": (
        "    reruns:\n      - {T: 50, seed: 1}\n",
        "",
        "reruns must hold a set of other values, since it has",
    ),
    "no mark of its derivation": (
        "    derives: yes\n",
        "",
        "my-chapter: derives must be yes, as cells of the page say",
    ),
    "a device": (
        "    search:",
        "    smallest: {T: 1}\n    search:",
        "smallest must be left out, since the page takes no",
    ),
    "another part": ("part: stable-diffusion", "part: control", "part must be 'stable-diffusion', since _toc.yml has"),
    "another name": ("  my-chapter:", "  my-chaptre:", "no page is called 'my-chaptre'; enter it in _toc.yml"),
}


@pytest.mark.parametrize("name", DISAGREEING)
def test_an_entry_that_disagrees_with_its_page_is_named(name, repository):
    old, new, said = DISAGREEING[name]
    path, text = repository / REGISTRY, (repository / REGISTRY).read_text(encoding="utf-8")
    assert ENTRY.count(old) == text.count(ENTRY) == 1
    try:
        path.write_text(text.replace(ENTRY, ENTRY.replace(old, new)), encoding="utf-8")
        found = faults(repository)
    finally:
        path.write_text(text, encoding="utf-8")
    assert any(said in fault for fault in found), found


def test_an_entry_at_another_place_than_the_page_is_named(repository):
    path, text = repository / REGISTRY, (repository / REGISTRY).read_text(encoding="utf-8")
    try:
        path.write_text(text.replace(ENTRY, "") + ENTRY, encoding="utf-8")
        (found,) = faults(repository)
    finally:
        path.write_text(text, encoding="utf-8")
    assert found.startswith(f"{REGISTRY}: 'my-chapter' stands behind ") and "before it in _toc.yml" in found


def faults(root: Path) -> list[str]:
    book = Book(root)
    try:
        return places.problems(book) or [*text_of(book), "accepted"]
    except BookError as error:
        return [str(error)]


@pytest.mark.parametrize("name", [*written()])
def test_a_place_that_is_forgotten_is_named(name, repository):
    path, text = repository / name, (repository / name).read_text(encoding="utf-8")
    try:
        path.unlink()
        if (ROOT / name).is_file():
            shutil.copy(ROOT / name, path)
        found = faults(repository)
    finally:
        path.write_text(text, encoding="utf-8")
    if name in SAID:
        assert any(SAID[name] in fault for fault in found), found
    else:
        assert name == "CHANGELOG.md" and found[-1] == "accepted"
