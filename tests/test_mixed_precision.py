"""bfloat16 autocast on the CPU: every network and every objective stays finite, and close to float32.

bfloat16 has 8 bits of significand: a rounding is a relative error of up to 2⁻⁹ = 0.2 %.  A network of a few layers may
be off by 2 % of the norm of its answer, and so may a gradient; measured are 1.3 % and 0.5 %.
"""

from __future__ import annotations

import pytest
import torch
from small_networks import NETWORKS, SCHEDULE, Students, draw, objectives, small

from diffusion_lib.networks import MLP
from diffusion_lib.runtime.device import autocast
from diffusion_lib.train import TrainConfig, TrainState, train
from diffusion_lib.train.loop import minimise

CPU = torch.device("cpu")
CLOSE = 0.02  # in units of the norm of what float32 says
OBJECTIVES = objectives(Students()).keys()


def apart(found, expected):
    return ((found.float() - expected).norm() / expected.norm()).item()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_answers_in_the_dtype_of_its_input(name, dtype):
    network, (x_t, *more) = small(name)
    expected = network(x_t, *more)
    with autocast(CPU, "bfloat16"):
        found = network(x_t.to(dtype), *more)
        if network.prediction == "v":
            assert network.v(x_t.to(dtype), *more).dtype == dtype
    assert found.dtype == dtype and found.isfinite().all()
    assert 0 < apart(found, expected) < CLOSE  # 0 would be float32


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_step_of_each_objective_is_close_to_float32(name):
    records, parameters = {}, {}
    for precision in ("float32", "bfloat16"):
        config = TrainConfig(steps=1, lr=1e-3, lr_decay="none", grad_clip=1e6, precision=precision)
        state = TrainState.create(Students(), config)

        def loss(students, step, generator, precision=precision):
            with autocast(CPU, precision):
                return objectives(students)[name]()

        (records[precision],) = minimise(state, config, loss)
        assert state.parameters.isfinite().all() and state.parameters.dtype == torch.float32
        parameters[precision] = state.parameters.grad.clone()
    assert records["bfloat16"].loss == pytest.approx(records["float32"].loss, rel=CLOSE)
    assert 0 < apart(parameters["bfloat16"], parameters["float32"]) < CLOSE


def test_the_loop_trains_in_the_precision_that_it_is_given():
    """Its losses in bfloat16 are close to those in float32 and not the same; on a CPU "auto" is float32."""
    losses = {}
    for precision in ("float32", "auto", "bfloat16"):
        torch.manual_seed(0)
        network = MLP(2, 16, 1, 4, T=20, alpha_bar=SCHEDULE.alpha_bar)
        config = TrainConfig(steps=5, batch_size=64, lr=1e-2, precision=precision)
        state = TrainState.create(network, config)
        losses[precision] = [record.loss for record in train(state, draw(50, 2), SCHEDULE, config)]
        assert {parameter.dtype for parameter in state.ema_model().parameters()} == {torch.float32}
    assert losses["auto"] == losses["float32"] != losses["bfloat16"]
    assert losses["bfloat16"] == pytest.approx(losses["float32"], rel=CLOSE)
