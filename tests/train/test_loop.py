"""The training loop: exact where it can be, repeatable to the bit, and closed to bad data, bad settings and NaN."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from runs import config_of
from torch import nn

from diffusion_lib.data import digits, sample_density
from diffusion_lib.errors import ConfigError, NonFiniteError
from diffusion_lib.evaluate.oracle import GaussianMixture
from diffusion_lib.networks import MLP, UNet
from diffusion_lib.process import bound
from diffusion_lib.process.bound import WEIGHTS
from diffusion_lib.process.identities import add_noise
from diffusion_lib.process.registry import make_schedule
from diffusion_lib.process.schedule import linear
from diffusion_lib.sample.ancestral import ddim
from diffusion_lib.sample.chain import last
from diffusion_lib.train import checkpoint
from diffusion_lib.train import loop as training
from diffusion_lib.train.batch import draw_batch, sampling_and_weight, timestep_distribution
from diffusion_lib.train.config import TIMESTEP_SAMPLINGS, TrainConfig
from diffusion_lib.train.loop import TrainState, eps_loss, train

SCHEDULE = linear(20)
DATA = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))


class Tiny(nn.Module):
    """A few parameters, a buffer that moves, as the statistics of a normalisation layer do, and one that does not."""

    def __init__(self):
        super().__init__()
        self.register_buffer("frequency", torch.tensor([1.0, 2.0]))
        self.register_buffer("calls", torch.tensor(0))
        self.inner, self.outer = nn.Linear(2, 4), nn.Linear(4, 2)

    def forward(self, x_t, t):
        self.calls += self.training
        return self.outer(torch.sin(self.inner(x_t * self.frequency) + t[:, None]))


def new_state(config, seed=0, network=Tiny):
    torch.manual_seed(seed)
    return TrainState.create(network(), config)


def run(config, data=DATA, **options):
    state = new_state(config, **options)
    return state, list(train(state, data, SCHEDULE, config))


# --- the loss --------------------------------------------------------------------------------------------------------


def test_loss_is_the_mean_square_of_the_error():
    x_0, eps, t = DATA[:4], DATA[4:8], torch.tensor([1, 7, 20, 3])

    def model(x_t, times):
        assert times is t and torch.equal(x_t, add_noise(SCHEDULE, x_0, t, eps))
        return x_t

    errors = (add_noise(SCHEDULE, x_0, t, eps) - eps).flatten().tolist()
    expected = sum(error**2 for error in errors)
    assert float(eps_loss(model, SCHEDULE, x_0, t, eps)) == pytest.approx(expected / 8, rel=1e-6)


def test_loss_refuses_a_prediction_that_would_broadcast():
    with pytest.raises(ConfigError, match="shape"):
        eps_loss(lambda x_t, t: x_t[:, :1], SCHEDULE, DATA[:4], torch.tensor([1, 2, 3, 4]), DATA[4:8])


def test_every_time_from_1_to_T_is_drawn_equally_often():
    """An exclusive upper bound forgets T.  χ² with 19 degrees of freedom exceeds 66 with probability 4e-7."""
    _, t, eps = draw_batch(DATA, timestep_distribution(SCHEDULE, "uniform"), 20_000, torch.Generator().manual_seed(1))
    counts = torch.bincount(t, minlength=22)
    assert counts[0] == counts[21] == 0 and len(counts) == 22
    assert float((counts[1:21] - 1000).square().sum()) / 1000 < 66
    assert abs(float(eps.mean())) < 0.03 and abs(float(eps.std()) - 1) < 0.02  # rand instead of randn has 0.29


# --- the loop against a second, plain one ----------------------------------------------------------------------------


def test_loop_equals_a_plain_one_written_out():
    """Loss, clipping, AdamW, learning rate and EMA, step by step, with PyTorch's single-tensor functions."""
    config = config_of(steps=12, grad_clip=0.05, ema_decay=0.6, timestep_sampling="uniform")
    state, records = run(config)
    torch.manual_seed(0)
    net, generator = Tiny(), torch.Generator().manual_seed(config.seed)
    optimizer = torch.optim.AdamW(net.parameters(), foreach=False, fused=False)
    ema = copy.deepcopy(net)
    for k, record in enumerate(records):
        index = torch.randint(0, 50, (4,), generator=generator)
        t = torch.multinomial(torch.tensor([0.0] + 20 * [0.05]).double(), 4, True, generator=generator)
        eps = torch.randn(4, 2, generator=generator)
        optimizer.zero_grad()
        loss = (net(add_noise(SCHEDULE, DATA[index], t, eps), t) - eps).square().mean()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(net.parameters(), 0.05)
        optimizer.param_groups[0]["lr"] = 1e-2 * (1 + math.cos(math.pi * k / 12)) / 2
        optimizer.step()
        decay = min(0.6, (1 + k) / (10 + k))
        for average, parameter in zip(ema.parameters(), net.parameters(), strict=True):
            average.data.mul_(decay).add_(parameter.data, alpha=1 - decay)
        assert record.step == k + 1 and record.loss == pytest.approx(loss.item(), rel=1e-5)
        assert record.grad_norm == pytest.approx(norm.item(), rel=1e-4) and record.grad_norm > 0.05
        assert record.lr == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-12)
    for ours, theirs in ((state.model, net), (state.ema_model(), ema)):
        for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(one.data, other.data, rtol=1e-4, atol=1e-6)


