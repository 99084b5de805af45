"""A network and a schedule that do not belong together are refused wherever both are known, before any work."""

from __future__ import annotations

import copy

import pytest
import torch
from runs import config_of

from diffusion_lib.data import sample_density
from diffusion_lib.errors import ConfigError
from diffusion_lib.networks import MLP, UNet, build
from diffusion_lib.process import bound
from diffusion_lib.process.guidance import GuidedByLabel
from diffusion_lib.process.schedule import cosine, linear
from diffusion_lib.sample import ddim, ddpm, dpm2, dpmpp, euler, heun, invert, langevin, lms, repaint, unipc
from diffusion_lib.sample.chain import last
from diffusion_lib.sample.editing import Inpainted
from diffusion_lib.sample.multistep_consistency import multistep_consistency
from diffusion_lib.train.loop import TrainState, eps_loss, train

OWN = linear(20)
OTHERS = {"steps": linear(10), "more steps": linear(40), "alpha_bar": cosine(20), "rates": linear(20, 1e-4, 0.021)}
SAMPLERS = (ddim, ddpm, dpm2, dpmpp, euler, heun, invert, langevin, lms, multistep_consistency, repaint, unipc)
X = torch.randn(4, 2, generator=torch.Generator().manual_seed(0))
T1 = torch.tensor([1, 2, 3, 4])
USES = {each.__name__: lambda net, schedule, each=each: last(each(net, X, schedule)) for each in SAMPLERS}
USES |= {
    "train": lambda net, schedule: list(
        train(TrainState.create(copy.deepcopy(net), config_of(2)), X, schedule, config_of(2))
    ),
    "eps_loss": lambda net, schedule: eps_loss(net, schedule, X, T1, X),
    "vlb": lambda net, schedule: bound.vlb(net, schedule, X, X.expand(schedule.T, 4, 2), levels=None),
    "step_term": lambda net, schedule: bound.step_term(net, schedule, X, 2, X),
    "decoder_term": lambda net, schedule: bound.decoder_term(net, schedule, X, X, levels=None),
    "inpainted": lambda net, schedule: Inpainted(net, schedule, X, X > 0),
}


@pytest.mark.parametrize("use", USES)
def test_another_schedule_is_refused_and_the_own_one_is_not(use):
    torch.manual_seed(0)
    network = MLP(width=8, T=20, alpha_bar=OWN.alpha_bar)
    USES[use](network, OWN)
    USES[use](network, OWN.to(dtype=torch.float32))
    for kind, schedule in OTHERS.items():
        what = "20 steps of the network, got T = " if "steps" in kind else "alpha_bar of the network, got "
        with pytest.raises(ConfigError, match=f"schedule must have the {what}"):
            USES[use](network, schedule)


def test_the_message_names_both_numbers_and_the_remedy():
    network = MLP(width=8, T=20, alpha_bar=OWN.alpha_bar)
    with pytest.raises(ConfigError) as refused:
        ddim(network, X, OTHERS["alpha_bar"])
    t = int((OWN.alpha_bar - cosine(20).alpha_bar).abs().argmax())
    numbers = f"got {cosine(20).alpha_bar[t]:.4g} and {OWN.alpha_bar[t]:.4g} at t = {t}"
    assert f"{numbers}; use the schedule that the network was made or trained with" in str(refused.value)


def test_a_network_without_a_table_belongs_to_the_schedule_that_trained_it():
    """Its copy with averaged weights does, too, and so does one that is made from its configuration."""
    torch.manual_seed(0)
    state = TrainState.create(MLP(width=8, T=20, prediction="eps"), config_of(2))
    last(ddim(state.model, X, cosine(20)))  # nothing is known yet
    list(train(state, sample_density("ring", 50, 0), OWN, config_of(2)))
    for network in (state.model, state.ema_model(), build(state.model.config)):
        last(ddim(network, X, OWN))
        with pytest.raises(ConfigError, match="alpha_bar of the network"):
            ddim(network, X, cosine(20))
    assert state.model.config["alpha_bar"] == OWN.alpha_bar.tolist()
    with pytest.raises(ConfigError, match="alpha_bar of the network"):
        train(state, X, cosine(20), config_of(4))


def test_guidance_asks_the_network_inside():
    network, images = UNet(T=20, width=8, alpha_bar=OWN.alpha_bar, classes=3), torch.zeros(2, 1, 8, 8)
    guided = GuidedByLabel(network, torch.tensor([0, 2]), 2.0)
    last(ddim(guided, images, OWN, steps=2))
    with pytest.raises(ConfigError, match="20 steps of the network"):
        ddim(guided, images, linear(10))


def test_a_function_is_believed():
    assert last(ddim(lambda x_t, t: x_t, X, cosine(7))).shape == X.shape
