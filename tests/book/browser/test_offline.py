"""A page that was seen once works without a network, with its letters, its style and its laboratories."""

from __future__ import annotations

import pytest
from browser import DONE, HTML
from playwright.sync_api import Error

from booktools.check.serve import host

KEPT = """async () => {
  const wanted = performance.getEntriesByType("resource").map((each) => each.name);
  for (let i = 0; i < 200; i++) {
    const kept = new Set((await (await caches.open("book")).keys()).map((each) => each.url));
    if (navigator.serviceWorker.controller && wanted.every((each) => kept.has(each))) return true;
    await new Promise((done) => setTimeout(done, 50));
  }
  return false;
}"""


@pytest.mark.parametrize("allowed", ["allow", "block"])
def test_a_page_that_was_seen_once_needs_no_network(chromium, allowed):
    page = chromium.new_context(service_workers=allowed).new_page()
    with host(HTML) as served:
        address = f"{served.address}/book/schedules.html"
        page.goto(address)
        page.evaluate(DONE)
        if allowed == "allow":
            assert page.evaluate(KEPT)
            page.locator("#lab-schedule").scroll_into_view_if_needed()
            page.locator("#lab-schedule[data-live]").wait_for()
            assert page.evaluate(KEPT)
    if allowed == "block":  # what the test would see without the worker
        with pytest.raises(Error, match="ERR_"):
            page.reload()
        return
    page.reload()
    assert page.locator("h1").inner_text().startswith("Schedules")
    assert page.evaluate("document.styleSheets[0].cssRules.length") > 100
    page.locator("#lab-schedule").scroll_into_view_if_needed()
    page.locator("#lab-schedule[data-live]").wait_for()
    page.context.close()