def test_same_seed_same_run_and_another_seed_another():
    one, two, other = (run(config_of(seed=seed))[1] for seed in (1, 1, 2))
    assert one == two and one[0].loss != other[0].loss


def test_stopping_and_going_on_changes_nothing():
    config = config_of(steps=10)
    _, whole = run(config)
    state = new_state(config)
    parts = [next(train(state, DATA, SCHEDULE, config)) for _ in range(4)] + list(train(state, DATA, SCHEDULE, config))
    assert parts == whole and state.step == 10
    assert list(train(state, DATA, SCHEDULE, config)) == []


def test_ema_warm_up_counts_the_steps_of_the_state():
    config = config_of(ema_decay=0.9)
    assert config.ema_decay_at(0) == pytest.approx(0.1) and config.ema_decay_at(8) == pytest.approx(0.5)
    assert config.ema_decay_at(80) == config.ema_decay_at(10**6) == 0.9


def test_the_average_is_over_parameters_and_never_over_buffers():
    state, _ = run(config_of())
    assert state.ema.keys() == {name for name, _ in state.model.named_parameters()}
    averaged = state.ema_model()
    assert int(averaged.calls) == int(state.model.calls) == 8
    assert torch.equal(averaged.frequency, torch.tensor([1.0, 2.0]))
    assert not torch.equal(averaged.inner.weight, state.model.inner.weight)


def test_the_averaged_network_is_a_copy():
    config = config_of()
    state, _ = run(config)
    before = copy.deepcopy(state.model.state_dict())
    averaged = state.ema_model()
    assert not averaged.training and state.model.training
    assert not any(parameter.requires_grad for parameter in averaged.parameters())
    assert all(parameter.requires_grad for parameter in state.model.parameters())
    for parameter in averaged.parameters():
        parameter.zero_()
    assert all(torch.equal(value, before[name]) for name, value in state.model.state_dict().items())
    assert all(bool(average.any()) for average in state.ema.values())


# --- it learns -------------------------------------------------------------------------------------------------------


