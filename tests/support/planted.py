"""Tensors that stay on the CPU, planted in the library one at a time: the tests of devices must find each of them."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from typing import NamedTuple

from diffusion_lib.evaluate import GaussianMixture
from diffusion_lib.networks import DiT
from diffusion_lib.process import guidance
from diffusion_lib.process.noise_process import Transition
from diffusion_lib.train import batch


class Bug(NamedTuple):
    """What is replaced in a function, and a program of ``on_accelerator`` that calls it."""

    function: Callable
    right: str
    wrong: str
    program: str


BUGS = {
    "sampler": Bug(Transition.x_0_hat, "(x_t -", "(torch.tensor([1.0]) * x_t -", "samplers"),
    "loss": Bug(batch.sampling_and_weight, ".to(like)", ".to(like.dtype)", "training-mlp"),
    "oracle": Bug(GaussianMixture.denoiser, "self.means.to(x_t)", "self.means", "evaluation"),
    "embedding": Bug(DiT.position_embedding, ", x_t.device", "", "training-dit"),
    "guidance": Bug(guidance.mix, "told, g)", "told, torch.tensor([g]))", "samplers"),
}


def plant(bug: Bug) -> None:
    """Make the function wrong, wherever it is used, for the rest of the process."""
    source = textwrap.dedent(inspect.getsource(bug.function))
    if source.count(bug.right) != 1:
        raise ValueError(f"{bug.function.__name__} must contain {bug.right!r} once, to be replaced")
    made: dict[str, object] = {}
    exec(
        compile(source.replace(bug.right, bug.wrong), inspect.getfile(bug.function), "exec"),
        bug.function.__globals__,
        made,
    )
    bug.function.__code__ = made[bug.function.__name__].__code__
