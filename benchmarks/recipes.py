"""The contestants on points in the plane.  Each trains one step at a time, and answers as a predictor of our schedule.

Ours is the recipe of the chapter first-model.  smalldiffusion is its README and examples/toyexample.ipynb: the same
network, noise levels, batch, optimiser and sampler.  Those levels end at σ = 10, so where all times of the judge count,
it trains over its own ``ScheduleDDPM``, with its own scaling of the input (``Scaled``), in batches of 128, which did
better than 2048.  tiny-diffusion (github.com/tanelp/tiny-diffusion, ddpm.py) is no package: its network and loop are
written here again from that file: 50 times, AdamW 1e-3, clipped gradient, batch 32.  Where all the judge's times count,
it has the judge's 1000 times, and runs a second time with batch 512, which did better.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator
from itertools import count

import torch
from torch import Tensor, nn

from diffusion_lib.errors import ConfigError
from diffusion_lib.networks import MLP
from diffusion_lib.process.registry import make_schedule
from diffusion_lib.sample.ancestral import ddpm
from diffusion_lib.sample.chain import last
from diffusion_lib.sample.ode import heun
from diffusion_lib.train.loop import TrainConfig, TrainState, train

from .clock import affordable
from .options import OURS

SCHEDULE = make_schedule("linear", 1000)
PILOT = 150  # steps that tell how fast this machine is
HEUN_STEPS = 30
HIDDEN = (16, 128, 128, 128, 128, 16)  # of smalldiffusion's example


def peer(package: str):
    """Import a peer, or say how to get it."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        remedy = "run make bench, which installs the peers, or leave them out with --without-peers"
        raise ConfigError(f"{package} must be installed for this row, got {error}; {remedy}") from error


class Ours:
    """v-prediction, Fourier features, log-normal t, AdamW along a cosine, EMA; the number of steps fits the time."""

    name, source = OURS, "book/first-model.md, width 96"

    def __init__(self, data: Tensor, seed: int, seconds: float) -> None:
        self.data, self.seed = data, seed
        self._start(PILOT)
        self._start(affordable(self.steps(), seconds))

    def _start(self, steps: int) -> None:
        torch.manual_seed(self.seed)
        self.config = TrainConfig(steps, seed=self.seed)
        network = MLP(width=96, T=SCHEDULE.T, alpha_bar=SCHEDULE.alpha_bar)
        self.state = TrainState.create(network, self.config)

    def steps(self) -> Iterator:
        return train(self.state, self.data, SCHEDULE, self.config)

    def predictor(self):
        return self.state.ema_model()

    def sample(self, x_T: Tensor) -> Tensor:
        return last(heun(self.predictor(), x_T, SCHEDULE, steps=HEUN_STEPS))


class SmallDiffusion:
    """TimeInputMLP, ``training_loop`` (AdamW, 1e-3), log-linear noise levels, sampled in 20 steps with ``gam=2``."""

    name, source = "smalldiffusion", "examples/toyexample.ipynb"
    batch = 2048

    def __init__(self, data: Tensor, seed: int, seconds: float) -> None:
        torch.manual_seed(seed)
        self.peer = peer("smalldiffusion")
        self.data, (self.schedule, self.network) = data, self.model()
        alpha_bar = SCHEDULE.alpha_bar.double()
        self.shrink, self.sigma = alpha_bar.sqrt().float(), ((1 - alpha_bar) / alpha_bar).sqrt().float()

    def model(self):
        schedule = self.peer.ScheduleLogLinear(N=200, sigma_min=0.005, sigma_max=10)
        return schedule, self.peer.TimeInputMLP(hidden_dims=HIDDEN)

    def steps(self) -> Iterator:
        loader = torch.utils.data.DataLoader(self.data, batch_size=self.batch)
        for step in self.peer.training_loop(loader, self.network, self.schedule, epochs=10**6):
            yield step.loss.item()

    def predictor(self):
        def eps_hat(x_t: Tensor, t: Tensor) -> Tensor:
            return self.network(x_t / self.shrink[t, None], self.sigma[t, None])

        return eps_hat

    def sample(self, x_T: Tensor) -> Tensor:
        levels = self.schedule.sample_sigmas(20)
        *_, x_0 = self.peer.samples(self.network, levels, gam=2, xt=x_T * levels[0])
        return x_0


