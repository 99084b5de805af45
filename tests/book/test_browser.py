"""The built pages in headless Chromium: nothing from other hosts, no console errors, every formula set, no overflow."""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import threading
from pathlib import Path
from urllib.parse import unquote

import pytest
from root import ROOT

from booktools.source.pages import Book

HTML = ROOT / "_build" / "html"
PAGES = [f"{name}.html" for name in Book(ROOT).pages]
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
DESK, PHONE = (1280, 900), (390, 844)
WAYS = [("light", DESK), ("light", PHONE), ("dark", PHONE), ("dark", DESK)]  # each differs from the last in one thing
LOOK = r"""() => {
    const all = (selector) => [...document.querySelectorAll(selector)];
    const root = document.documentElement;
    const extra = root.scrollWidth - root.clientWidth;
    const box = (e) => e.getBoundingClientRect();
    const shown = all("math").filter(e => box(e).width && !e.closest("table, [class*=sidebar]"));
    const column = (e) => box(e.closest(".bd-article") || document.body);
    const over = shown.filter(e => box(e).right > column(e).right + 1 || box(e).left < column(e).left - 1);
    const beside = (e) => e.closest(".right") && e.closest(".row").querySelector(".beside");
    const onLicence = shown.filter(e => beside(e) && innerWidth > 1000 && box(e).right > box(beside(e)).left);
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const raw = [];
    while (texts.nextNode()) {
        const found = texts.currentNode.data.match(/\\[([a-zA-Z][^]{0,30}|\$[^$\s][^$]*\$/);
        if (found && !texts.currentNode.parentElement.closest("pre, code, script, style")) raw.push(found[0]);
    }
    const below = (e) => e.getBoundingClientRect().bottom > e.closest(".admonition").getBoundingClientRect().bottom + 1;
    return {
        "formulas wider than their column": over.map(e => e.textContent.slice(0, 40)),
        "formulas that reach into the licences": onLicence.map(e => e.textContent.slice(0, 40)),
        "buttons that lie outside of what they open": all(".admonition .toggle-button").filter(below).map(e => e.id),
        "formulas with an error": all("merror").map(e => e.textContent),
        "formulas that are not set": raw,
        "pictures without a text": all("img").filter(e => !e.alt.trim()).map(e => e.src.slice(0, 80)),
        "pictures that do not load": all("img").filter(e => e.complete && !e.naturalWidth).map(e => e.src.slice(0, 80)),
        "pixels wider than the window": extra > 0 ? [extra] : [],
        "theme": root.dataset.theme,
    };
}"""
DONE = "() => document.fonts.ready.then(() => true)"
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def chromium():
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        message = "no chromium: the pages were NOT tested in a browser; install Debian's package `chromium`"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def serve():
    """Serve a folder on a port of this machine; the answer is its address."""
    servers = []

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    def start(folder: Path) -> str:
        servers.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder)))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def visit(browser, address, theme="light", size=DESK):
    """Open a page, wait for its fonts; return the page, and what it asked for and complained about."""
    page = browser.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=theme).new_page()
    heard = []
    page.on("request", lambda request: heard.append(("request", request.url)))
    page.on("console", lambda note: heard.append((note.type, note.text)))
    page.on("pageerror", lambda error: heard.append(("error", str(error))))
    page.goto(address)
    page.evaluate(DONE)
    return page, heard


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
        last = re.findall(r'id="(eq-[^"]+)"', (HTML / name).read_text(encoding="utf-8"))[-1:]
        page, _ = visit(chromium, address + "".join(f"#{anchor}" for anchor in last))
        links = page.eval_on_selector_all('a[href*="#eq-"]', "links => links.map(link => link.href)")
        ids = page.eval_on_selector_all('[id^="eq-"]', "nodes => nodes.map(node => node.id)")
        wanted |= {unquote(link) for link in links}
        anchors |= {unquote(f"{address}#{anchor}") for anchor in ids}
        for anchor in last:  # all steps of a page are found alike, so the one farthest down is enough
            page.wait_for_function("scrollY > 0")
            assert 0 < page.locator(f'[id="{anchor}"]').bounding_box()["y"] < DESK[1], page.url
        page.context.close()
    assert wanted
    assert wanted - anchors == set()


