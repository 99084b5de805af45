"""The modules of the laboratories in a browser, on a page that may load nothing else: no built page is needed."""

from __future__ import annotations

import shutil

import pytest
from missing import missing

from booktools.check.serve import host
from booktools.lab import pack
from booktools.lab.directive import FOLDER
from booktools.site.extension import POLICY
from booktools.source.pages import BookError

SAFE = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
PAGE = f'<!DOCTYPE html><meta charset="utf-8">{SAFE}<title>modules</title>'


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """What the page of ``modules`` may load."""
    made = tmp_path_factory.mktemp("modules")
    shutil.copytree(FOLDER, made / "lab")
    (made / "index.html").write_text(PAGE)
    return made


@pytest.fixture(scope="module")
def modules(chromium, folder):
    """``modules(path, expression)``: what ``expression``, a JavaScript function of the module at ``path``, returns."""
    with host(folder) as server:
        address = server.address
        page = chromium.new_page()
        page.goto(f"{address}/index.html")

        def ask(path: str, expression: str, given: object = None) -> object:
            return page.evaluate(f"async (given) => (({expression})(await import('/lab/{path}'), given))", given)

        yield ask


@pytest.fixture(scope="module")
def python(folder, modules):
    """``python(requests)``: what the library, in a worker of the page, answers to a list of requests."""
    try:
        pack.install(folder / "lab" / "made" / "vendor" / "pyodide")
    except BookError as error:
        missing(f"the library was NOT tested in a browser: {error}")
    ask = """async (module, requests) => {
      window.bookDesk ??= module.desk(new URL("/lab/made/vendor/pyodide/", location).href);
      const told = [];
      for (const request of requests) told.push(await window.bookDesk.ask(request, 300));
      return told;
    }"""
    return lambda requests: modules("shell/python.js", ask, requests)
