"""One small network of each kind with arguments of a call, and every objective of training as a loss of such networks.

What the layers of a new network answer is 0; here they are given random weights, so that an error inside shows.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from diffusion_lib import networks, process
from diffusion_lib.process.bound import weight as loss_weight
from diffusion_lib.process.hybrid import hybrid_loss
from diffusion_lib.train import distil
from diffusion_lib.train.flow import velocity_loss
from diffusion_lib.train.loop import eps_loss

SCHEDULE = process.linear(20)
FLOW = process.make_process("flow")
NETWORKS: dict[str, Callable[[], networks.Network]] = {
    "mlp": lambda: networks.MLP(2, T=20, alpha_bar=SCHEDULE.alpha_bar, data_std=0.5),
    "unet": lambda: networks.UNet(1, 8, T=20, alpha_bar=SCHEDULE.alpha_bar),
    "unet-labels": lambda: networks.UNet(1, 8, T=20, alpha_bar=SCHEDULE.alpha_bar, prediction="x_0", classes=3),
    "dit": lambda: networks.DiT(1, 8, 1, 2, T=20, prediction="eps", classes=3),
    **{f"text-{way}": lambda way=way: networks.TextDiT(way, 5, 1, 8, 1, 2, T=20, alpha_bar=SCHEDULE.alpha_bar)
       for way in networks.WAYS},
}  # fmt: skip


def draw(*shape: int, device: str | torch.device = "cpu", seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Standard normal numbers, the same on every device."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype).to(device)


def awake(network: nn.Module, seed: int = 0) -> nn.Module:
    """The network with random numbers for the weights that start at 0."""
    for number, parameter in enumerate(network.parameters()):
        if not parameter.any():
            parameter.data = draw(*parameter.shape, seed=seed + number) / 10
    return network


def small(name: str) -> tuple[networks.Network, tuple[Tensor, ...]]:
    """The network of that name, awake, and the arguments of a call with a batch of four."""
    torch.manual_seed(0)
    network = awake(NETWORKS[name]())
    x_t = draw(4, 2) if name == "mlp" else draw(4, 1, 8, 8)
    more = ()
    if network.classes:
        more = (torch.tensor([-1, 0, 1, 2]),)
    elif name.startswith("text"):
        more = (draw(4, 3, 5, seed=1),)
    return network, (x_t, torch.tensor([1, 5, 9, 20]), *more)


class Students(nn.Module):
    """What the objectives train: a network that predicts v, and one that predicts a share or a velocity."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = awake(networks.MLP(2, 16, 1, 4, T=20, alpha_bar=SCHEDULE.alpha_bar))
        self.second = awake(networks.MLP(2, 16, 1, 4, T=20, prediction="eps"), seed=9)

    def velocity(self, x_t: Tensor, t: Tensor) -> Tensor:
        return self.second(x_t, (20 * t).ceil().long().clamp(1, 20))


def objectives(students: Students, device: str | torch.device = "cpu") -> dict[str, Callable[[], Tensor]]:
    """The loss of each objective for one batch on the device."""
    first, S = students.first, SCHEDULE
    teacher = Students().first.requires_grad_(False).to(device)
    teacher.layers[0].bias += 0.3
    x_0, eps = draw(4, 2, device=device), draw(4, 2, device=device, seed=1)
    t, m, s = (torch.tensor(times).to(device) for times in ([20, 12, 8, 4], [15, 8, 5, 2], [10, 4, 2, 0]))
    x_t = process.add_noise(S, x_0, t, eps)
    weight = loss_weight(S, "min_snr").to(x_0)
    return {
        "eps": lambda: eps_loss(first, S, x_0, t, eps),
        "weighted": lambda: eps_loss(first, S, x_0, t, eps, weight),
        "hybrid": lambda: hybrid_loss(
            S, x_0, t, eps, first(x_t, t), torch.sigmoid(students.second(x_t, t)), weight=1.0
        ),
        "flow": lambda: velocity_loss(students.velocity, FLOW, x_0, t / 20, eps),
        "progressive": lambda: distil.progressive_loss(first, teacher, S, x_t, t, m, s),
        "consistency-training": lambda: distil.consistency_loss(first, S, x_0, t, s, eps),
        "consistency-distillation": lambda: distil.consistency_loss(first, S, x_0, t, s, eps, teacher),
        "matching": lambda: distil.matching_loss(teacher, first, S, first(x_t, t), t, eps),
    }