UNFOLD = """() => {
    document.querySelectorAll(".toggle-hidden").forEach(each => each.classList.remove("toggle-hidden"));
    document.querySelectorAll("details.count").forEach(each => { each.open = true; });
}"""
OPENED = """() => [...document.querySelectorAll("details.licence")].filter(each => {
    each.open = true;  // which closes the one before
    const rule = each.querySelector(".rule"), box = rule.getBoundingClientRect();
    const fold = each.parentElement.closest("details:not([open])");
    const column = each.closest(".bd-article").getBoundingClientRect();
    const legible = box.width > 150 && box.left >= column.left && box.right <= column.right + 1;
    return !fold && !(legible && rule.innerText.includes("one may"));
}).map(each => each.textContent)"""


def test_every_licence_opens_in_place(chromium):
    seen = 0
    for name in PAGES:
        if 'class="licence"' not in (HTML / name).read_text(encoding="utf-8"):
            continue
        page, _ = visit(chromium, f"{HTML.as_uri()}/{name}")
        page.evaluate(UNFOLD)
        for width, height in (DESK, PHONE):
            page.set_viewport_size({"width": width, "height": height})
            page.evaluate(DRAWN)
            assert page.evaluate(OPENED) == [], (name, width)
        seen += page.locator("details.licence").count()
        page.context.close()
    assert seen > 300


def test_a_licence_opens_by_key_beside_its_line_and_closes_by_escape(chromium):
    page, _ = visit(chromium, f"{HTML.as_uri()}/book/forward-process.html")
    first, second = page.locator("details.licence").nth(0), page.locator("details.licence").nth(1)
    height = page.evaluate("document.documentElement.scrollHeight")
    first.locator("summary").focus()
    page.keyboard.press("Enter")
    assert first.locator(".rule").is_visible()
    assert page.evaluate("document.documentElement.scrollHeight") == height, "what stands below must not move"
    second.locator("summary").click()
    assert second.locator(".rule").is_visible() and not first.locator(".rule").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("details.licence[open]").count() == 0
    assert page.evaluate("document.activeElement.textContent") == second.locator("summary").inner_text()
    page.context.close()


WIDTHS = """() => [...document.querySelectorAll("math[style]")].filter(each => each.checkVisibility()).map(each =>
    [each.getBoundingClientRect().width / parseFloat(getComputedStyle(each).fontSize),
     parseFloat(each.style.getPropertyValue("--w")), each.textContent])"""


def test_the_widths_that_pages_tell_are_those_that_are_drawn(chromium):
    page, _ = visit(chromium, f"{HTML.as_uri()}/book/score-and-samplers.html")
    told = page.evaluate(WIDTHS)
    assert len(told) > 20
    assert [each for each in told if not 0.9 < each[0] / each[1] < 1.04] == []
    page.context.close()


def test_every_slider_shows_one_picture_and_follows_the_keyboard_and_the_mouse(chromium):
    names = [name for name in PAGES if '<figure class="frames' in (HTML / name).read_text(encoding="utf-8")]
    assert names
    for name in names:
        page, _ = visit(chromium, f"{HTML.as_uri()}/{name}", size=PHONE)
        for slider in page.locator("figure.frames").all():
            frames, knob = slider.locator(".frames-frame").all(), slider.locator("input[type=range]")
            knob.focus()
            for shown in range(len(frames)):
                assert [frame.is_visible() for frame in frames] == [frame == shown for frame in range(len(frames))]
                assert knob.get_attribute("aria-valuetext") == frames[shown].locator("span").inner_text(), name
                page.keyboard.press("ArrowRight")
            page.keyboard.press("Home")
            knob.scroll_into_view_if_needed()
            box = knob.bounding_box()
            half = box["height"] / 4  # of the thumb, whose middle moves between the two ends
            at = [box["x"] + half + share * (box["width"] - 2 * half) for share in (0, 0.7)]
            page.mouse.move(at[0], middle := box["y"] + box["height"] / 2)
            page.mouse.down()
            page.mouse.move(at[1], middle, steps=5)
            page.mouse.up()
            wanted = round(0.7 * (len(frames) - 1))
            assert [frame.is_visible() for frame in frames].index(True) == wanted, name
        page.context.close()


