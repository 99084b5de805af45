"""One browser at a time: Playwright starts once in a process, and its loop ends with the module that needs it."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from missing import missing

from booktools.check import measure
from booktools.source.pages import BookError


@pytest.fixture(scope="module")
def chromium():
    with ExitStack() as stack:
        try:
            browser = stack.enter_context(measure.chromium())
        except BookError as error:
            missing(f"the pages and laboratories were NOT tested in a browser: {error}")
        yield browser
