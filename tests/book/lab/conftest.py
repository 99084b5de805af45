"""The modules of the laboratories in a browser, on a page that may load nothing else: no built page is needed."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack

import pytest

from booktools.check import measure
from booktools.check.serve import host
from booktools.lab.directive import FOLDER
from booktools.site.extension import POLICY
from booktools.source.pages import BookError

SAFE = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
PAGE = f'<!DOCTYPE html><meta charset="utf-8">{SAFE}<title>modules</title>'


@pytest.fixture(scope="session")
def modules(tmp_path_factory):
    """``modules(path, expression)``: what ``expression``, a JavaScript function of the module at ``path``, returns."""
    folder = tmp_path_factory.mktemp("modules")
    shutil.copytree(FOLDER, folder / "lab")
    (folder / "index.html").write_text(PAGE)
    with ExitStack() as stack:
        try:
            browser = stack.enter_context(measure.chromium())
        except BookError as error:
            message = f"the laboratories were NOT tested in a browser: {error}"
            pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
        address = stack.enter_context(host(folder)).address
        page = browser.new_page()
        page.goto(f"{address}/index.html")

        def ask(path: str, expression: str, given: object = None) -> object:
            return page.evaluate(f"async (given) => (({expression})(await import('/lab/{path}'), given))", given)

        yield ask