def test_a_slider_works_without_a_script(chromium):
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.goto(f"{HTML.as_uri()}/book/toy-ddpm.html")
    slider = page.locator("figure.frames").first
    slider.locator(".frames-input").nth(2).check()
    assert slider.locator(".frames-frame").nth(2).is_visible()
    assert page.locator("details.how summary").first.is_visible() and page.locator(".code-switch").is_hidden()
    page.context.close()


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_one_switch_shows_all_code_and_is_remembered_before_the_page_is_painted(chromium, serve, scheme):
    origin = serve(HTML) if scheme == "http" else HTML.as_uri()
    page, heard = visit(chromium, f"{origin}/book/forward-process.html")
    folds, switch = page.locator("details.how"), page.locator(".code-switch")
    assert folds.count() > 20 and page.locator("details.how[open]").count() == 0
    assert (switch.inner_text(), switch.get_attribute("aria-pressed")) == ("Show all code", "false")
    switch.focus()
    page.keyboard.press("Enter")
    assert page.locator("details.how[open]").count() == folds.count()
    assert (switch.inner_text(), switch.get_attribute("aria-pressed")) == ("Hide all code", "true")
    page.add_init_script(
        "new PerformanceObserver(list => list.getEntries().forEach(each => window.shifted = (window.shifted || 0)"
        " + each.value)).observe({ type: 'layout-shift', buffered: true })"
    )
    page.goto(f"{origin}/book/toy-ddpm.html")
    page.evaluate(DONE)
    page.evaluate(DRAWN)
    assert page.locator("details.how:not([open])").count() == 0 and switch.get_attribute("aria-pressed") == "true"
    assert page.evaluate("window.shifted || 0") <= 0.05
    switch.click()
    page.reload()
    assert page.locator("details.how[open]").count() == 0
    assert [text for kind, text in heard if kind == "error"] == []
    page.context.close()


def test_the_switch_works_where_nothing_can_be_remembered(chromium):
    page = chromium.new_context().new_page()
    heard = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw Error('forbidden') } })")
    page.goto(f"{HTML.as_uri()}/book/intro.html")
    page.locator(".code-switch").click()
    assert page.locator("details.how:not([open])").count() == 0
    assert [text for text in heard if "site.js" in text] == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_search_works_offline(chromium, serve, scheme):
    origin = serve(HTML) if scheme == "http" else HTML.as_uri()
    page, heard = visit(chromium, f"{origin}/search.html?q=diffusion")
    page.locator("#search-results li a").first.wait_for()
    page.wait_for_timeout(300)
    assert [text for kind, text in heard if kind in ("error", "warning")] == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["http", "file"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_complete_offline_in_both_themes_on_desk_and_phone(chromium, serve, name, scheme):
    if scheme == "http":
        origin, ways = serve(HTML), WAYS
    else:  # opened as a reader in the dark on a phone does
        origin, ways = HTML.as_uri(), WAYS[2:] + WAYS[:2]
    assert faults(chromium, origin, name, ways) == []


LONG = "<math><mi>exponential</mi></math>"
SUNK = '<div class="admonition" style="height: 9px"><button class="toggle-button" id="b" style="margin: 20px">'
WIDE = '<p style="width: 600px">wide</p>'


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
        (f'<div class="row"><p class="right">{LONG}<p class="beside" style="width: 9px">', "into the licences"),
        ('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA=">', "pictures without a text"),
        (SUNK, "outside of what they open"),
        (WIDE, "pixels wider than the window"),
        ("<script>document.documentElement.dataset.theme = 'dark'</script>", "theme"),
    ],
)
def test_the_look_finds_planted_faults(chromium, tmp_path, body, words):
    head = '<html data-theme="light"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    (tmp_path / "page.html").write_text(f"<!doctype html>{head}<link rel=icon href=data:,>{body}", encoding="utf-8")
    found = faults(chromium, tmp_path.as_uri(), "page.html", WAYS[:2])
    assert words in " ".join(found) if words else found == []