def test_an_mlp_comes_close_to_the_irreducible_loss_and_its_samples_to_the_ring():
    """The floor is not 0 but the loss of the exact noise predictor, on the same 20,000 draws of x_0, t and ε."""
    schedule, config = linear(100, 1e-3, 0.2), TrainConfig(steps=600, batch_size=256, lr=2e-3)
    torch.manual_seed(0)
    state = TrainState.create(MLP(T=100, alpha_bar=schedule.alpha_bar), config)
    batch = draw_batch(
        sample_density("ring", 20_000, seed=1),
        timestep_distribution(schedule, "uniform"),
        20_000,
        torch.Generator().manual_seed(1),
    )

    def loss_of(model):
        with torch.no_grad():
            return float(eps_loss(model, schedule, *batch))

    floor, start = loss_of(GaussianMixture.named("ring").noise_predictor(schedule)), loss_of(state.model)
    for _ in train(state, sample_density("ring", 20_000, seed=0), schedule, config):
        pass
    assert start > 1.25 * floor
    assert floor < loss_of(state.ema_model()) < 1.05 * floor
    x_T = torch.randn(500, 2, generator=torch.Generator().manual_seed(0))
    radius = last(ddim(state.ema_model(), x_T, schedule, steps=20)).norm(dim=1)
    assert float(((radius - math.sqrt(2)).abs() < 0.3).float().mean()) > 0.9


def test_the_same_loop_trains_a_unet_on_digits():
    schedule = linear()
    config = TrainConfig(steps=60, batch_size=32, lr=4e-3, timestep_sampling="uniform")
    torch.manual_seed(0)
    state = TrainState.create(UNet(width=16, T=1000, alpha_bar=schedule.alpha_bar), config)
    losses = [record.loss for record in train(state, digits(), schedule, config)]
    assert sum(losses[-6:]) / 6 < 0.145  # 0.152: the best without neighbours


# --- distributions of t, weights, parts, precision --------------------------------------------------------------------


@pytest.mark.parametrize("T", [1, 2, 20, 1000])
@pytest.mark.parametrize("name", TIMESTEP_SAMPLINGS)
def test_a_law_of_t_is_a_probability_that_forgets_no_time(name, T):
    p = timestep_distribution(linear(T), name)
    assert p.shape == (T + 1,) and p[0] == 0 and float(p.sum()) == pytest.approx(1, abs=1e-12)
    assert float((1 / (T * p[1:])).max()) <= 5 + 1e-9


def test_the_log_normal_law_is_normal_in_the_logarithm_of_sigma():
    schedule = make_schedule("cosine", 4000)
    p = (timestep_distribution(schedule, "log-normal")[1:] - 0.2 / 4000) / 0.8
    log_sigma = -0.5 * schedule.snr[1:].log()
    mean = (p * log_sigma).sum()
    assert float(mean) == pytest.approx(-1.2, abs=0.01)
    assert float((p * (log_sigma - mean) ** 2).sum().sqrt()) == pytest.approx(1.2, abs=0.01)


@pytest.mark.parametrize("weight", WEIGHTS)
def test_every_law_of_t_has_the_same_expected_gradient(weight):
    """Exact: the sum over all t of p_t times the gradient at t, with the weight that the loop uses for that
    distribution."""
    x_0, eps = DATA[:20], DATA[20:40]
    expected = bound.weight(SCHEDULE, weight)[1:].float()
    means = []
    for distribution in TIMESTEP_SAMPLINGS:
        state = new_state(config := config_of(weight=weight, timestep_sampling=distribution))
        p, table = sampling_and_weight(SCHEDULE, config, DATA)
        table = torch.ones(21) if table is None else table
        losses = torch.stack(
            [eps_loss(state.model, SCHEDULE, x_0, torch.full((20,), t), eps, table) for t in range(1, 21)]
        )
        plain = torch.stack([eps_loss(state.model, SCHEDULE, x_0, torch.full((20,), t), eps) for t in range(1, 21)])
        torch.testing.assert_close((p[1:] * losses).sum(), ((expected * plain).mean()).double(), rtol=1e-5, atol=0)
        means.append(torch.autograd.grad((p[1:] * losses).sum(), state.model.inner.weight)[0])
    torch.testing.assert_close(*means, rtol=1e-4, atol=1e-7)


