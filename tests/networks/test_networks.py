"""The call contract, the conditioning on ᾱ, rebuilding from a config, labels, and bad input."""

from __future__ import annotations

import json
import math
import re

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given

from diffusion_lib.errors import ConfigError
from diffusion_lib.networks import MLP, NETWORKS, PATCHES, PREDICTIONS, DiT, UNet, build
from diffusion_lib.process import identities as process
from diffusion_lib.process.registry import SCHEDULES, make_schedule
from diffusion_lib.process.schedule import Schedule, linear

T = 50
SCHEDULE = linear(T, 1e-3, 0.3)
SHAPES = {"mlp": (2,), "unet": (1, 8, 8), "dit": (1, 8, 8)}
SMALL = {"mlp": {"width": 16, "depth": 2, "features": 8}, "unet": {"width": 8}, "dit": {"width": 8, "depth": 2}}


def make(kind: str, **arguments):
    """A small network whose branches that start at 0 have left it."""
    torch.manual_seed(0)
    model = NETWORKS[kind](**SMALL[kind] | {"T": T, "prediction": "eps"} | arguments)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return model


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


# --- the call contract ------------------------------------------------------------------------------------------------


@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.sampled_from(PATCHES))
def test_the_prediction_has_the_shape_of_the_input(batch, dim, quarter, channels, patch):
    t = torch.full((batch,), T)
    points, images = draw(batch, dim), draw(batch, channels, 4 * (patch - 1 + quarter), 16)
    assert make("mlp", dim=dim)(points, t).shape == points.shape
    assert make("unet", channels=channels, patch=patch)(images, t).shape == images.shape


