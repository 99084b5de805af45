"""Own optimisers, groups, weight decay, warm-up, a longer run, TensorBoard."""

from __future__ import annotations

import copy
import json
import math
import sys
from types import ModuleType

import pytest
import torch
from runs import config_of, log_of
from torch import nn

from diffusion_lib.errors import CheckpointCorrupt, CheckpointMismatch, CheckpointSaveError, ConfigError
from diffusion_lib.process.schedule import linear
from diffusion_lib.train import checkpoint, run
from diffusion_lib.train import tensorboard as boards
from diffusion_lib.train.config import TrainConfig
from diffusion_lib.train.loop import TrainState, train

SCHEDULE = linear(20)
DATA = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))


class Tiny(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.outer = nn.Linear(2, 4), nn.Linear(4, 2)

    def forward(self, x_t, t):
        return self.outer(torch.sin(self.inner(x_t) + t[:, None]))


def sgd(parameters):
    return torch.optim.SGD(parameters, lr=0.1, momentum=0.9)


def grouped(parameters):
    """Matrices decay, and learn more slowly than biases."""
    matrices, vectors = ([p for p in parameters if (p.ndim > 1) == wide] for wide in (True, False))
    return torch.optim.AdamW([{"params": matrices, "lr": 1e-3, "weight_decay": 0.1}, {"params": vectors, "lr": 1e-2}])


class Counting(torch.optim.Optimizer):
    """Keeps plain numbers in its state, and one in its group, as some optimisers of other libraries do."""

    def __init__(self, parameters):
        super().__init__(parameters, {"lr": 0.1, "scale": 1.0, "even": True})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                state["calls"], state["sum"], state["none"] = (
                    state.get("calls", 0) + 1,
                    state.get("sum", 0.0) + 0.5,
                    None,
                )
                p.sub_(p.grad, alpha=group["lr"] * group["scale"] / state["calls"] + 1e-3 * state["sum"])
            group["scale"] *= 0.9


OWN = {"sgd": sgd, "groups": grouped, "numbers": Counting, "adam": lambda ps: torch.optim.NAdam(ps, lr=1e-2)}


def new_state(config, optimizer=None):
    torch.manual_seed(0)
    return TrainState.create(Tiny(), config, optimizer=optimizer)


# --- the update ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", OWN)
def test_an_own_optimizer_steps_as_in_a_plain_loop(name):
    config = config_of(steps=12, warmup=5, grad_clip=0.05)
    state = new_state(config, OWN[name])
    torch.manual_seed(0)
    net = Tiny()
    plain = OWN[name](list(net.parameters()))
    start = [group["lr"] for group in plain.param_groups]
    shadow = copy.deepcopy(state)  # draws the same batches; its gradient is ours to take
    batches = []
    shadow.model.register_forward_pre_hook(lambda module, given: batches.append(given))
    records = list(train(state, DATA, SCHEDULE, config))
    list(train(shadow, DATA, SCHEDULE, config))
    assert torch.equal(shadow.parameters, state.parameters)  # a copied state is complete
    generator = torch.Generator().manual_seed(config.seed)
    from diffusion_lib.train.batch import draw_batch, sampling_and_weight

    p, weight = sampling_and_weight(SCHEDULE, config, DATA)
    for k, (x_t, t) in enumerate(batches):
        _, _, eps = draw_batch(DATA, p, 4, generator)
        plain.zero_grad()
        ((net(x_t, t) - eps).square() * weight[t][:, None]).mean().backward()
        nn.utils.clip_grad_norm_(net.parameters(), 0.05)
        factor = (1 + math.cos(math.pi * k / 12)) / 2 * min(1, (k + 1) / 5)
        for group, lr in zip(plain.param_groups, start, strict=True):
            group["lr"] = lr * factor
        plain.step()
        assert records[k].lr == pytest.approx(start[0] * factor)
    for ours, theirs in zip(state.model.parameters(), net.parameters(), strict=True):
        torch.testing.assert_close(ours.data, theirs.data, rtol=1e-4, atol=1e-5)


def test_warm_up_rises_in_a_line_and_then_leaves_the_decay_alone():
    with_it, without = config_of(steps=100, warmup=10), config_of(steps=100)
    assert [with_it.lr_at(k) / without.lr_at(k) for k in (0, 4, 9, 10, 60)] == pytest.approx([0.1, 0.5, 1, 1, 1])
    assert with_it.lr_at(60) == without.lr_at(60)


def test_weight_decay_is_that_of_adamw():
    """With a rate of lr each step multiplies the parameters by 1 − lr · decay, beside what the gradient does."""
    ends = {}
    for decay in (0.0, 0.01, 0.5):
        config = config_of(steps=1, lr_decay="none", weight_decay=decay)
        state = new_state(config)
        start = state.parameters.detach().clone()
        list(train(state, DATA, SCHEDULE, config))
        ends[decay] = state.parameters.detach() - start
    for decay in (0.01, 0.5):
        torch.testing.assert_close(ends[decay] - ends[0.0], -1e-2 * decay * start, rtol=1e-3, atol=1e-7)


def test_settings_that_came_later_leave_older_runs_equal():
    config = config_of()
    assert "weight_decay" not in config.to_dict() and "warmup" not in config.to_dict()
    assert TrainConfig.from_dict(config.to_dict()) == config
    changed = config_of(weight_decay=0.1, warmup=2)
    assert changed.to_dict()["weight_decay"] == 0.1 and TrainConfig.from_dict(changed.to_dict()) == changed


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        (3, "optimizer must be a function of the parameters, got int"),
        (torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1), "must be a function of the parameters, got SGD"),
        (lambda ps: None, "must return a torch.optim.Optimizer .* got NoneType"),
        (lambda ps: torch.optim.LBFGS(ps), "without a closure, as all but LBFGS do, got LBFGS"),
        (lambda ps: sgd(ps[:3]), "each trained parameter once, got 3 of 4 among 3; freeze what"),
        (lambda ps: sgd([nn.Parameter(torch.zeros(1))]), "each trained parameter once, got 0 of 4 among 1"),
    ],
)
def test_what_is_no_optimizer_of_the_parameters_is_refused(optimizer, message):
    with pytest.raises(ConfigError, match=message):
        new_state(config_of(), optimizer)