def test_parts_of_a_batch_make_the_step_of_the_whole_and_ema_moves_once():
    runs = []
    for parts in (1, 2, 8):
        config = config_of(batch_size=8, micro_batches=parts)
        torch.manual_seed(0)
        state = TrainState.create(Tiny().double(), config)
        runs.append((list(train(state, DATA.double(), SCHEDULE, config)), state))
    for records, state in runs[1:]:
        for one, whole in zip(records, runs[0][0], strict=True):
            assert one == pytest.approx(whole, rel=1e-10)
        torch.testing.assert_close(state.parameters, runs[0][1].parameters, rtol=1e-9, atol=1e-10)
        torch.testing.assert_close(state.average, runs[0][1].average, rtol=1e-9, atol=1e-10)


def test_bfloat16_is_asked_for_and_changes_the_loss_in_its_third_digit():
    by_default, float32, bfloat16 = (
        run(config_of(precision=precision))[1] for precision in ("auto", "float32", "bfloat16")
    )
    assert by_default == float32 != bfloat16
    for one, other in zip(float32, bfloat16, strict=True):
        assert one.loss == pytest.approx(other.loss, rel=0.02)


def test_a_copied_state_trains_on_like_the_original():
    config = config_of()
    state = new_state(config)
    next(train(state, DATA, SCHEDULE, config))
    other = copy.deepcopy(state)
    assert list(train(other, DATA, SCHEDULE, config)) == list(train(state, DATA, SCHEDULE, config))
    assert torch.equal(other.model.inner.weight, state.model.inner.weight)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_frozen_parameters_stay_bit_for_bit_and_keep_their_type(dtype):
    """AdamW's weight decay shrinks whatever is in its vector, also without a gradient."""
    state = TrainState.create(network := with_frozen(dtype), config_of(steps=20, lr=0.1))
    before, trained = network.inner.weight.clone(), network.outer.weight.clone()
    list(train(state, DATA, SCHEDULE, config_of(steps=20, lr=0.1)))
    for model in (state.model, state.ema_model(), copy.deepcopy(state).model):
        assert model.inner.weight.dtype == dtype and torch.equal(model.inner.weight, before)
        assert model.outer.weight.dtype == torch.float32 and not torch.equal(model.outer.weight, trained)
    assert set(state.ema) == {"outer.weight", "outer.bias"}


def test_a_checkpoint_of_a_state_with_frozen_parameters_goes_on_bit_for_bit(tmp_path):
    config = config_of()
    whole, half, again = (TrainState.create(with_frozen(torch.bfloat16), config) for _ in range(3))
    records = list(train(whole, DATA, SCHEDULE, config))
    steps = train(half, DATA, SCHEDULE, config)
    assert [next(steps) for _ in range(3)] == records[:3]
    checkpoint.save(tmp_path, half, {})
    checkpoint.load_latest(tmp_path, again, {})
    assert list(train(again, DATA, SCHEDULE, config)) == records[3:]
    assert torch.equal(again.model.inner.weight, whole.model.inner.weight)


def test_what_cannot_be_trained_in_one_vector_is_refused_and_left_as_it_was():
    torch.manual_seed(0)
    mixed = Tiny()
    mixed.inner.to(torch.bfloat16)
    with pytest.raises(ConfigError, match=r"one dtype, got torch.bfloat16 in inner.weight and torch.float32 in outer"):
        TrainState.create(mixed, config_of())
    assert [layer.weight.dtype for layer in (mixed.inner, mixed.outer)] == [torch.bfloat16, torch.float32]
    with pytest.raises(ConfigError, match="model must have parameters to train, got none"):
        TrainState.create(Tiny().requires_grad_(False), config_of())
    state = new_state(config_of())
    state.model.inner.requires_grad_(False)
    with pytest.raises(ConfigError, match="10 of them train now, and 22 did when it was made; make a new TrainState"):
        next(train(state, DATA, SCHEDULE, config_of()))


