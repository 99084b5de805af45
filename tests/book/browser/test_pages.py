"""The built pages in headless Chromium: nothing from other hosts, no console errors, formulas set, no overflow, axe."""

from __future__ import annotations

import re

import pytest
from browser import DESK, DRAWN, EACH, HTML, PAGES, PHONE, violations, visit

WAYS = [("light", DESK), ("light", PHONE), ("dark", PHONE), ("dark", DESK)]  # each differs from the last in one thing
NARROWEST = 320  # of the phones in use
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
# By axe, too: all once, then what other colours or another width can change.
JUDGED = [("dark", DESK, "all"), ("light", DESK, "colours"), ("light", PHONE, "layout")]
# Of the formulas, and of the words of code, that stand in the same surroundings and look alike, one is judged.
THIN = """() => {
    const known = new Set();
    const path = (e) => e ? `${path(e.parentElement)}/${e.localName}.${e.className}` : "";
    for (const each of document.querySelectorAll("math, pre span")) {
        const kind = path(each);
        if (known.has(kind) && (each.localName === "math" || !each.children.length)) each.replaceWith(each.textContent);
        known.add(kind);
    }
}"""
LOOK = r"""() => {
    const all = (selector) => [...document.querySelectorAll(selector)];
    const root = document.documentElement;
    const extra = root.scrollWidth - root.clientWidth;
    const box = (e) => e.getBoundingClientRect();
    const shown = all("math").filter(e => box(e).width && !e.closest("table"));
    const column = (e) => box(e.closest(".bd-article") || document.body);
    const over = shown.filter(e => box(e).right > column(e).right + 1 || box(e).left < column(e).left - 1);
    const beside = (e) => e.closest(".right") && e.closest(".row").querySelector(".beside");
    const onJustification = shown.filter(e => beside(e) && innerWidth > 1000 && box(e).right > box(beside(e)).left);
    const picture = (e) => box(e.ownerSVGElement);
    const cut = all("svg text").filter(e => box(e).width && getComputedStyle(e.ownerSVGElement).overflow !== "visible"
        && (box(e).left < picture(e).left - 1 || box(e).right > picture(e).right + 1));
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const raw = [];
    while (texts.nextNode()) {
        const found = texts.currentNode.data.match(/\\[([a-zA-Z][^]{0,30}|\$[^$\s][^$]*\$/);
        if (found && !texts.currentNode.parentElement.closest("pre, code, script, style")) raw.push(found[0]);
    }
    return {
        "formulas wider than their column": over.map(e => e.textContent.slice(0, 40)),
        "formulas that reach into the justifications": onJustification.map(e => e.textContent.slice(0, 40)),
        "formulas with an error": all("merror").map(e => e.textContent),
        "formulas that are not set": raw,
        "words that leave their picture": cut.map(e => e.textContent.slice(0, 40)),
        "pictures without a text": all("img").filter(e => !e.alt.trim()).map(e => e.src.slice(0, 80)),
        "pictures that do not load": all("img").filter(e => e.complete && !e.naturalWidth).map(e => e.src.slice(0, 80)),
        "pixels wider than the window": extra > 0 ? [extra] : [],
        "theme": root.dataset.theme,
    };
}"""
# What a fold holds has a width while it is closed, but not the one that a reader sees.
UNFOLDED = "document.querySelectorAll('details.how:has(.derivation)').forEach(each => { each.open = true })"
OPENED = """() => [...document.querySelectorAll("details.justification")].filter(each => {
    each.open = true;  // which closes the one before
    const rule = each.querySelector(".rule"), box = rule.getBoundingClientRect();
    const fold = each.parentElement.closest("details:not([open])");
    const column = each.closest(".bd-article").getBoundingClientRect();
    const legible = box.width > 150 && box.left >= column.left && box.right <= column.right + 1;
    return !fold && !(legible && rule.innerText.includes("one may"));
}).map(each => each.textContent)"""


def faults(browser, origin, name, ways):
    """What is wrong with one page, as a list of texts; it is opened in the first way and changed to the others."""
    page, heard = visit(browser, f"{origin}/{name}", *ways[0])
    found = missed(page, name, ways[0][1])
    page.evaluate(UNFOLDED)
    for theme, size in ways:
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.evaluate(DRAWN)
        seen = page.evaluate(LOOK)
        wrong = [] if seen.pop("theme") == theme else [f"the theme is not {theme}"]
        wrong += [f"{what}: {which}" for what, which in seen.items() if which]
        found += [f"{name} ({theme}, {size[0]} px): {text}" for text in wrong]
    page.set_viewport_size({"width": NARROWEST, "height": 700})
    page.evaluate(DRAWN)
    if (wide := page.evaluate(WIDER)) > 0:
        found.append(f"{name} ({NARROWEST} px): {wide} pixels wider than the window")
    if origin.startswith("http"):  # from the disk, axe may not read the sheet
        page.wait_for_load_state("networkidle")  # half a second, in which a late request would show
        found += [f"{name}: axe: {text}" for text in judged(page)]
    else:
        found += [f"{name}: {text}" for text in folded(page)]
    page.context.close()
    asked = [text for kind, text in heard if kind == "request" and _leaves(text, origin)]
    found += [f"{name}: request to another host: {text}" for text in asked]
    found += [f"{name}: console {kind}: {text}" for kind, text in heard if kind in ("error", "warning")]
    return found


