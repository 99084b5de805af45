"""The comparison of notebooks with a fresh run, by the command of the Makefile; and the Makefile itself."""

from __future__ import annotations

import base64
import io
import re
import shlex
import subprocess
import sys

import nbformat
import pytest
from book_fixture import copy_of, edit, executed_book
from PIL import Image
from root import ROOT, environment

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
(NBVAL,) = re.findall(r"^NBVAL := (-p .* --nbval .*)$", MAKEFILE, flags=re.M)


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    return executed_book(tmp_path_factory.mktemp("executed") / "book-root")


@pytest.fixture
def book(executed, tmp_path):
    return copy_of(executed, tmp_path / "book-root")


def compare(root, *more):
    """Run nbval over ``root/notebooks`` as `make test` does, in one process."""
    arguments = [str(root / "notebooks"), *shlex.split(NBVAL)]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments, *more]
    return subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False)


def test_a_fresh_notebook_compares_equal(book):
    result = compare(book)
    assert result.returncode == 0, result.stdout
    assert "8 passed" in result.stdout


def code_cell(nb, number):
    return [cell for cell in nb.cells if cell.cell_type == "code"][number]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda nb: code_cell(nb, 4).outputs[0].update(text="another end\n"), id="wrong-text"),
        pytest.param(lambda nb: code_cell(nb, 2).outputs[1].data.update({"text/latex": "$$y$$"}), id="wrong-formula"),
        pytest.param(lambda nb: code_cell(nb, 3).outputs[0].data.update({"image/svg+xml": "<svg/>"}), id="wrong-svg"),
    ],
)
def test_a_wrong_output_fails(book, change):
    edit(book / "notebooks" / "chapter.ipynb", change)
    assert compare(book).returncode == 1


def notebook(path, source, outputs=()):
    cell = nbformat.v4.new_code_cell(source, execution_count=1, outputs=list(outputs))
    path.parent.mkdir()
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=[cell])), encoding="utf-8")


def test_an_empty_folder_is_a_failure(tmp_path):
    (tmp_path / "notebooks").mkdir()
    assert compare(tmp_path).returncode == 5


def test_a_dead_kernel_fails_when_the_time_of_the_cell_is_over(tmp_path):
    assert "--nbval-cell-timeout 300" in NBVAL
    notebook(tmp_path / "notebooks" / "dead.ipynb", "import os\nos._exit(1)")
    result = compare(tmp_path, "--nbval-cell-timeout", "3")
    assert result.returncode == 1
    assert re.search("Timeout|dead|died", result.stdout)


def data(kind, content):
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def image(colour, size=(4, 4)):
    Image.new("RGB", size, colour).save(buffer := io.BytesIO(), "PNG")
    return data("png", buffer.getvalue())


def drawing(width):
    return data("svg+xml", f'<svg><path d="M0 0L{width} 0"/></svg>'.encode())


@pytest.mark.parametrize(
    ("stored", "shown", "code"),
    [
        pytest.param(image((9, 9, 9)), image((10, 9, 9)), 0, id="nearby-pixels"),
        pytest.param(image((9, 9, 9)), image((90, 9, 9)), 1, id="other-pixels"),
        pytest.param(image((9, 9, 9)), image((9, 9, 9), (4, 5)), 1, id="other-size"),
        pytest.param(drawing(42.378604), drawing(42.378607), 0, id="nearby-drawing"),
        pytest.param(drawing(42), drawing(43), 1, id="other-drawing"),
        pytest.param("one.png", "two.png", 1, id="other-text"),
    ],
)
def test_images_in_html_are_compared_by_what_they_show(tmp_path, stored, shown, code):
    source = f'from IPython.display import HTML\nHTML(\'<img alt="dots" src="{shown}">\')'
    data = {"text/html": f'<img alt="dots" src="{stored}">', "text/plain": "<IPython.core.display.HTML object>"}
    outputs = [nbformat.v4.new_output("execute_result", data=data, execution_count=1)]
    notebook(tmp_path / "notebooks" / "x.ipynb", source, outputs)
    assert compare(tmp_path).returncode == code