def with_frozen(dtype):
    """A network whose first layer is frozen, in a type of its own."""
    torch.manual_seed(0)
    network = Half()
    network.inner.requires_grad_(False).to(dtype)
    return network


class Half(Tiny):
    def forward(self, x_t, t):
        return self.outer(torch.sin(self.inner(x_t.to(self.inner.weight.dtype)).float() + t[:, None]))


def test_compile_is_asked_for_and_runs_the_same_network(monkeypatch):
    compiled = []
    monkeypatch.setattr(torch, "compile", lambda module: compiled.append(module) or module)
    assert run(config_of(compile=True))[1] == run(config_of())[1]
    assert len(compiled) == 1


# --- faults ----------------------------------------------------------------------------------------------------------


def numbers(state):
    moments = [value for values in state.optimizer.state.values() for value in values.values()]
    return [value.clone() for value in (*state.model.parameters(), *state.ema.values(), *moments)]


class Poisoned(Tiny):
    """Its third call makes loss and gradient NaN or infinite, or only the gradient, or only the loss."""

    poison: str

    def forward(self, x_t, t):
        out = super().forward(x_t, t)
        if int(self.calls) == 3:
            if self.poison == "gradient":
                out.register_hook(lambda grad: grad * torch.tensor([1.0, torch.inf]))
            elif self.poison == "loss":
                out.register_hook(torch.zeros_like)
                out = out + torch.nan
            else:
                out = out + float(self.poison)
        return out


@pytest.mark.parametrize(
    "poison",
    [
        pytest.param("nan", id="loss-nan"),
        pytest.param("inf", id="loss-inf"),
        pytest.param("loss", id="only-the-loss"),
        pytest.param("gradient", id="only-a-gradient"),
    ],
)
def test_non_finite_numbers_stop_training_before_the_update(poison):
    config = config_of()
    state = new_state(config, network=Poisoned)
    state.model.poison = poison
    records = train(state, DATA, SCHEDULE, config)
    next(records), next(records)
    before = numbers(state)
    with pytest.raises(NonFiniteError, match=r"at step 3, lr 0\.00"):
        next(records)
    assert state.step == 2
    assert all(torch.equal(one, other) for one, other in zip(before, numbers(state), strict=True))


BAD_DATA = {
    "empty": torch.zeros(0, 2),
    "nan": torch.tensor([[0.0, 1.0], [math.nan, 0.0]]),
    "inf": torch.tensor([[0.0, 1.0], [math.inf, 0.0]]),
    "constant": torch.ones(10, 2),
    "uint8-unscaled": torch.randint(0, 255, (10, 2)).float(),
    "bytes": torch.randint(0, 255, (10, 2), dtype=torch.uint8),
}


@pytest.mark.parametrize("data", BAD_DATA.values(), ids=BAD_DATA)
def test_bad_data_is_refused_at_the_call(data):
    config = config_of()
    state = new_state(config)
    with pytest.raises(ConfigError, match="data must"):
        train(state, data, SCHEDULE, config)
    assert state.step == 0


def test_wrong_channels():
    config = config_of()
    state = new_state(config, network=lambda: UNet(T=20, channels=1, width=16, prediction="eps"))
    with pytest.raises(ConfigError):
        next(train(state, torch.randn(5, 3, 8, 8).clamp(-1, 1), SCHEDULE, config))


def test_fewer_samples_than_a_batch_still_train_every_step():
    """Batches are drawn with replacement, so that there is no last, incomplete one to drop."""
    config = config_of(batch_size=64)
    assert len(run(config, data=DATA[:3])[1]) == config.steps


