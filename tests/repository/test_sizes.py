"""What is in git stays small: a file that came along by accident is there for good."""

from __future__ import annotations

import subprocess

from book_fixture import ROOT

LIMIT = 1_000_000  # bytes
LARGE = {"diffusion_lib/data/clothes.xz"}  # beside weights, the data that notebooks train on


def test_nothing_large_is_tracked_but_weights_and_data():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    large = {str(path.relative_to(ROOT)) for path in paths if path.is_file() and path.stat().st_size > LIMIT}
    assert {name for name in large if not name.endswith(".safetensors")} == LARGE