# --- checkpoints -----------------------------------------------------------------------------------------------------


def drive(directory, config, optimizer=None, **options):
    state = new_state(config, optimizer)
    run.drive(directory, state, config, train(state, DATA, SCHEDULE, config), {}, **options)
    return state


def stopped(directory, config, step, optimizer=None):
    """A run that a signal stops after a step."""
    state, received = new_state(config, optimizer), []

    def records():
        for record in train(state, DATA, SCHEDULE, config):
            received.extend([15] if record.step == step else [])
            yield record

    assert run.drive(directory, state, config, records(), {}, received=received) == 15


def equal_files(one, other, step):
    names = (f"step-{step:09d}.safetensors", f"step-{step:09d}.json", "log.jsonl")
    assert [name for name in names if (one / name).read_bytes() != (other / name).read_bytes()] == []


@pytest.mark.parametrize("name", OWN)
def test_a_run_with_an_own_optimizer_resumes_bit_for_bit(tmp_path, name):
    config = config_of(steps=9)
    drive(tmp_path / "whole", config, OWN[name])
    stopped(tmp_path / "parts", config, 4, OWN[name])
    drive(tmp_path / "parts", config, OWN[name])
    equal_files(tmp_path / "whole", tmp_path / "parts", 9)


def test_another_optimizer_or_other_settings_of_it_are_refused(tmp_path):
    config = config_of(steps=3)
    drive(tmp_path, config, sgd)
    cases = {
        "optimizer groups is": lambda ps: torch.optim.SGD(ps, lr=0.2, momentum=0.9),
        "optimizer class is 'SGD' in the checkpoint and 'Counting' here": Counting,
        "optimizer is .* and None here": None,
    }
    for message, optimizer in cases.items():
        with pytest.raises(CheckpointMismatch, match=message):
            drive(tmp_path, config, optimizer)


def test_a_state_that_no_file_holds_is_not_saved_and_a_damaged_one_not_loaded(tmp_path):
    config = config_of(steps=3)
    state = new_state(config, sgd)
    list(train(state, DATA, SCHEDULE, config))
    checkpoint.save(tmp_path, state, {})
    before = state.parameters.clone()
    real, state.optimizer.state = state.optimizer.state, {state.optimizer.param_groups[0]["params"][0]: {"x": []}}
    with pytest.raises(CheckpointSaveError, match="tensors and numbers, got optimizer/0/x of type list"):
        checkpoint.save(tmp_path, state, {})
    state.optimizer.state = real
    content = checkpoint.optimizers.tensors(state.optimizer)
    for bad in (
        {"optimizer/9": torch.zeros(1)},
        {"optimizer/x/y": torch.zeros(1)},
        {"optimizer/0/y/text": torch.ones(1)},
    ):
        with pytest.raises(CheckpointCorrupt, match="must hold the state of the optimizer"):
            checkpoint.optimizers.restore(state.optimizer, content | bad)
    assert torch.equal(before, state.parameters)


