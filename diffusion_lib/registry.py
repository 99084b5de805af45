"""What can be named: samplers, schedules, continuous processes, networks and datasets, each with one entry here.

The command line, the pipeline, the laboratories of the book and its reference read these tables.  An entry says where
its function is, below ``diffusion_lib``, and imports it when it is called for; so ``diffusion --help`` lists the names
without PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Entry:
    """``target`` is MODULE.FUNCTION below ``diffusion_lib``; ``source`` says where the thing was published."""

    target: str
    source: str

    @property
    def function(self) -> Callable[..., Any]:
        module, name = self.target.rsplit(".", 1)
        return getattr(import_module(f"{__package__}.{module}"), name)

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self.function(*arguments, **options)


@dataclass(frozen=True)
class Sampler(Entry):
    """``title`` for figures; ``nfe``, the evaluations of the model in each step, and ``nfe_last``, those of the last
    step if they differ, as where σ = 0 has no evaluation; ``stochastic`` if it draws noise and takes a ``generator``.
    """

    title: str
    nfe: int = 1
    nfe_last: int | None = None
    stochastic: bool = False


@dataclass(frozen=True)
class Dataset(Entry):
    """Images, or with ``network`` "mlp" points of a density, which are drawn by ``function(n, generator)``.

    ``network`` is the kind of network that is trained on it by default, and ``sizes`` are its arguments.
    """

    network: str = "mlp"
    sizes: tuple[tuple[str, int], ...] = ()


SAMPLERS = {
    "ddim": Sampler("sample.ancestral.ddim", "Song et al. 2021a, eq. 12", "DDIM", stochastic=True),
    "ddpm": Sampler("sample.ancestral.ddpm", "Ho et al. 2020, Algorithm 2", "DDPM", stochastic=True),
    "euler": Sampler("sample.ode.euler", "Song et al. 2021a, eq. 14", "Euler"),
    "heun": Sampler("sample.ode.heun", "Karras et al. 2022, Algorithm 1", "Heun", nfe=2, nfe_last=1),
    "lms": Sampler("sample.ode.lms", "Hairer, Nørsett & Wanner 1993, III.1", "LMS"),
    "dpm2": Sampler("sample.dpm.dpm2", "Lu et al. 2022 (DPM-Solver), section 3.2", "DPM-Solver-2", nfe=2, nfe_last=1),
    "dpm++": Sampler("sample.dpm.dpmpp", "Lu et al. 2022 (DPM-Solver++), Algorithm 2", "DPM-Solver++"),
    "unipc": Sampler("sample.dpm.unipc", "Zhao et al. 2023, Algorithms 1 and 2", "UniPC"),
    "consistency": Sampler(
        "sample.multistep_consistency.multistep_consistency",
        "Song et al. 2023, Algorithm 1",
        "Consistency",
        stochastic=True,
    ),
    "langevin": Sampler(
        "sample.langevin.langevin", "Song & Ermon 2019, Algorithm 1", "Langevin dynamics", nfe=10, stochastic=True
    ),
}

SCHEDULES = {
    "linear": Entry("process.schedule.linear", "Ho et al. 2020, section 4"),
    "scaled_linear": Entry("process.schedule.scaled_linear", "Rombach et al. 2022"),
    "cosine": Entry("process.schedule.cosine", "Nichol & Dhariwal 2021, eq. 17"),
}

PROCESSES = {
    "flow": Entry("process.continuous.flow", "Lipman et al. 2023, eq. 20"),
    "cosine": Entry("process.continuous.cosine", "Albergo et al. 2023, section 4"),
    "vp": Entry("process.continuous.vp", "Song et al. 2021b, eq. 29"),
    "sub_vp": Entry("process.continuous.sub_vp", "Song et al. 2021b, eq. 29"),
    "ve": Entry("process.continuous.ve", "Song et al. 2021b, eq. 29"),
}

NETWORKS = {
    "mlp": Entry("networks.mlp.MLP", "Ho et al. 2020, appendix B"),
    "unet": Entry("networks.unet.UNet", "Ho et al. 2020, appendix B"),
    "dit": Entry("networks.dit.DiT", "Peebles & Xie 2023, section 3"),
}

DATASETS = {
    "moons": Dataset("data.densities.moons", "this book: two half circles"),
    "ring": Dataset("data.densities.ring", "this book: a mixture of eight Gaussians"),
    "grid": Dataset("data.densities.grid", "this book: a mixture of twenty-five Gaussians"),
    "swiss_roll": Dataset("data.densities.swiss_roll", "this book: a spiral"),
    "checkerboard": Dataset("data.densities.checkerboard", "this book: eight squares"),
    "digits": Dataset("data.digits", "scikit-learn: UCI, optical recognition of handwritten digits", network="unet"),
    "clothes": Dataset(
        "data.clothes",
        "Xiao et al. 2017 (Fashion-MNIST), a subset",
        network="unet",
        sizes=(("width", 40), ("patch", 2), ("classes", 10)),
    ),
}
