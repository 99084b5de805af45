"""A browser and a host for the tests of the built pages; without a browser they skip, or fail where CI is set."""

from __future__ import annotations

import os
from contextlib import ExitStack

import pytest

from booktools.check import measure
from booktools.check.serve import host
from booktools.source.pages import BookError


@pytest.fixture(scope="module")
def chromium():
    with ExitStack() as stack:
        try:
            browser = stack.enter_context(measure.chromium())
        except BookError as error:
            message = f"the pages were NOT tested in a browser: {error}"
            pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
        yield browser


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