# --- more steps ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [3, 5])
@pytest.mark.parametrize("optimizer", [None, sgd])
def test_with_a_constant_rate_a_longer_run_equals_the_uninterrupted_one(tmp_path, capsys, first, optimizer):
    """Also with warm-up, whether it is over or not."""
    options = {"lr_decay": "none", "warmup": 4}
    drive(tmp_path / "whole", config_of(steps=9, **options), optimizer)
    drive(tmp_path / "parts", config_of(steps=first if first > 4 else 4, **options), optimizer)
    drive(tmp_path / "parts", config_of(steps=9, **options), optimizer)
    equal_files(tmp_path / "whole", tmp_path / "parts", 9)
    assert capsys.readouterr().err == ""


def test_with_the_cosine_the_rate_goes_back_up_and_a_line_says_so(tmp_path, capsys):
    drive(tmp_path / "whole", config_of(steps=9))
    drive(tmp_path / "parts", config_of(steps=5))
    assert capsys.readouterr().err == ""
    drive(tmp_path / "parts", config_of(steps=9))
    line = "warning: extended from 5 to 9 steps, the learning rate goes back up to its cosine: not equal to a run of 9"
    assert capsys.readouterr().err.startswith(line)
    short, long = config_of(steps=5), config_of(steps=9)
    expected = [short.lr_at(k) for k in range(5)] + [long.lr_at(k) for k in range(5, 9)]
    assert [record["lr"] for record in log_of(tmp_path / "parts")] == expected
    assert json.loads((tmp_path / "parts" / "step-000000009.json").read_text())["config"]["train"]["steps"] == 9


def test_fewer_steps_and_any_other_change_stay_refused(tmp_path):
    drive(tmp_path, config_of(steps=5))
    with pytest.raises(CheckpointMismatch, match="train steps is 5 in the checkpoint and 4 here"):
        drive(tmp_path, config_of(steps=4))
    with pytest.raises(CheckpointMismatch, match="train batch_size is 4 in the checkpoint and 8 here"):
        drive(tmp_path, config_of(steps=9, batch_size=8))
    assert checkpoint.list_checkpoints(tmp_path) == [5]


# --- TensorBoard -----------------------------------------------------------------------------------------------------


def test_without_the_package_the_option_is_refused_before_a_directory_exists(tmp_path, monkeypatch):
    monkeypatch.setattr(boards.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"tensorboard must be installed .* run: pip install tensorboard"):
        drive(tmp_path / "run", config_of(), tensorboard=True)
    assert not (tmp_path / "run").exists()


def test_each_record_is_written_once_and_a_resumed_run_hides_what_was_not_saved(tmp_path, monkeypatch):
    written = []

    class SummaryWriter:
        def __init__(self, folder, purge_step):
            written.append((folder, purge_step))

        def __enter__(self):
            return self

        def __exit__(self, *_):
            written.append("closed")

        def add_scalar(self, name, value, step):
            written.append((name, value, step))

    module = ModuleType("torch.utils.tensorboard")
    module.SummaryWriter = SummaryWriter
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    monkeypatch.setattr(boards, "check_installed", lambda: None)
    monkeypatch.setattr(run, "check_installed", lambda: None)
    for steps in (2, 3):
        drive(tmp_path, config_of(steps=steps, lr_decay="none"), tensorboard=True)
    lines = [
        (name, record[name], record["step"]) for record in log_of(tmp_path) for name in ("loss", "lr", "grad_norm")
    ]
    folder = tmp_path / "tensorboard"
    assert written == [(folder, 1), *lines[:6], "closed", (folder, 3), *lines[6:], "closed"]


def test_the_files_are_those_that_tensorboard_reads(tmp_path):
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    drive(tmp_path, config_of(steps=3), tensorboard=True)
    events = accumulator.EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [(e.step, pytest.approx(e.value)) for e in events.Scalars("loss")] == [
        (record["step"], record["loss"]) for record in log_of(tmp_path)
    ]
