"""What ``train`` takes: a Dataset trains as the tensor of its samples does, and resumes bit for bit; a DataLoader."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from PIL import Image
from runs import config_of
from torch import nn
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset

from diffusion_lib.errors import ConfigError
from diffusion_lib.networks import UNet
from diffusion_lib.process.schedule import linear
from diffusion_lib.runtime.processes import Processes
from diffusion_lib.train import checkpoint
from diffusion_lib.train.data import batches
from diffusion_lib.train.loop import TrainState, train

SCHEDULE = linear(20)
DATA = torch.randn(50, 2, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(50) % 3
P = torch.tensor([0.0] + 20 * [0.05], dtype=torch.float64)


class Told(nn.Module):
    """Takes a label, or any other condition of the width of x, and remembers it."""

    def __init__(self):
        super().__init__()
        self.layer, self.offset, self.seen = nn.Linear(3, 2), nn.Embedding(4, 2), []

    def forward(self, x_t, t, condition=None):
        self.seen.append(condition)
        out = self.layer(torch.cat([x_t, t[:, None] / 20], 1))
        if condition is None:
            return out
        return out + (condition if condition.is_floating_point() else self.offset(condition + 1))


class Jittered(Dataset):
    """A random transform, by PyTorch's global generator."""

    def __len__(self):
        return 50

    def __getitem__(self, i):
        return DATA[i] + 0.1 * torch.randn(2)


def new_state(config):
    torch.manual_seed(0)
    return TrainState.create(Told(), config)


def run(data, config=None, **options):
    config = config or config_of()
    state = new_state(config)
    return state, list(train(state, data, SCHEDULE, config, **options))


@pytest.mark.parametrize("data", [TensorDataset(DATA), list(DATA), list(DATA.numpy()), list(DATA.double())])
def test_a_dataset_trains_bit_for_bit_as_the_tensor_of_its_samples(data):
    (state, records), (other, expected) = run(data), run(DATA)
    assert records == expected and torch.equal(state.parameters, other.parameters)
    assert torch.equal(state.generator.get_state(), other.generator.get_state())


def test_pairs_train_bit_for_bit_as_tensor_and_labels():
    (state, records), (other, expected) = run(TensorDataset(DATA, LABELS)), run(DATA, labels=LABELS)
    assert records == expected and torch.equal(state.parameters, other.parameters)
    assert all(torch.equal(a, b) for a, b in zip(state.model.seen, other.model.seen, strict=True))
    assert run([(x, int(label)) for x, label in zip(DATA, LABELS, strict=True)])[1] == expected


@pytest.mark.parametrize("as_loader", [False, True])
def test_a_condition_that_is_no_label_is_handed_on_as_it_is(as_loader):
    data = TensorDataset(DATA, 10 + DATA)
    state, _ = run(DataLoader(data, batch_size=4) if as_loader else data)
    assert {*map(tuple, torch.cat(state.model.seen).tolist())} <= {*map(tuple, (10 + DATA).tolist())}


def test_a_run_on_a_dataset_with_random_transforms_resumes_bit_for_bit(tmp_path):
    config, data = config_of(steps=9), Jittered()
    whole, records = run(data, config)
    half, again = new_state(config), new_state(config)
    steps = train(half, data, SCHEDULE, config)
    assert [next(steps) for _ in range(4)] == records[:4]
    checkpoint.save(tmp_path, half, {})
    checkpoint.load_latest(tmp_path, again, {})
    torch.manual_seed(99)  # another process has another global stream
    assert list(train(again, data, SCHEDULE, config)) == records[4:]
    assert torch.equal(again.parameters, whole.parameters) and torch.equal(again.average, whole.average)


def test_transforms_differ_from_step_to_step_and_leave_the_global_stream_alone():
    config = config_of(batch_size=50)
    state = new_state(config)
    torch.manual_seed(5)
    draw = batches([torch.zeros(2)] * 3, None, state, config, Processes())  # what is drawn is the same for all items
    assert draw(P)[0].unique().tolist() == [0.0]

    class Noise(Jittered):
        def __getitem__(self, i):
            return torch.rand(2)

    draw = batches(Noise(), None, state, config, Processes())
    first = draw(P)[0]
    assert len(first.unique()) == 100
    state.step += 1
    assert not bool(torch.isin(draw(P)[0], first).any())
    assert torch.equal(torch.rand(3), torch.rand(3, generator=torch.Generator().manual_seed(5)))


@pytest.mark.parametrize("size", [2, 4])
def test_processes_share_the_batch_of_one(size):
    """Also with a random transform, whose stream belongs to a place in the batch."""
    config = config_of(batch_size=8)
    (whole,) = (batches(Jittered(), None, new_state(config), config, Processes())(P) for _ in range(1))
    parts = [batches(Jittered(), None, new_state(config), config, Processes(rank, size))(P) for rank in range(size)]
    for all_rows, rows in zip(whole, zip(*parts, strict=True), strict=True):
        assert torch.equal(all_rows, torch.cat(rows))


def test_a_loader_is_repeated_and_its_last_batch_may_be_short():
    state, records = run(DataLoader(TensorDataset(DATA[:10], LABELS[:10]), batch_size=4), config_of(steps=7))
    assert [len(seen) for seen in state.model.seen] == [4, 4, 2, 4, 4, 2, 4]
    assert len(records) == 7 and set(torch.cat(state.model.seen).tolist()) <= {-1, 0, 1, 2}

    class Stream(IterableDataset):
        def __iter__(self):
            return iter(DATA[:6])

    assert len(run(DataLoader(Stream(), batch_size=4))[1]) == 8


