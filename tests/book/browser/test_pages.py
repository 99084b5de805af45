"""The built pages in headless Chromium: nothing from other hosts, no console errors, every formula set, no overflow."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from browser import DESK, DRAWN, HTML, PAGES, PHONE, visit

WAYS = [("light", DESK), ("light", PHONE), ("dark", PHONE), ("dark", DESK)]  # each differs from the last in one thing
LOOK = """() => {
    const all = (selector) => [...document.querySelectorAll(selector)];
    const root = document.documentElement;
    const extra = root.scrollWidth - root.clientWidth;
    const unset = all(".math").filter(e => !e.querySelector("mjx-container"));
    const left = (e) => e.getBoundingClientRect().left;
    const cut = all(".math > mjx-container").filter(e => left(e) < left(e.parentElement) - 1);
    return {
        "formulas whose start is out of reach": cut.map(e => e.textContent.slice(0, 40)),
        "formulas with an error": all("mjx-merror, [data-mjx-error]").map(e => e.title || e.textContent),
        "formulas that are not set": unset.map(e => e.textContent),
        "pictures without a text": all("img").filter(e => !e.alt.trim()).map(e => e.src.slice(0, 80)),
        "pictures that do not load": all("img").filter(e => e.complete && !e.naturalWidth).map(e => e.src.slice(0, 80)),
        "pixels wider than the window": extra > 0 ? [extra] : [],
        "theme": root.dataset.theme,
    };
}"""


def faults(browser, origin, name, ways):
    """What is wrong with one page, as a list of texts; it is opened in the first way and changed to the others."""
    page, heard = visit(browser, f"{origin}/{name}", *ways[0])
    found = []
    for theme, size in ways:
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.evaluate(DRAWN)
        seen = page.evaluate(LOOK)
        wrong = [] if seen.pop("theme") == theme else [f"the theme is not {theme}"]
        wrong += [f"{what}: {which}" for what, which in seen.items() if which]
        found += [f"{name} ({theme}, {size[0]} px): {text}" for text in wrong]
    if origin.startswith("http"):
        page.wait_for_load_state("networkidle")  # half a second, in which a late request would show
    page.context.close()
    asked = [text for kind, text in heard if kind == "request" and _leaves(text, origin)]
    found += [f"{name}: request to another host: {text}" for text in asked]
    found += [f"{name}: console {kind}: {text}" for kind, text in heard if kind in ("error", "warning")]
    return found


def _leaves(address, origin):
    return not address.startswith((f"{origin}/", "data:", "blob:"))


def test_links_to_steps_arrive_at_an_equation_in_view(chromium):
    wanted, anchors = set(), set()
    for name in PAGES:
        address = f"{HTML.as_uri()}/{name}"
        last = re.findall(r"\\tag\{(.+?)\}", (HTML / name).read_text(encoding="utf-8"))[-1:]
        page, _ = visit(chromium, address + "".join(f"#mjx-eqn:{tag}" for tag in last))
        links = page.eval_on_selector_all('a[href*="#mjx-eqn"]', "links => links.map(link => link.href)")
        ids = page.eval_on_selector_all('[id^="mjx-eqn"]', "nodes => nodes.map(node => node.id)")
        wanted |= {unquote(link) for link in links}
        anchors |= {unquote(f"{address}#{anchor}") for anchor in ids}
        for tag in last:  # all steps of a page are found alike, so the one farthest down is enough
            assert 0 < page.locator(f'[id="mjx-eqn:{tag}"]').bounding_box()["y"] < DESK[1], page.url
        page.context.close()
    assert wanted
    assert wanted - anchors == set()


@pytest.mark.parametrize("scheme", ["http", "file"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_complete_offline_in_both_themes_on_desk_and_phone(chromium, serve, name, scheme):
    if scheme == "http":
        origin, ways = serve(HTML), WAYS
    else:  # opened as a reader in the dark on a phone does
        origin, ways = HTML.as_uri(), WAYS[2:] + WAYS[:2]
    assert faults(chromium, origin, name, ways) == []


REVERSED = "display: flex; flex-direction: row-reverse; overflow: auto; width: 100px"
WIDE = '<p style="width: 600px">wide</p>'


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<p>fine</p>", ""),
        ('<img alt="a" src="http://127.0.0.1:9/x.png">', "request to another host"),
        ("<script>console.error('broken')</script>", "console error: broken"),
        ("<script>throw Error('broken')</script>", "broken"),
        ("<mjx-merror>x</mjx-merror>", "formulas with an error"),
        ('<div class="math">\\(x\\)</div>', "formulas that are not set"),
        (f'<p class="math" style="{REVERSED}"><mjx-container style="min-width: 300px">', "start is out of reach"),
        ('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">', "pictures without a text"),
        (WIDE, "pixels wider than the window"),
        ("<script>document.documentElement.dataset.theme = 'dark'</script>", "theme"),
    ],
)
def test_the_look_finds_planted_faults(chromium, tmp_path, body, words):
    head = '<html data-theme="light"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    (tmp_path / "page.html").write_text(f"<!doctype html>{head}<link rel=icon href=data:,>{body}", encoding="utf-8")
    found = faults(chromium, tmp_path.as_uri(), "page.html", WAYS[:2])
    assert words in " ".join(found) if words else found == []
