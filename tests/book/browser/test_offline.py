"""A page that was seen once works whole without a network: laboratories, search, images, letters and style."""

from __future__ import annotations

import shutil

import pytest
from browser import DONE, HTML
from playwright.sync_api import Error

from booktools.check.serve import host

PAGES = ["noise-schedules", "laboratory", "vae", "cost"]  # one laboratory; all of them; many images; a page of prose
# What is said to be kept, and by now is: the page itself, its images, the search, and a script of each laboratory.
SETTLED = """async () => {
  const count = async () => (await (await caches.open("book")).keys()).length;
  for (let before = -1, quiet = 0; quiet < 8; await new Promise((done) => setTimeout(done, 50))) {
    const now = navigator.serviceWorker.controller ? await count() : 0;
    quiet = now && now === before ? quiet + 1 : 0;
    before = now;
  }
  return count();
}"""
# The laboratories that stay dead, and how many there are.
DEAD = """async () => {
  const blocks = [...document.querySelectorAll(".lab[data-kind]")];
  for (const block of blocks) {
    for (let fold = block.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    block.scrollIntoView();
    for (let i = 0; i < 200 && !block.lab; i++) await new Promise((done) => setTimeout(done, 25));
  }
  return [blocks.length, blocks.filter((each) => !each.lab).map((each) => each.id)];
}"""
BROKEN = """async () => {
  const images = [...document.images];
  for (const each of images) each.loading = "eager";
  await Promise.all(images.map((each) => each.decode().catch(() => {})));
  return [images.length, images.filter((each) => !each.naturalWidth).map((each) => each.src)];
}"""
MOST = 1_000_000  # bytes that are kept beyond what the page loads when it is opened


def seen(chromium, name: str, allowed: str = "allow"):
    """A page that was opened and not scrolled, its console, and the bytes that came after it; its host is gone."""
    page = chromium.new_context(service_workers=allowed).new_page()
    heard = []
    page.on("console", lambda note: note.type == "error" and heard.append(note.text))
    with host(HTML) as served:
        page.goto(f"{served.address}/book/{name}.html")
        page.evaluate(DONE)
        opened = served.sent
        if allowed == "allow":
            page.evaluate(SETTLED)
        return page, heard, served.sent - opened


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_was_seen_once_works_whole_without_a_network(chromium, name):
    page, heard, more = seen(chromium, name)
    assert more < MOST
    page.reload()
    blocks, dead = page.evaluate(DEAD)
    assert (name == "laboratory") <= (blocks > 20) and dead == []
    count, broken = page.evaluate(BROKEN)
    assert (name == "vae") <= (count > 5) and broken == []
    assert page.evaluate("document.styleSheets[0].cssRules.length") > 100
    page.keyboard.press("/")
    page.locator("dialog.search input").fill("guidance")
    page.locator("dialog.search li a").first.wait_for()
    assert heard == []
    page.context.close()


def test_without_the_worker_nothing_is_there(chromium):
    page, *_ = seen(chromium, "noise-schedules", "block")
    with pytest.raises(Error, match="ERR_"):
        page.reload()
    page.context.close()


KEPT = """async ([script, words]) => {
  const kept = async () => (await caches.match(new URL(script, location)))?.text();
  for (let i = 0; i < 100 && !(await kept())?.endsWith(words); i++) await new Promise((done) => setTimeout(done, 50));
  return (await kept())?.endsWith(words);
}"""


def test_a_new_build_replaces_what_was_kept(chromium, tmp_path):
    """Also what the page does not load by itself, such as the program of the search."""
    script = "_static/search.js"
    for name in ("book/noise-schedules.html", "offline.js", "_static/site.js", "_static/book.css", script):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(HTML / name, tmp_path / name)
    page = chromium.new_context().new_page()
    with host(tmp_path) as served:
        page.goto(f"{served.address}/book/noise-schedules.html")
        assert page.evaluate(KEPT, [f"../{script}", "})();\n"])
        with (tmp_path / script).open("a") as file:
            file.write("// the next build")
        page.reload()
        assert page.evaluate(KEPT, [f"../{script}", "// the next build"])
    page.context.close()
