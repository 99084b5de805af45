"""The search: what a reader means comes first, from a host and from the disk, by the keyboard alone."""

from __future__ import annotations

import json

import pytest
from browser import HTML, visit

MEANT = {  # a query, and the pages one of which must come first
    "ELBO": "variational-bound",
    "VLB": "variational-bound",
    "evidence lower bound": "variational-bound",
    "DDIM": "comparing-samplers ddpm-to-ddim",
    "SDE": "diffusion-sde",
    "ODE": "probability-flow",
    "CFG": "guidance",
    "classifier-free guidance": "guidance",
    "guidance": "guidance",
    "VAE": "vae",
    "KL": "kl-divergence",
    "closed form": "forward-process",
    "signal to noise": "loss-weighting noise-schedules",
    "zero terminal SNR": "what-later-models-changed",
    "LoRA": "lora-and-controlnet",
    "textual inversion": "lora-and-controlnet",
    "ControlNet": "lora-and-controlnet",
    "offset noise": "what-later-models-changed",
    "learned variance": "what-later-models-changed",
    "errata": "errata",
    "bits per dimension": "loss-weighting",
    "CLIP": "text-encoder",
    "U-Net": "unet-and-scheduler",
    "SGD": "sgd-vs-batch",
    "EMA": "first-model",
    "Stable Diffusion": "latent-pipeline",
    "reparameterization": "vae",
    "reparameterization trick": "vae",
    "vae loss": "vae",
    "FID": "first-model",
    "how to install": "running",
    "how do I install it": "running",
    "consistency model": "distillation",
    "img2img": "editing",
    "dreambooth": "lora-and-controlnet",
    "why divide by sqrt d": "diffusion-transformers",
    "what is the score": "score",
}


@pytest.fixture(scope="module")
def opened(chromium, served):
    page, heard = visit(chromium, f"{served.address}/book/vae.html")
    assert not [text for kind, text in heard if "search" in text]  # nothing of it is loaded before it is asked for
    page.keyboard.press("/")
    page.locator("dialog.search[open]").wait_for()
    yield page
    page.context.close()


@pytest.mark.parametrize("query", MEANT)
def test_what_is_meant_comes_first(opened, query):
    found = opened.evaluate("(query) => window.bookSearch.find(query)", query)
    assert found, query
    first = found[0]["address"].removeprefix("book/").split(".html")[0]
    assert first in MEANT[query].split(), [each["address"] for each in found[:5]]


def test_nonsense_finds_nothing(opened):
    assert opened.evaluate("() => window.bookSearch.find('zzqxv')") == []


def test_a_title_comes_before_text_and_text_before_code(opened):
    ranks = opened.evaluate(
        """async () => {
            const boosted = await window.bookSearch.find("telescop");
            return boosted.map((each) => [/telescop/i.test(each.heading), /telescop/i.test(each.text)]);
        }"""
    )
    assert ranks
    assert [title for title, _ in ranks] == sorted((title for title, _ in ranks), reverse=True)


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_the_keyboard_leads_from_any_page_to_a_section(chromium, served, scheme):
    origin = served.address if scheme == "http" else HTML.as_uri()
    page, heard = visit(chromium, f"{origin}/book/first-model.html")
    page.keyboard.press("/")
    page.locator("dialog.search input").wait_for()
    page.keyboard.type("Jensen")
    page.locator("dialog.search li a").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    wanted = page.evaluate("document.activeElement.href")
    assert wanted == page.locator("dialog.search li a").nth(1).evaluate("(link) => link.href")
    page.keyboard.press("Enter")
    page.wait_for_url(wanted)
    assert page.url.startswith(origin) and page.url.endswith(wanted.split("/")[-1])
    assert [text for kind, text in heard if kind in ("error", "warning")] == []
    page.context.close()


def test_escape_closes_and_gives_the_focus_back(chromium, served):
    page, _ = visit(chromium, f"{served.address}/book/vae.html")
    button = page.locator(".header-tools .search-open")
    button.click()
    page.locator("dialog.search[open]").wait_for()
    page.keyboard.press("Escape")
    assert page.locator("dialog.search[open]").count() == 0
    assert button.evaluate("(button) => button === document.activeElement")
    page.context.close()


def test_no_extract_shows_latex_and_every_address_exists():
    text = (HTML / "_static" / "search-index.js").read_text(encoding="utf-8")
    sections = json.loads(text.removeprefix("window.bookIndex = ").removesuffix(";\n"))["sections"]
    assert len(sections) > 100
    pages = {each["address"].split("#")[0] for each in sections}
    known = {page: (HTML / page).read_text(encoding="utf-8") for page in pages}
    for each in sections:
        assert each["heading"]
        assert not set("\\$") & set(each["heading"] + each["text"]), each["text"]
        page, _, anchor = each["address"].partition("#")
        assert not anchor or f'id="{anchor}"' in known[page], each["address"]
