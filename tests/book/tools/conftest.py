"""The theorems that certificates use, compiled once."""

from __future__ import annotations

import shutil

import pytest
from missing import missing
from root import ROOT

from booktools.certificates.check import build
from booktools.check.proofs import MISSING


@pytest.fixture(scope="session")
def theorems(tmp_path_factory):
    """A folder with the compiled theorems; what `make proofs` has compiled is taken over."""
    if shutil.which("coqc") is None:
        missing(MISSING)
    into = tmp_path_factory.mktemp("certificates")
    for path in (ROOT / "_build" / "certificates").glob("*.v*"):
        if not path.name.startswith("At_"):
            shutil.copy(path, into)
    build(ROOT, into)
    return into