def test_a_loader_decides_what_comes_next_and_time_and_noise_are_the_state_s():
    config = config_of()
    shuffled = [DataLoader(TensorDataset(DATA), batch_size=4, shuffle=True) for _ in range(2)]
    drawn = []
    for seed, loader in enumerate(shuffled):
        torch.manual_seed(seed)
        drawn.append(batches(loader, None, TrainState.create(Told(), config), config, Processes())(P))
    assert not torch.equal(drawn[0][0], drawn[1][0])
    assert torch.equal(drawn[0][1], drawn[1][1]) and torch.equal(drawn[0][2], drawn[1][2])


def test_a_folder_of_images_is_read_by_its_path(tmp_path):
    for i in range(6):
        pixels = np.random.default_rng(i).integers(0, 255, (8, 8, 3), dtype=np.uint8)
        (tmp_path / "ab"[i % 2]).mkdir(exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / "ab"[i % 2] / f"{i}.png")
    config, losses = config_of(steps=2), []
    for path in (tmp_path, str(tmp_path)):
        torch.manual_seed(0)
        network = UNet(3, width=8, T=20, alpha_bar=SCHEDULE.alpha_bar, classes=2)
        losses.append([r.loss for r in train(TrainState.create(network, config), path, SCHEDULE, config)])
    assert losses[0] == losses[1]
    with pytest.raises(ConfigError, match="labels must be None for a model without classes"):
        train(TrainState.create(UNet(3, width=8, T=20, prediction="eps"), config), tmp_path, SCHEDULE, config)


class Nameless:
    """Has a length and items, as datasets of other libraries have."""

    def __init__(self, item):
        self.item = item

    def __len__(self):
        return 5

    def __getitem__(self, i):
        return self.item(i)


REFUSED = {
    "dict": (Nameless(lambda i: {"image": DATA[i]}), "data must give tensors x_0 or pairs .* got dict; wrap it"),
    "three": (TensorDataset(DATA, DATA, DATA), r"got \(Tensor, Tensor, Tensor\)"),
    "shapes": (Nameless(lambda i: torch.zeros(i + 1)), "items of data must be tensors of one shape"),
    "images": (
        Nameless(lambda i: Image.new("L", (8, 8))),
        "items of data must be tensors of one shape, .* got default",
    ),
    "bytes": (Nameless(lambda i: (127 * DATA[i]).to(torch.uint8)), r"got torch.uint8; scale bytes"),
    "unscaled": (Nameless(lambda i: 100 + DATA[i]), "data must be finite and of size <= 8, got 98.8742"),
    "nan": (Nameless(lambda i: DATA[i] * float("nan")), "data must be finite and of size <= 8, got nan"),
    "empty": ([], "data must hold at least one sample, got an empty list"),
    "label": (Nameless(lambda i: (DATA[i], -2)), "labels must count from 0, got -2"),
    "label-float": (Nameless(lambda i: (DATA[i], torch.tensor(1, dtype=torch.int32))), "labels must be an int64"),
    "iterable": (type("Stream", (IterableDataset,), {"__iter__": iter})(), "data must have a length, got Stream; pass"),
    "numpy": (DATA.numpy(), "data must be a floating-point tensor .* got ndarray"),
    "number": (3, "data must be a floating-point tensor .* got int"),
    "path": ("nowhere", "data must be a folder of images, got 'nowhere'"),
    "batch-size": (
        DataLoader(TensorDataset(DATA), batch_size=5),
        r"batch_size must be that of the DataLoader, 5, got 4",
    ),
}


@pytest.mark.parametrize(("data", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_trained_on_is_refused_at_the_call(data, message):
    config = config_of()
    state = new_state(config)
    before = state.generator.get_state()
    with pytest.raises(ConfigError, match=message):
        train(state, data, SCHEDULE, config)
    assert torch.equal(before, state.generator.get_state())


def test_a_bad_item_that_was_not_looked_at_stops_the_step_that_reads_it():
    data = [DATA[i] * (1 if i != 7 else float("inf")) for i in range(50)]
    with pytest.raises(ConfigError, match="data must be finite and of size <= 8, got"):
        run(data, config_of(steps=100))


def test_loaders_that_cannot_be_used_are_refused():
    config = config_of()
    loader = DataLoader(TensorDataset(DATA[:3]), batch_size=4, drop_last=True)
    with pytest.raises(ConfigError, match="data must yield batches, got an empty DataLoader"):
        next(train(new_state(config), loader, SCHEDULE, config))
    with pytest.raises(ConfigError, match="with 2 processes, got a DataLoader; pass its Dataset"):
        train(new_state(config), loader, SCHEDULE, config, Processes(0, 2))
    with pytest.raises(ConfigError, match="labels must be None unless data is a tensor"):
        train(new_state(config), TensorDataset(DATA), SCHEDULE, config, labels=LABELS)


def test_the_stream_of_an_item_does_not_depend_on_python_s_own():
    """What is promised is PyTorch's global generator alone."""
    random.seed(0)
    one = run(Jittered())[1]
    random.seed(1)
    assert run(Jittered())[1] == one
