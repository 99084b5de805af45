"""Which notebooks `make test` runs again: those whose code, or anything under it, is not that of their last run."""

from __future__ import annotations

import importlib.metadata

import pytest
from book_fixture import HEADER, make_book, tool
from root import ROOT

from booktools.notebooks import closure
from booktools.notebooks.update import update
from booktools.source.pages import Book
from pagekit.chapters import registry

PARAMETERS = "```{code-cell} ipython3\n:tags: [parameters]\n\nn = 3\n```\n\n"
PAGE = HEADER + "# A chapter\n\n" + PARAMETERS + "```{code-cell} ipython3\nimport math\n```\n"


def pages():
    return {page.short: page for page in Book(ROOT).notebooks}


def fresh(root):
    """The one page of a book under ``root``, read anew."""
    return next(iter(Book(root).pages.values()))


def test_an_import_leads_to_what_it_imports_and_to_the_packages_around_it():
    found = closure.modules("from diffusion_lib.process.continuous import ContinuousProcess")
    assert {
        "diffusion_lib",
        *(f"diffusion_lib.{name}" for name in ("process", "process.continuous", "errors")),
    } <= found
    assert not any(name.startswith(("derive", "models", "diffusion_lib.train")) for name in found)


def test_an_import_inside_of_a_function_counts():
    # The subpackage imports its loop when somebody asks for the name.
    assert "diffusion_lib.train.loop" in closure.modules("from diffusion_lib.train import train")


def test_a_package_that_is_named_in_a_string_counts_with_all_in_it():
    assert "derive.kernel.theorem" in closure.modules("from importlib.resources import files\nfiles('derive.kernel')")
    assert "pagekit.exercises.score" in closure.modules("import pagekit.exercises.grade")


def test_data_belong_to_the_package_around_them():
    found = {path.relative_to(ROOT).as_posix() for path in closure.files(pages()["latent-pipeline"])}
    assert "models/miniature/weights/unet/diffusion_pytorch_model.safetensors" in found  # by its name in a string
    assert "models/clothes/unet.safetensors" not in found


def test_a_stored_sweep_concerns_chapters_that_name_it():
    sweep = ROOT / "pagekit" / "sweeps" / "ddpm-ablations.json"
    assert [name for name, page in pages().items() if sweep in closure.files(page)] == ["ddpm-ablations"]


@pytest.mark.parametrize(
    ("module", "runs", "rests"),
    [
        ("diffusion_lib.stable_diffusion.prompt_to_prompt", {"editing"}, {"score", "first-model", "vae"}),
        ("derive.kernel.theorem", {"score", "vae", "errata"}, {"first-model", "comparing-samplers", "latent-pipeline"}),
        ("diffusion_lib.errors", set(pages()), set()),
    ],
)
def test_a_change_in_the_library_concerns_the_chapters_that_use_it(monkeypatch, module, runs, rests):
    before = {name: closure.digest(page) for name, page in pages().items()}
    file = closure.source_of(module)
    content = closure.sha256
    monkeypatch.setattr(closure, "sha256", lambda path: "another" if path == file else content(path))
    changed = {name for name, page in pages().items() if closure.digest(page) != before[name]}
    assert runs <= changed and not changed & rests


def test_another_version_of_a_package_runs_every_chapter(monkeypatch):
    page = pages()["intro"]
    before = closure.digest(page)
    closure.versions.cache_clear()
    monkeypatch.setattr(
        closure, "version", lambda name: (".1" if name == "torch" else "") + importlib.metadata.version(name)
    )
    try:
        assert closure.digest(page) != before
        closure.versions.cache_clear()
        monkeypatch.setattr(closure, "version", lambda name: importlib.metadata.version(name) + "+cu126")
        assert closure.digest(page) == before  # another build of the same version
    finally:
        closure.versions.cache_clear()


def test_a_run_is_stored_and_prose_does_not_undo_it(tmp_path):
    root = make_book(tmp_path, {"chapter": PAGE})
    assert closure.changed(fresh(root)) == "the notebook does not exist yet"
    assert tool("notebooks", root).returncode == 0
    assert closure.changed(fresh(root)) is None
    source = root / "book" / "chapter.md"
    source.write_text(PAGE + "\nMore text.\n")
    assert closure.changed(fresh(root)) is None
    source.write_text(PAGE.replace("import math", "import diffusion_lib.errors"))
    assert closure.changed(fresh(root)) == "its code is not that of book/chapter.md"
    assert tool("notebooks", root).returncode == 0 and closure.changed(fresh(root)) is None


def test_a_notebook_whose_library_changed_is_run_again_and_stored(tmp_path, monkeypatch, capsys):
    root = make_book(tmp_path, {"chapter": PAGE.replace("import math", "import diffusion_lib.errors")})
    assert tool("notebooks", root).returncode == 0
    content = closure.sha256
    monkeypatch.setattr(closure, "sha256", lambda path: "another" if path.name == "errors.py" else content(path))
    assert closure.changed(fresh(root)) == "its code imports something that changed"
    assert update(Book(root)) == []
    assert "imports something that changed; running" in capsys.readouterr().out
    assert closure.changed(fresh(root)) is None


def test_a_run_that_uses_what_the_closure_lacks_is_refused(tmp_path):
    hidden = '__import__("diffusion_lib" + ".errors")'  # no import that can be read from the text
    root = make_book(tmp_path, {"chapter": PAGE.replace("import math", hidden)})
    result = tool("notebooks", root)
    assert result.returncode == 1 and "its run used diffusion_lib/__init__.py, diffusion_lib/errors.py" in result.stderr
    assert not (root / "notebooks" / "chapter.cost.json").exists()


def test_a_page_that_does_not_parse_may_use_anything():
    assert "diffusion_lib.stable_diffusion.weights" in closure.modules("from diffusion_lib import (")


def test_no_cell_reads_the_registry_of_chapters():
    """A changed line, need or query runs no chapter again."""
    path = ROOT / registry.NAME
    assert path.is_file() and not [name for name, page in pages().items() if path in closure.files(page)]
