"""What every test shares: one thread, no network, repeatable property tests, an order."""

from __future__ import annotations

import gc
import os
import signal
import socket

os.environ.setdefault("OMP_NUM_THREADS", "1")  # must precede the first import of torch
os.environ.setdefault("TQDM_DISABLE", "1")
os.environ["HF_HUB_OFFLINE"] = "1"

import hypothesis
import order
import pytest

# Whoever starts the tests by nohup ignores a hang-up, and so would every program that they start.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
gc.set_threshold(100_000, 50, 100)  # as notebooks have it
hypothesis.settings.register_profile("repo", derandomize=True, deadline=None, max_examples=50)
hypothesis.settings.load_profile("repo")


def pytest_collection_modifyitems(items):
    """What is quick comes first; then the long files, the longest first, so that both workers end together."""
    known = {path: order.seconds(path) for path in {item.path for item in items}}
    items.sort(key=lambda item: (known[item.path] > 0, -known[item.path]))  # each file stays whole


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """A test that reaches for another host fails at once; loopback stays open for kernels and the local server."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"tests must not use the network, tried {address}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory):
    """A folder of parts of a latent diffusion model, tiny and random; do not change it, copy it."""
    import tiny_parts

    return tiny_parts.save(tmp_path_factory.mktemp("parts") / "tiny")


@pytest.fixture(scope="module")
def tiny(tiny_folder):
    """The tiny parts, loaded once for the tests of a module."""
    from diffusion_lib.stable_diffusion import parts

    return parts.load(tiny_folder, device="cpu")


@pytest.fixture(scope="module")
def double(tiny_folder):
    """The same in float64."""
    from diffusion_lib.stable_diffusion import parts

    return parts.load(tiny_folder, device="cpu", dtype="float64")