class SmallDiffusionDDPM(SmallDiffusion):
    """The same over its ``ScheduleDDPM``, whose noise levels are those that the judge looks at."""

    name, source = "smalldiffusion, its ScheduleDDPM", "examples/toyexample.ipynb with Scaled and ScheduleDDPM"
    batch = 128

    def model(self):
        return self.peer.ScheduleDDPM(N=SCHEDULE.T), self.peer.Scaled(self.peer.TimeInputMLP)(hidden_dims=HIDDEN)


class Sinusoids(nn.Module):
    """128 sines and cosines of a number, with geometric frequencies from 1 down to 1/10000."""

    def __init__(self, scale: float) -> None:
        super().__init__()
        self.register_buffer("frequencies", scale * torch.exp(-math.log(10_000) * torch.arange(64) / 63))

    def forward(self, x: Tensor) -> Tensor:
        phase = x[:, None] * self.frequencies
        return torch.cat([phase.sin(), phase.cos()], dim=1)


class Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, width)

    def forward(self, h: Tensor) -> Tensor:
        return h + nn.functional.gelu(self.linear(h))


class TinyNetwork(nn.Module):
    """tiny-diffusion's network: sinusoids of both coordinates and of time, three residual layers of 128."""

    def __init__(self) -> None:
        super().__init__()
        self.position, self.time = Sinusoids(25.0), Sinusoids(1.0)
        hidden = [Residual(128) for _ in range(3)]
        self.layers = nn.Sequential(nn.Linear(3 * 128, 128), nn.GELU(), *hidden, nn.Linear(128, 2))

    def forward(self, x_t: Tensor, t: Tensor) -> Tensor:
        features = [self.position(x_t[:, 0]), self.position(x_t[:, 1]), self.time(t - 1)]  # its times count from 0
        return self.layers(torch.cat(features, dim=1))


class Tiny:
    """tiny-diffusion, written again: its loop scales the gradient by the loss, clips it, and keeps no average."""

    name, source = "tiny-diffusion, written again", "ddpm.py"
    batch, schedule = 32, make_schedule("linear", 50)

    def __init__(self, data: Tensor, seed: int, seconds: float) -> None:
        torch.manual_seed(seed)
        self.data, self.network = data, TinyNetwork()

    def steps(self) -> Iterator:
        dataset = torch.utils.data.TensorDataset(self.data)
        loader = torch.utils.data.DataLoader(dataset, batch_size=self.batch, shuffle=True, drop_last=True)
        optimizer = torch.optim.AdamW(self.network.parameters(), lr=1e-3)
        alpha_bar = self.schedule.alpha_bar.float()
        for _ in count():
            for (x_0,) in loader:
                eps, t = torch.randn(x_0.shape), torch.randint(1, self.schedule.T + 1, (len(x_0),))
                x_t = alpha_bar[t, None] ** 0.5 * x_0 + (1 - alpha_bar[t, None]) ** 0.5 * eps
                loss = nn.functional.mse_loss(self.network(x_t, t), eps)
                loss.backward(loss)
                nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
                optimizer.step()
                optimizer.zero_grad()
                yield loss.item()

    def predictor(self):
        return self.network

    def sample(self, x_T: Tensor) -> Tensor:
        return last(ddpm(self.network, x_T, self.schedule))


class Tiny1000(Tiny):
    name, source = "tiny-diffusion, written again", "ddpm.py with 1000 times"
    schedule = SCHEDULE


class Tiny1000Batch512(Tiny1000):
    name, source = "tiny-diffusion, batch 512", "ddpm.py with 1000 times and batch 512"
    batch = 512


def contestants(peers: bool, *classes: type) -> tuple:
    """Ours, then the peers' ``classes``; ``ConfigError`` before any work if one of them is not installed."""
    if peers:
        peer("smalldiffusion")
    return (Ours, *classes) if peers else (Ours,)