def missed(page, name, size):
    """The step that the address names, if the page does not show it."""
    _, _, anchor = name.partition("#")
    if not anchor:
        return []
    page.wait_for_function("scrollY > 0")
    y = page.locator(f'[id="{anchor}"]').bounding_box()["y"]
    return [] if 0 < y < size[1] else [f"{name} is {y} px below the top of the window"]


def folded(page):
    """The justifications that do not open in place, legibly, on phone and desk."""
    page.evaluate("document.querySelectorAll('details.solution').forEach(each => { each.open = true })")
    found = []
    for width, height in (PHONE, DESK):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(DRAWN)
        found += [f"at {width} px this justification does not open in place: {text}" for text in page.evaluate(OPENED)]
    return found


def judged(page):
    """What axe finds in the ways ``JUDGED``."""
    page.evaluate(THIN)
    found = []
    for theme, size, asked in JUDGED:
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.evaluate(DRAWN)
        found += [f"{theme}, {size[0]} px: {text}" for text in violations(page, asked)]
    return found


def _leaves(address, origin):
    return not address.startswith((f"{origin}/", "data:", "blob:"))


@pytest.mark.parametrize("name", EACH)
def test_a_page_is_complete_offline_in_both_themes_on_desk_and_phone(chromium, served, name):
    assert faults(chromium, served.address, name, WAYS) == []


@pytest.mark.parametrize("name", EACH)
def test_a_page_from_the_disk_is_complete_and_shows_the_step_that_is_linked(chromium, name):
    """As a reader in the dark on a phone opens it; how it looks in other ways has nothing to do with the disk.

    That each link has its anchor is seen by the build; one is followed here, to the step farthest down.
    """
    last = re.findall(r'id="(eq-[^"]+)"', (HTML / name).read_text(encoding="utf-8"))[-1:]
    assert faults(chromium, HTML.as_uri(), "#".join([name, *last]), [WAYS[2]]) == []


def test_there_are_steps_and_justifications_to_look_at():
    texts = [(HTML / name).read_text(encoding="utf-8") for name in PAGES]
    assert sum(text.count('class="justification"') for text in texts) > 300
    assert sum('id="eq-' in text for text in texts) > 10


LONG = "<math><mi>exponential</mi></math>"
WIDE = '<p style="width: 600px">wide</p>'
FOLD = '<div class="bd-article"><details class="justification"><div class="rule"{}>{}</div></details></div>'


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<p>fine</p>", ""),
        ('<img alt="a" src="http://127.0.0.1:9/x.png">', "request to another host"),
        ("<script>console.error('broken')</script>", "console error: broken"),
        ("<script>throw Error('broken')</script>", "broken"),
        ("<math><merror><mi>x</mi></merror></math>", "formulas with an error"),
        ("<p>so \\(x\\)</p>", "formulas that are not set"),
        ("<p>so $x_t$</p>", "formulas that are not set"),
        ("<pre>$x_t$</pre><p>5 $ and 6 $</p>", ""),
        (f'<div style="width: 20px; overflow: hidden" class="bd-article">{LONG}</div>', "wider than their column"),
        (f'<div class="row"><p class="right">{LONG}<p class="beside" style="width: 9px">', "into the justifications"),
        ('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">', "pictures without a text"),
        (WIDE, "pixels wider than the window"),
        ('<svg width="99" height="20"><text x="50" y="15">in</text></svg>', ""),
        ('<svg width="99" height="20"><text x="50" y="15">out of it</text></svg>', "words that leave their picture"),
        (FOLD.format("", "one may"), ""),
        (FOLD.format("", "a rule"), "does not open in place"),
        (FOLD.format(' style="width: 99px"', "one may"), "does not open in place"),
        ("<script>document.documentElement.dataset.theme = 'dark'</script>", "theme"),
    ],
)
def test_the_look_finds_planted_faults(chromium, tmp_path, body, words):
    head = '<html data-theme="light"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    (tmp_path / "page.html").write_text(f"<!doctype html>{head}<link rel=icon href=data:,>{body}", encoding="utf-8")
    found = faults(chromium, tmp_path.as_uri(), "page.html", WAYS[:2])
    assert words in " ".join(found) if words else found == []
