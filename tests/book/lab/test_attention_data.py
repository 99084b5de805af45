"""Attention and channels on their own: maps and pictures are Python's, and what the blocks say is so."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from miniature import DRIVE, stand

from booktools.check.serve import host
from booktools.lab import data
from booktools.lab.given import picture
from diffusion_lib.stable_diffusion.autoencoder import latents_to_pil
from diffusion_lib.stable_diffusion.parts import load
from diffusion_lib.stable_diffusion.pipeline import generate

CANVAS = """() => { const canvas = document.querySelector(".lab-pair figure:last-child canvas");
    return [...canvas.getContext("2d").getImageData(0, 0, 128, 128).data]; }"""
NOW = "() => document.querySelector('.lab-pair figure:last-child:not(.waits)') && ASKED".replace(
    "ASKED", "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
)


@pytest.fixture(scope="module")
def parts():
    return load("miniature", device="cpu")


@pytest.fixture(scope="module")
def opened(tmp_path_factory, chromium):
    """``opened(kind)``: a page with one laboratory, alive, and the host that serves it."""
    hosts = []

    def open_(kind):
        folder = tmp_path_factory.mktemp(kind)
        stand(folder, kind)
        hosts.append(host(folder))
        server, page = hosts[-1].__enter__(), chromium.new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.goto(f"{server.address}/index.html")
        page.wait_for_load_state("networkidle")
        return page, server

    yield open_
    for each in hosts:
        each.__exit__(None, None, None)


def said(page, words: str | re.Pattern) -> None:
    page.locator(".lab-said", has_text=words).wait_for(timeout=60_000)


def test_a_channel_is_decoded_as_in_python(opened, parts):
    """Also after a download that was lost; and no other network is loaded."""
    page, server = opened("decode")
    told, before = data.of("decode"), server.sent
    assert page.inner_text("[name=load]") == f"Load the decoder ({told['megabytes']} MB)"
    page.route("**/decoder.safetensors.gz", lambda route: route.abort())
    page.click("[name=load]")
    said(page, "did not arrive whole")
    page.unroute("**/decoder.safetensors.gz")
    page.click("[name=load]")
    page.wait_for_selector("[name=load]", state="hidden", timeout=60_000)
    assert (server.sent - before) / 1e6 < 1.7 * told["megabytes"]  # what came before the loss, again
    latents = torch.tensor(told["latents"]).view(told["network"]["latents"])
    (plain,) = latents_to_pil(parts.vae, latents[None])
    for channel, gain in ((6, -1.0), (2, 0.0), (4, 2.5), (8, 1.0)):
        page.select_option("[name=channel]", str(channel))
        page.locator("[name=gain]").fill(str(gain))
        said(page, f"Channel {channel} times {gain:.1f}:".replace("-", "−"))
        page.wait_for_function(NOW)
        turned = latents.clone()
        turned[channel - 1] *= gain
        (ours,) = latents_to_pil(parts.vae, turned[None])
        shown = np.array(page.evaluate(CANVAS)).reshape(128, 128, 4)[..., :3]
        assert np.abs(shown - np.asarray(ours, dtype=int)).max() <= 1
        apart = float(re.search(r"by ([\d.]+) grey", page.inner_text(".lab-said"))[1])
        assert apart == pytest.approx(np.abs(np.int16(ours) - np.int16(plain)).mean(), abs=0.1)
    assert apart == 0  # a gain of 1
    assert page.errors == []


def test_before_the_decoder_is_loaded_another_channel_is_shown_as_python_decoded_it(opened):
    page, server = opened("decode")
    told, before = data.of("decode"), server.sent
    image = page.locator(".lab-pair figure:last-child img")
    first = image.get_attribute("src")
    for channel in (2, 5, 6):
        page.select_option("[name=channel]", str(channel))
        page.wait_for_function(NOW)
        apart = f"the decoded image differs from the generated one by {told['changes'][channel - 1]:.1f}"
        said(page, f"Channel {channel} times −1.0: {apart}")
        shown = image.get_attribute("src")
        assert shown == first if channel == 6 else shown.endswith(told["small"][channel - 1])
    page.locator("[name=gain]").fill("0")
    said(page, "The controls are set to channel 6 times 0.0. The button loads the decoder")
    assert server.sent == before


def test_what_the_block_of_channels_says(parts):
    told = data.of("decode")
    (made,) = generate(parts, picture.FIRST["prompt"], seed=picture.FIRST["seed"])
    torch.testing.assert_close(torch.tensor(told["latents"]), made.latents.flatten(), rtol=0, atol=1e-4)
    assert told["changes"] == pytest.approx(picture.negated(parts, made.latents), abs=0.01)
    assert [k for k, change in enumerate(told["changes"], 1) if change < 0.1] == [1, 3]
    assert max(told["changes"]) == told["changes"][6 - 1]


def test_the_maps_that_are_shipped_are_those_of_the_page(opened):
    """One is from Python and rounded, the other from the networks in the page."""
    page, _ = opened("attention")
    page.goto(page.url.replace("index", "bare"))
    told, ours = data.of("attention"), {}
    made = page.evaluate(DRIVE, ["make", told["begins"]])
    for step in made["steps"]:
        ours[step["t"]] = torch.tensor(step["maps"])
    assert [each["t"] for each in told["steps"]] == [*range(1000, 0, -100)]
    for each in told["steps"]:
        maps = torch.tensor(each["maps"])
        torch.testing.assert_close(ours[each["t"]][: len(maps)], maps, rtol=2e-3, atol=1e-4)


def shares() -> dict[str, torch.Tensor]:
    """By word, its maps (times, 8, 8)."""
    told = data.of("attention")
    maps = torch.stack([torch.tensor(each["maps"]).view(-1, 8, 8) for each in told["steps"]])
    return {each["piece"]: maps[:, 1 + n] for n, each in enumerate(told["pieces"])}


def test_what_the_block_of_attention_says():
    found = shares()
    assert all(each["tokens"] == 1 for each in data.of("attention")["pieces"])
    for word, above in (("hat", True), ("dog", False)):
        upper = found[word][:, :4].sum((1, 2)) / found[word].sum((1, 2))
        assert bool(((upper > 0.5) == above).all())
    assert max(found[word].mean((1, 2)).max() for word in ("white", "red")) < 0.01


def test_a_sentence_is_painted_and_looked_into(opened):
    page, server = opened("attention")
    told, before = data.of("attention"), server.sent
    share = 100 * float(shares()["dog"].mean((1, 2))[1])  # at t = 900
    page.locator("[name=word]").fill("3")
    page.locator("[name=t]").fill("900")
    said(page, f"At t = 900 the positions of the image give “dog” {share:.1f} % of their attention")
    page.fill("[name=prompt]", "a blu frog")
    said(page, "It was never shown: blu, frog.")
    page.click("[name=paint]")
    assert server.sent == before and f"({told['megabytes']} MB)" in page.inner_text("[name=paint]")
    page.fill("[name=prompt]", "a red heart on sand")
    said(page, "The maps are those of “a white dog wearing a red hat”")
    page.click("[name=paint]")
    said(page, re.compile(r"Step \d+ of 50"))
    said(page, "At t = 900 the positions of the image give “heart”")
    assert page.locator(".lab-picture text").all_text_contents()[:10:2] == ["a", "red", "heart", "on", "sand"]
    page.fill("[name=prompt]", "a star")  # the networks are there
    page.click("[name=paint]")
    said(page, re.compile(r"Step \d+ of 50"))
    assert page.errors == []
