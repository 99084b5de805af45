"""The published model at its real size, with random weights: what it needs, and that it goes through."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from book_fixture import ROOT

PROGRAM = """
import json, resource, sys
import torch
from diffusion_lib.latent import codec, parts, pipeline, prompt

loaded = parts.load(sys.argv[1], device="cpu")
ids = prompt.tokenize(loaded.tokenizer, "a dog wearing hat").ids
(picture,) = pipeline.draw(loaded, "a dog wearing hat", seed=0, steps=2, sampler="lms")
back = codec.pil_to_latents(loaded.vae, picture.image)
print(json.dumps({
    "embeddings": list(prompt.embed(loaded, ids).shape), "latents": list(picture.latents.shape),
    "picture": list(picture.image.size), "back": list(back.shape), "dim": loaded.dim,
    "unet": sum(weight.numel() for weight in loaded.unet.parameters()),
    "vae": sum(weight.numel() for weight in loaded.vae.parameters()),
    "text_encoder": sum(weight.numel() for weight in loaded.text_encoder.parameters()),
    "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
}))
"""
PARAMETERS = {"unet": 859_520_964, "vae": 83_653_863, "text_encoder": 123_060_480}  # of the published files


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_published_size_goes_through_within_24_gib(tmp_path):
    build = "import sys, pathlib; sys.path.insert(0, 'tests'); import tiny_parts; tiny_parts.save_published_size({})"
    build = build.format("pathlib.Path(sys.argv[1])")
    try:
        subprocess.run([sys.executable, "-c", build, str(tmp_path)], cwd=ROOT, check=True)
        done = subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], cwd=ROOT, capture_output=True, text=True)
    finally:
        for path in tmp_path.rglob("*.safetensors"):  # four gigabytes
            path.unlink()
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    print(f"peak {found['peak']:.1f} GiB")
    assert found.pop("peak") < 24
    assert found == PARAMETERS | {
        **{"embeddings": [1, 77, 768], "latents": [4, 64, 64], "picture": [512, 512], "back": [1, 4, 64, 64]},
        "dim": 512,
    }
