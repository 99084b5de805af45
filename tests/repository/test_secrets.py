"""Nothing that is published holds a password: not the pages, not what their cells printed, not their parameters."""

from __future__ import annotations

import json
import re

import pytest
from book_fixture import ROOT

from diffusion_lib.runtime.fingerprint import PACKAGES
from pagekit.parameters import SECRET

TOKEN = re.compile(
    r"\b(hf_[A-Za-z0-9]{30,}|gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{40,}|pypi-[\w-]{60,}|AKIA[0-9A-Z]{16}\b"
    r"|sk-(proj-)?[A-Za-z0-9]{32,}|xox[abp]-[\w-]{20,})|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
FOLDERS = {
    "book": "*.md",
    "notebooks": "*.*",
    **dict.fromkeys(PACKAGES, "*.py"),
    ".github": "*.yml",
    "_build/html": "*.html",
}
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize(("folder", "files"), FOLDERS.items(), ids=FOLDERS)
def test_no_token_is_published(folder, files):
    """The pages that are built are looked at where they are there."""
    paths = [path for path in (ROOT / folder).rglob(files) if path.is_file()]
    assert paths or folder == "_build/html"
    for path in paths:
        found = TOKEN.search(path.read_text(encoding="utf-8", errors="replace"))
        assert not found, f"{path.relative_to(ROOT)} holds {found[0][:8]}…; revoke it, then remove it"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=[path.stem for path in NOTEBOOKS])
def test_no_parameter_is_a_secret(path):
    notebook = json.loads(path.read_text(encoding="utf-8"))
    names = set(notebook["metadata"].get("papermill", {}).get("parameters", {}))
    for cell in notebook["cells"]:
        if {"parameters", "injected-parameters"} & set(cell["metadata"].get("tags", [])):
            names |= set(re.findall(r"^(\w+) *=", "".join(cell["source"]), flags=re.M))
    assert [name for name in names if SECRET.search(name)] == []


@pytest.mark.parametrize(
    "text",
    ["hf_" + "aB3" * 11, "ghp_" + "x1" * 18, "AKIA" + "A1" * 8, "sk-" + "q9" * 24, "-----BEGIN RSA PRIVATE KEY-----"],
)
def test_a_token_is_recognised_and_a_hash_is_none(text):
    assert TOKEN.search(f'"token": "{text}"')
    assert not TOKEN.search(
        "a" * 64 + " half_float sk-estimator-doc-link ghp_ 133a221b8aa7292a167afc5127cb63fb5005638b"
    )