@pytest.mark.parametrize("room", [1, 3, 5])
def test_a_batch_that_does_not_fit_is_split_and_changes_nothing(monkeypatch, room):
    """A device with room for a few samples ends where one with room for all does, on the same noise."""

    def trained(room):
        def crowded(model, schedule, x_0, t, eps, weight):
            if len(x_0) > room:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
            return eps_loss(model, schedule, x_0, t, eps, weight)

        monkeypatch.setattr(training, "eps_loss", crowded)
        return run(config_of(batch_size=7), DATA.double(), network=lambda: Tiny().double())

    (whole, expected), (split, found) = trained(7), trained(room)
    for one, two in zip(whole.model.parameters(), split.model.parameters(), strict=True):
        assert torch.allclose(one, two, rtol=0, atol=1e-10)
    assert torch.equal(whole.generator.get_state(), split.generator.get_state())
    assert [record.loss for record in found] == pytest.approx([record.loss for record in expected], abs=1e-10)
    with pytest.raises(ConfigError, match=r"one sample does not fit: CUDA out of memory. Tried to allocate 2.00 GiB"):
        trained(0)


# --- labels -----------------------------------------------------------------------------------------------------------


def test_one_label_in_ten_is_untold_and_the_others_are_those_of_the_data():
    labels = torch.arange(50)
    p, n = timestep_distribution(SCHEDULE, "uniform"), 20_000
    x_0, _, _, label = draw_batch(DATA, p, n, torch.Generator().manual_seed(1), labels=labels)
    hidden = label == -1
    assert float(hidden.double().mean()) == pytest.approx(0.1, abs=5 * math.sqrt(0.09 / n))
    assert torch.equal(x_0[~hidden], DATA[label[~hidden]])
    index = torch.randint(0, 50, (n,), generator=torch.Generator().manual_seed(1))
    assert torch.equal(x_0, DATA[index]) and not label[hidden].ge(0).any()


def test_without_labels_the_same_is_drawn_as_with_them():
    p = timestep_distribution(SCHEDULE, "uniform")
    without = draw_batch(DATA, p, 8, torch.Generator().manual_seed(2))
    with_them = draw_batch(DATA, p, 8, torch.Generator().manual_seed(2), labels=torch.zeros(50, dtype=torch.int64))
    assert len(without) == 3 and all(torch.equal(a, b) for a, b in zip(without, with_them, strict=False))


class Told(Tiny):
    """Notes the labels, and learns an offset for each."""

    def __init__(self):
        super().__init__()
        self.offset, self.seen = torch.nn.Embedding(4, 2), []

    def forward(self, x_t, t, label):
        self.seen.append(label)
        return super().forward(x_t, t) + self.offset(label + 1)


@pytest.mark.parametrize("parts", [1, 4])
def test_training_hands_on_the_labels_whatever_the_parts_of_a_batch(parts):
    labels = torch.arange(50) % 3
    config = config_of(steps=5, micro_batches=parts)
    state = new_state(config, network=Told)
    records = list(train(state, DATA, SCHEDULE, config, labels=labels))
    seen = torch.cat(state.model.seen)
    assert len(records) == 5 and len(seen) == 5 * config.batch_size and set(seen.tolist()) == {-1, 0, 1, 2}
    assert len(state.model.seen) == 5 * parts


@pytest.mark.parametrize(
    ("labels", "match"),
    [
        (torch.zeros(49, dtype=torch.int64), r"must be an int64 tensor \(50,\), got torch.int64 \(49,\); give each"),
        (torch.zeros(50, 1).long(), r"got torch.int64 \(50, 1\)"),
        (torch.zeros(50), "got torch.float32"),
        ([0] * 50, "got list"),
        (torch.tensor([-2] + 49 * [0]), "labels must count from 0, got -2"),
    ],
)
def test_labels_that_do_not_fit_are_refused_at_the_call(labels, match):
    config = config_of()
    with pytest.raises(ConfigError, match=match):
        train(new_state(config), DATA, SCHEDULE, config, labels=labels)
