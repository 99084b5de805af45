"""The published model at its real size, with random weights: what it needs, and that it goes through."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import torch
from root import environment

BUILD = "import sys, pathlib, tiny_parts; tiny_parts.save_published_size(pathlib.Path(sys.argv[1]))"
RUN = """
import json, resource, sys
import torch
from diffusion_lib.stable_diffusion import codec, parts, pipeline, prompt

folder, device, dtype = sys.argv[1:]
loaded = parts.load(folder, device=device, dtype=dtype)
ids = prompt.tokenize(loaded.tokenizer, "a dog wearing hat").ids
(image,) = pipeline.generate(loaded, "a dog wearing hat", seed=0, steps=2, sampler="lms")
back = codec.pil_to_latents(loaded.vae, image.image)
numbers = {name: sum(weight.numel() for weight in getattr(loaded, name).parameters())
           for name in ("text_encoder", "unet", "vae")}
resident = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
peak = torch.cuda.max_memory_allocated() if device == "cuda" else resident
print(json.dumps({
    "embeddings": list(prompt.embed(loaded, ids).shape), "latents": list(image.latents.shape),
    "image": list(image.image.size), "back": list(back.shape), "numbers": numbers, "peak": peak / 2**30,
}))
"""
EXPECTED = {
    **{"embeddings": [1, 77, 768], "latents": [4, 64, 64], "image": [512, 512], "back": [1, 4, 64, 64]},
    "numbers": {"text_encoder": 123_060_480, "unet": 859_520_964, "vae": 83_653_863},  # of the published files
}
CUDA = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("device", "dtype", "limit"), [("cpu", "float32", 24), pytest.param("cuda", "float16", 15, marks=CUDA)]
)
def test_the_published_size_goes_through(tmp_path, device, dtype, limit):
    """Two LMS steps at 512², within 24 GiB of memory, and in float16 within a GPU of 16."""
    try:
        subprocess.run([sys.executable, "-c", BUILD, str(tmp_path)], env=environment(), check=True)
        options = {"env": environment(), "capture_output": True, "text": True}
        done = subprocess.run([sys.executable, "-c", RUN, str(tmp_path), device, dtype], **options)
    finally:
        for path in tmp_path.rglob("*.safetensors"):  # four gigabytes
            path.unlink()
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    print(f"peak {found['peak']:.1f} GiB")
    assert found.pop("peak") < limit and found == EXPECTED