@pytest.mark.parametrize("patch", PATCHES)
def test_a_network_of_patches_is_that_of_the_folded_image(patch):
    """Pixel (patch·i + a, patch·j + b) is channel patch·a + b of place (i, j); the layers are the same."""
    folded, network = make("unet", channels=patch**2), make("unet", patch=patch)
    x, t = draw(2, 1, 16, 8 * patch), torch.tensor([1, T])
    rows = x.view(2, 16 // patch, patch, 8, patch).permute(0, 2, 4, 1, 3).reshape(2, patch**2, 16 // patch, 8)
    inside = folded.body(rows, folded.time[t - 1]).view(2, patch, patch, 16 // patch, 8).permute(0, 3, 1, 4, 2)
    assert torch.equal(network(x, t), inside.reshape(x.shape))


@pytest.mark.parametrize("kind", NETWORKS)
def test_samples_do_not_see_each_other_and_each_has_its_own_time(kind):
    model, x, t = make(kind, alpha_bar=SCHEDULE.alpha_bar), draw(5, *SHAPES[kind]), torch.tensor([1, 2, 25, 49, 50])
    together = model(x, t)
    for i in range(5):
        torch.testing.assert_close(together[i : i + 1], model(x[i : i + 1], t[i : i + 1]), rtol=1e-4, atol=1e-5)
    same = draw(1, *SHAPES[kind]).expand(T, *SHAPES[kind])
    assert len(model(same, torch.arange(1, T + 1)).flatten(1).unique(dim=0)) == T  # all times, all different


def test_gradients_of_single_samples_by_torch_func():
    model, x, t = make("mlp"), draw(3, 2), torch.tensor([1, 20, T])
    weights = {name: each.detach() for name, each in model.named_parameters()}
    buffers = dict(model.named_buffers())

    def loss(weights, x_t, t):
        return torch.func.functional_call(model, (weights, buffers), (x_t[None], t[None])).square().sum()

    each = torch.func.vmap(torch.func.grad(loss), in_dims=(None, 0, 0))(weights, x, t)
    whole = torch.autograd.grad(model(x, t).square().sum(), list(model.parameters()))
    for (name, _), expected in zip(model.named_parameters(), whole, strict=True):
        torch.testing.assert_close(each[name].sum(0), expected)


@pytest.mark.parametrize("kind", NETWORKS)
def test_every_row_of_every_parameter_matters(kind):
    model = make(kind, width=16)  # 8 groups of 2: a group of one channel would forget the bias before it
    model(draw(3, *SHAPES[kind]), torch.tensor([1, 20, 50])).square().sum().backward()
    for name, parameter in model.named_parameters():
        assert (parameter.grad.reshape(len(parameter), -1).abs().amax(1) > 0).all(), name


@pytest.mark.parametrize("kind", NETWORKS)
def test_float64_stays_float64_and_bf16_autocast_returns_float32(kind):
    x, t = draw(4, *SHAPES[kind]), torch.tensor([1, 10, 30, 50])
    model = make(kind, alpha_bar=SCHEDULE.alpha_bar)
    exact = model(x, t)
    assert model.double()(x.double(), t).dtype == torch.float64
    with torch.autocast("cpu", torch.bfloat16):
        coarse = model.float()(x, t)
    assert coarse.dtype == torch.float32
    assert 0 < (coarse - exact).abs().max() < 0.1 * exact.abs().max()


# --- prediction -------------------------------------------------------------------------------------------------------

EPS_FROM = {
    "eps": lambda schedule, x_t, t, F: F,
    "x_0": process.eps_from_x_0,
    "v": process.eps_from_v,
}  # fmt: skip


def predict(kind: str, prediction: str, schedule: Schedule):
    return make(kind, T=schedule.T, alpha_bar=schedule.alpha_bar, prediction=prediction).double()


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_the_layers_answer_what_the_prediction_says_and_the_network_answers_eps(kind, name, prediction):
    schedule = make_schedule(name, T)
    model = predict(kind, prediction, schedule)
    x, t, F = draw(T, *SHAPES[kind]).double(), torch.arange(1, T + 1), draw(T, *SHAPES[kind], seed=1).double()
    model.body = lambda x_t, time: F
    expected = EPS_FROM[prediction](schedule, x, t, F)
    torch.testing.assert_close(model(x, t), expected, rtol=1e-5, atol=1e-5)  # the tables are float32


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("prediction, of_eps, of_x_0", [("eps", 1, 2e4), ("x_0", 156, 1), ("v", 1, 1)])
def test_only_v_prediction_amplifies_errors_of_the_layers_at_no_time(kind, prediction, of_eps, of_x_0):
    """What becomes of an error of 1 of the layers: in ε̂ at t = 1, and in x̂_0 at t = T."""
    schedule, x = make_schedule("cosine", 1000), draw(1, *SHAPES[kind]).double()
    model = predict(kind, prediction, schedule)

    def change(t: int, of) -> float:
        guesses = []
        for F in (0 * x, 0 * x + 1):
            model.body = lambda x_t, time, F=F: F
            guesses.append(of(model(x, torch.tensor([t]))))
        return float((guesses[1] - guesses[0]).abs().max())

    assert change(1, lambda eps: eps) == pytest.approx(of_eps, rel=0.01)
    assert change(1000, lambda eps: process.x_0_from_eps(schedule, x, 1000, eps)) == pytest.approx(of_x_0, rel=0.03)


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_fresh_network_answers_0_and_with_v_that_is_the_optimum_for_data_of_variance_1(kind):
    """With F = v̂ = 0, ε̂ = √(1 − ᾱ_t) x_t = E[ε | x_t] for x_0 ~ N(0, I)."""
    x, t = draw(T, *SHAPES[kind]), torch.arange(1, T + 1)
    fresh = NETWORKS[kind](**SMALL[kind], T=T, alpha_bar=SCHEDULE.alpha_bar)
    assert fresh.prediction == "v"
    torch.testing.assert_close(fresh(x, t), SCHEDULE.gather("one_minus_alpha_bar", t, x).sqrt() * x)
    assert torch.equal(NETWORKS[kind](**SMALL[kind], T=T, prediction="eps")(x, t), torch.zeros_like(x))


# --- config -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("std", [0.2, 1.0, 5.5])
@pytest.mark.parametrize("t", [1, 20, T])
def test_layers_that_know_the_width_of_the_data_see_and_answer_unit_variance(kind, std, t):
    """Karras et al. 2022, with their letters: D = c_skip x̃ + c_out F(c_in x̃), and F is minus ours."""
    n = 4000 if kind == "mlp" else 300
    network, seen = make(kind, prediction="v", data_std=std, alpha_bar=SCHEDULE.alpha_bar), {}
    body = network.body

    def watched(x, known):
        seen.update(x=x, F=body(x, known))
        return seen["F"]

    network.body = watched
    x_0, eps = std * draw(n, *SHAPES[kind]), draw(n, *SHAPES[kind], seed=1)
    x_t = process.add_noise(SCHEDULE, x_0, t, eps)
    x_0_hat = process.x_0_from_eps(SCHEDULE, x_t, t, network(x_t, torch.full((n,), t)).detach())
    sigma, unshrunk = float(SCHEDULE.snr[t]) ** -0.5, x_t / float(SCHEDULE.alpha_bar[t]) ** 0.5
    root = math.hypot(sigma, std)
    c_skip, c_out, c_in = std**2 / root**2, sigma * std / root, 1 / root
    assert float(seen["x"].std()) == pytest.approx(1, abs=0.05)
    torch.testing.assert_close(seen["x"], c_in * unshrunk, rtol=1e-4, atol=1e-4)
    scale = 1 + sigma  # ε̂ loses digits of x̂_0 where there is much noise
    theirs = c_skip * unshrunk + c_out * -seen["F"].detach()
    torch.testing.assert_close(x_0_hat / scale, theirs / scale, rtol=1e-3, atol=1e-3)
    times = torch.full((n,), t)
    v = process.v_from_eps(SCHEDULE, x_0_hat, t, network(x_t, times))  # = √ᾱ ε̂ − √(1 − ᾱ) x̂_0
    torch.testing.assert_close(network.v(x_t, times) / scale, v / scale, rtol=1e-3, atol=1e-3)
    assert float(((x_0 - c_skip * unshrunk) / c_out).std()) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("kind", NETWORKS)
def test_data_of_deviation_1_are_those_of_v_prediction_bit_for_bit(kind):
    with_width, without = (
        make(kind, prediction="v", alpha_bar=SCHEDULE.alpha_bar, **more) for more in ({"data_std": 1.0}, {})
    )
    x, t = draw(3, *SHAPES[kind]), torch.tensor([1, 7, T])
    assert torch.equal(with_width(x, t), without(x, t)) and with_width.config == without.config
    other = make(kind, prediction="v", alpha_bar=SCHEDULE.alpha_bar, data_std=0.2)
    again = build(json.loads(json.dumps(other.config)))
    again.load_state_dict(other.state_dict())
    assert torch.equal(again(x, t), other(x, t)) and not torch.allclose(other(x, t), without(x, t))


@pytest.mark.parametrize("bad", [0.0, -1.0, math.inf, math.nan, "1"])
def test_a_bad_width_of_the_data_is_refused(bad):
    with pytest.raises(ConfigError, match=r"^data_std must"):
        make("mlp", prediction="v", alpha_bar=SCHEDULE.alpha_bar, data_std=bad)
    with pytest.raises(ConfigError, match=r"^data_std must be 1"):
        make("mlp", data_std=0.5)


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("prediction", PREDICTIONS)
def test_config_rebuilds_the_same_function_through_json(kind, prediction):
    model = make(kind, alpha_bar=None if prediction == "eps" else SCHEDULE.alpha_bar, prediction=prediction)
    again = build(json.loads(json.dumps(model.config)))
    assert type(again) is type(model) and again.config == model.config
    again.load_state_dict(model.state_dict())
    x, t = draw(T, *SHAPES[kind]), torch.arange(1, T + 1)
    assert torch.equal(again(x, t), model(x, t))


def test_width_and_depth_are_those_of_the_layers():
    one, five = MLP(width=16, depth=1, prediction="eps"), MLP(depth=5, prediction="eps")
    assert one.layers[0].out_features == 16 and len(five.layers) == 2 * 5 + 1


def test_frequencies_do_not_depend_on_the_seed_of_the_weights():
    torch.manual_seed(1)
    first = MLP(prediction="eps")
    torch.manual_seed(2)
    second = MLP(prediction="eps")
    assert torch.equal(first.frequencies, second.frequencies)
    assert not torch.equal(first.layers[0].weight, second.layers[0].weight)


# --- bad input --------------------------------------------------------------------------------------------------------

X = {"mlp": torch.zeros(3, 2), "unet": torch.zeros(3, 1, 8, 8), "dit": torch.zeros(3, 1, 8, 8)}
TIMES = {
    "t-0": (torch.tensor([1, 0, 5]), "t must be in 1..50, got 0 to 5"),
    "t-minus-1": (torch.tensor([1, -1, 5]), "t must be in 1..50, got -1 to 5"),
    "t-T+1": (torch.tensor([1, 51, 5]), "t must be in 1..50, got 1 to 51; make the network with T=schedule.T"),
    "float": (torch.ones(3), "t must be int64 of shape (3,) on cpu, got torch.float32 of shape (3,)"),
    "shape": (torch.ones(3, 1).long(), "t must be int64 of shape (3,) on cpu, got torch.int64 of shape (3, 1)"),
    "batch": (torch.ones(1).long(), "got torch.int64 of shape (1,)"),
    "scalar": (torch.tensor(1), "got torch.int64 of shape ()"),
}


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("t, message", TIMES.values(), ids=TIMES)
def test_bad_times_are_refused(kind, t, message):
    with pytest.raises(ConfigError) as caught:
        make(kind)(X[kind], t)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "kind, shape, message",
    [
        pytest.param("mlp", (3, 3), "x_t must have shape (B, 2), got (3, 3)", id="mlp-dim"),
        pytest.param("mlp", (3,), "x_t must have shape (B, 2), got (3,)", id="mlp-1-D"),
        pytest.param("mlp", (3, 2, 2), "x_t must have shape (B, 2), got (3, 2, 2)", id="mlp-3-D"),
        pytest.param("unet", (3, 3, 8, 8), "with H and W multiples of 4, got (3, 3, 8, 8)", id="channels"),
        pytest.param("unet", (3, 8, 8), "got (3, 8, 8)", id="no-channels"),
        pytest.param("unet", (3, 1, 8), "got (3, 1, 8)", id="unet-3-D"),
        pytest.param("unet", (3, 1, 10, 8), "got (3, 1, 10, 8); pad the images", id="height-10"),
        pytest.param("unet", (3, 1, 8, 6), "got (3, 1, 8, 6)", id="width-6"),
        pytest.param("dit", (3, 2, 8, 8), "shape (B, 1, H, W) with H and W multiples of 2, got", id="dit-channels"),
        pytest.param("dit", (3, 1, 8, 5), "got (3, 1, 8, 5); pad the images, or set channels or patch", id="dit-odd"),
    ],
)  # fmt: skip
def test_data_of_another_shape_is_refused(kind, shape, message):
    with pytest.raises(ConfigError) as caught:
        make(kind)(torch.zeros(shape), torch.ones(3).long())
    assert message in str(caught.value)


def test_an_image_of_too_few_patches_is_refused():
    make("unet", patch=2)(torch.zeros(1, 1, 8, 8), torch.ones(1).long())
    with pytest.raises(ConfigError, match=r"H and W of at least 16, got \(1, 1, 8, 16\); use a smaller patch"):
        make("unet", patch=4)(torch.zeros(1, 1, 8, 16), torch.ones(1).long())


BAD = {
    "width-0": (lambda: MLP(width=0), "width must be an integer in 1..4096, got 0"),
    "depth-float": (lambda: MLP(depth=2.0), "depth must be an integer in 1..4096, got 2.0 of type float"),
    "dim-bool": (lambda: MLP(dim=True), "dim must be an integer in 1..4096, got True of type bool"),
    "features-negative": (lambda: MLP(features=-1), "features must be an integer in 1..4096, got -1"),
    "width-huge": (lambda: MLP(width=10**9), "width must be an integer in 1..4096, got 1000000000"),
    "T-0": (lambda: UNet(T=0), "T must be an integer in 1..100000, got 0"),
    "T-huge": (lambda: UNet(T=10**9), "T must be an integer in 1..100000, got 1000000000"),
    "channels-text": (lambda: UNet(channels="1"), "channels must be an integer in 1..4096, got '1' of type str"),
    "width-12": (lambda: UNet(width=12, prediction="eps"), "width must be a multiple of 8, got 12; use 16"),
    "table-of-other-T": (lambda: MLP(T=10, alpha_bar=SCHEDULE.alpha_bar), "of 11 falling values from 1 at t = 0"),
    "table-without-slot-0": (lambda: MLP(T=T, alpha_bar=SCHEDULE.alpha_bar[1:]), "got shape (50,); use"),
    "table-not-from-1": (lambda: MLP(T=2, alpha_bar=[0.9, 0.5, 0.1]), "falling values from 1 at t = 0"),
    "table-rising": (lambda: MLP(T=2, alpha_bar=[1.0, 0.5, 0.6]), "alpha_bar must be the table"),
    "table-of-betas": (lambda: MLP(T=T, alpha_bar=SCHEDULE.beta), "alpha_bar must be the table"),
    "table-to-0": (lambda: MLP(T=2, alpha_bar=[1.0, 0.5, 0.0], prediction="x_0"), "to above 0 at t = T"),
    "table-nan": (lambda: MLP(T=2, alpha_bar=[1.0, math.nan, 0.1]), "alpha_bar must be the table"),
    "prediction-unknown": (lambda: MLP(prediction="x0"), "prediction must be one of 'eps', 'x_0', 'v', got 'x0'"),
    "v-without-table": (lambda: MLP(T=T), "alpha_bar must be given for prediction 'v', got None; pass alpha_bar="),
    "patch-3": (lambda: UNet(patch=3, prediction="eps"), "patch must be one of 1, 2, 4, got 3; 1 leaves"),
    "patch-0": (lambda: UNet(patch=0, prediction="eps"), "patch must be an integer in 1..4096, got 0"),
    "x_0-without-table": (lambda: UNet(prediction="x_0"), "alpha_bar must be given for prediction 'x_0', got None"),
    "width-of-heads": (lambda: DiT(width=20, heads=3, prediction="eps"), "a multiple of 4 and of heads = 3, got 20"),
    "width-of-places": (lambda: DiT(width=6, heads=2, prediction="eps"), "a multiple of 4 and of heads = 2, got 6"),
    "kind-unknown": (lambda: build({"kind": "unett"}), "did you mean 'unet'?"),
    "kind-missing": (lambda: build({}), "network kind must be one of 'mlp', 'unet', 'dit', got None"),
    "argument-unknown": (lambda: build({"kind": "unet", "depth": 3}), "must hold the arguments of UNet, got {'kind'"),
}  # fmt: skip


@pytest.mark.parametrize("call, message", BAD.values(), ids=BAD)
def test_bad_configurations_are_refused(call, message):
    with pytest.raises(ConfigError) as caught:
        call()
    assert message in str(caught.value)


# --- labels -----------------------------------------------------------------------------------------------------------


def told(**arguments):
    return make("unet", classes=3, **arguments)


def test_untold_is_none_and_a_network_without_classes():
    """Without the columns of the labels the layers are the same."""
    model, x, t = told(), draw(4, 1, 8, 8), torch.tensor([1, 2, 20, T])
    without = make("unet")
    weights = model.state_dict()
    without.load_state_dict(weights | {"embed.0.weight": weights["embed.0.weight"][:, :8].clone()})
    untold = model(x, t, torch.full((4,), -1))
    assert torch.equal(untold, model(x, t))
    torch.testing.assert_close(untold, without(x, t), rtol=1e-5, atol=1e-5)


def test_each_label_has_a_column_and_each_sample_its_label():
    model, x, t = told().double(), draw(1, 1, 8, 8).double().expand(4, 1, 8, 8), torch.full((4,), 20)
    label = torch.tensor([-1, 0, 1, 2])
    together = model(x, t, label)
    assert len(together.flatten(1).unique(dim=0)) == 4
    for i in range(4):
        torch.testing.assert_close(together[i : i + 1], model(x[:1], t[:1], label[i : i + 1]))
    model.embed[0].weight.data[:, 9] = 0  # the column of label 1: then it says nothing
    assert torch.equal(model(x, t, label)[[0, 1, 3]], together[[0, 1, 3]])
    torch.testing.assert_close(model(x, t, label)[2], together[0])


def test_a_network_with_classes_is_built_again_from_its_config():
    model = told(alpha_bar=SCHEDULE.alpha_bar)
    again = build(json.loads(json.dumps(model.config)))
    again.load_state_dict(model.state_dict())
    x, t, label = draw(2, 1, 8, 8), torch.tensor([1, T]), torch.tensor([0, 2])
    assert torch.equal(again(x, t, label), model(x, t, label))
    assert "classes" not in make("unet").config  # checkpoints of before have none


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (torch.tensor([0, 3]), "label must be in -1..2, got 0 to 3; -1 means unconditional"),
        (torch.tensor([-2, 0]), "label must be in -1..2, got -2 to 0"),
        (torch.tensor([0.0, 1.0]), "label must be int64 of shape (2,) on cpu, got torch.float32"),
        (torch.tensor([[0, 1]]), "got torch.int64 of shape (1, 2) on cpu; use one integer per sample"),
    ],
)
def test_wrong_labels_are_refused(label, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        told()(draw(2, 1, 8, 8), torch.tensor([1, 2]), label)


def test_a_label_for_a_network_without_classes_and_a_number_of_classes_that_is_none():
    with pytest.raises(ConfigError, match="label must be None for a network without classes"):
        make("unet")(draw(2, 1, 8, 8), torch.tensor([1, 2]), torch.tensor([0, 1]))
    with pytest.raises(ConfigError, match="classes must be"):
        make("unet", classes=-1)


@pytest.mark.parametrize("kind", SHAPES)
def test_an_input_of_another_type_is_refused_and_autocast_is_not(kind):
    model, x, t = make(kind), draw(2, *SHAPES[kind]), torch.tensor([1, 2])
    with pytest.raises(ConfigError, match=r"x_t must be torch.float32 as .*, got torch.float64; use x_t.to\(torch.fl"):
        model(x.double(), t)
    with pytest.raises(ConfigError, match=r"x_t must be torch.float64 as the network is, got torch.float32"):
        make(kind).double()(x, t)
    with pytest.raises(ConfigError, match="x_t must be a tensor"):
        model(x.tolist(), t)
    with torch.autocast("cpu", torch.bfloat16):
        assert model(x.bfloat16(), t).dtype == torch.bfloat16


def test_a_time_that_is_a_number_is_refused():
    with pytest.raises(ConfigError, match=r"t must be int64 of shape \(2,\) on cpu, got 5; use one integer per sample"):
        make("mlp")(draw(2, 2), 5)
