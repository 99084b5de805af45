"""A host for the tests of the built pages."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from booktools.check.serve import host


@pytest.fixture(scope="module")
def serve():
    """Serve a folder on a port of this machine; the answer is its address."""
    with ExitStack() as stack:
        yield lambda folder: stack.enter_context(host(folder)).address


@pytest.fixture(scope="module")
def served():
    """The built pages on a host that counts what it sends."""
    from browser import HTML

    with host(HTML) as server:
        yield server
