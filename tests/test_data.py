"""The densities against their stated distributions, the images against their source, and unusable data."""

from __future__ import annotations

import gzip
import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits, load_sample_image

from diffusion_lib import data
from diffusion_lib.data import (
    CLOTHES_CLASSES,
    CLOTHES_SIZES,
    DENSITIES,
    FASHION_FOLDERS,
    GAUSSIAN_MIXTURES,
    PHOTO_SIDE,
    check_data,
    clothes,
    clothes_labels,
    digit_labels,
    digits,
    fashion_labels,
    fashion_mnist,
    photograph,
    sample_density,
)
from diffusion_lib.errors import ConfigError, WeightsUnavailable

N = 40_000
VARIANCES = {  # along each axis, from the definitions
    "moons": (
        0.75 + 0.07**2,  # E cos² + ¼
        (0.5 - (2 / math.pi) ** 2) + (2 / math.pi - 0.25) ** 2 + 0.07**2,
    ),
    "ring": (1 + 0.1**2, 1 + 0.1**2),
    "grid": (2 * 0.7**2 + 0.07**2, 2 * 0.7**2 + 0.07**2),
    "checkerboard": (4 / 3, 4 / 3),
}


def kolmogorov_distance(values: torch.Tensor, cdf) -> float:
    """sup |F_n − F|; above √(ln(2e6) / 2n) = 2.7/√n with probability 1e-6 only."""
    ordered = values.double().sort().values
    levels = torch.arange(len(ordered) + 1, dtype=torch.float64) / len(ordered)
    exact = cdf(ordered)
    return max((levels[1:] - exact).max().item(), (exact - levels[:-1]).max().item())


def assert_uniform(values: torch.Tensor, low: float, high: float) -> None:
    assert kolmogorov_distance(values, lambda v: ((v - low) / (high - low)).clamp(0, 1)) < 2.7 / math.sqrt(len(values))


def nearer_the_upper_moon(points: torch.Tensor) -> torch.Tensor:
    x, y = (points + torch.tensor([0.5, 0.25])).T
    return (x.hypot(y) - 1).abs() < ((x - 1).hypot(y - 0.5) - 1).abs()


# --- densities --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DENSITIES)
def test_a_density_is_centred_with_a_scale_near_1(name):
    x = sample_density(name, N, seed=3)
    assert x.shape == (N, 2) and x.dtype == torch.float32
    assert (x.mean(0).abs() < 5 * x.std(0) / math.sqrt(N)).all()
    assert (x.std(0) > 0.45).all() and (x.std(0) < 1.2).all() and x.abs().max() < 3
    for axis, variance in enumerate(VARIANCES.get(name, ())):
        assert x[:, axis].var().item() == pytest.approx(variance, rel=0.03)


@pytest.mark.parametrize("name", DENSITIES)
def test_the_same_seed_gives_the_same_points_and_leaves_torchs_own_stream_alone(name):
    before = torch.random.get_rng_state()
    x = sample_density(name, 100, seed=2**63 - 1)
    assert torch.equal(x, sample_density(name, 100, seed=2**63 - 1)) and torch.equal(
        before, torch.random.get_rng_state()
    )
    assert not torch.equal(x, sample_density(name, 100, seed=0))
    assert len(x.unique(dim=0)) == 100


def test_moons_are_two_half_circles_with_noise():
    upper = sample_density("moons", N, 0).double() + torch.tensor([0.5, 0.25])
    lower = torch.tensor([1.0, 0.5]) - upper  # the same half circle after a half turn
    for x, y in (upper.T, lower.T):
        angle, radius = torch.atan2(y, x), x.hypot(y)
        alone = (angle > 2) & (angle < 2.9) & (radius > 0.6)  # far from the other one and from the ends
        assert radius[alone].mean().item() == pytest.approx(1 + 0.07**2 / 2, abs=0.005)
        assert radius[alone].std().item() == pytest.approx(0.07, rel=0.05)
        assert_uniform(angle[alone], 2, 2.9)


@pytest.mark.parametrize("name", GAUSSIAN_MIXTURES)
def test_mixtures_have_the_stated_means_weights_and_std(name):
    means, std = GAUSSIAN_MIXTURES[name]
    x = sample_density(name, N, 1).double()
    distance, component = torch.cdist(x, means).min(dim=1)
    counts = torch.bincount(component, minlength=len(means)).double()
    expected = N / len(means)
    assert ((counts - expected) ** 2 / expected).sum() < len(means) + 8 * math.sqrt(2 * len(means))
    # |x − mean|² / std² is chi-square with 2 degrees of freedom: 1 − exp(−d²/2)
    assert kolmogorov_distance(distance / std, lambda d: 1 - torch.exp(-(d**2) / 2)) < 2.7 / math.sqrt(N)


def test_mixtures_lie_on_a_ring_and_on_a_grid():
    ring, grid = GAUSSIAN_MIXTURES["ring"][0], GAUSSIAN_MIXTURES["grid"][0]
    assert ring.shape == (8, 2) and torch.allclose(ring.norm(dim=1), torch.tensor(math.sqrt(2)).double())
    assert torch.cdist(ring, ring).fill_diagonal_(9).min().item() == pytest.approx(
        2 * math.sqrt(2) * math.sin(math.pi / 8)
    )
    assert grid.shape == (25, 2) and torch.cdist(grid, grid).fill_diagonal_(9).min().item() == pytest.approx(0.7)


def test_the_swiss_roll_winds_once_and_a_half():
    centre = torch.tensor([2.0, 2 / (3 * math.pi)], dtype=torch.float64)
    x, y = (7 * sample_density("swiss_roll", N, 2).double() + centre).T
    turns = ((x.hypot(y) - torch.atan2(y, x)) / (2 * math.pi)).round()
    off_spiral = x.hypot(y) - torch.atan2(y, x) - 2 * math.pi * turns  # r − φ, small on the spiral
    assert off_spiral.std().item() == pytest.approx(7 * 0.07, rel=0.03)  # the noise, in units of the spiral
    inner = (x.hypot(y) > 6) & (x.hypot(y) < 12.5)  # away from the ends, r is uniform
    assert_uniform(x.hypot(y)[inner], 6, 12.5)


def test_the_checkerboard_is_uniform_on_its_dark_squares():
    x = sample_density("checkerboard", N, 3)
    corner = x.floor()
    assert (corner.sum(1) % 2 == 0).all() and x.abs().max() <= 2
    counts = (corner @ torch.tensor([4.0, 1.0])).unique(return_counts=True)[1].double()
    assert len(counts) == 8 and ((counts - N / 8) ** 2 / (N / 8)).sum() < 40
    for axis in (0, 1):
        assert_uniform(x[:, axis] - corner[:, axis], 0, 1)


@pytest.mark.parametrize(
    "name, event",
    [
        ("moons", lambda x: x[:, 0] > 0),
        ("moons", lambda x: torch.where(nearer_the_upper_moon(x), x[:, 0] > -0.5, x[:, 0] < 0.5)),  # angle < π/2
        ("ring", lambda x: x[:, 0] + x[:, 1] / 3 > 0),
        ("grid", lambda x: x[:, 0] + x[:, 1] / 3 > 0.1),
        ("swiss_roll", lambda x: x[:, 0] > 0),
        ("checkerboard", lambda x: x[:, 0] > 0),
    ],
)
def test_points_are_independent_and_not_stratified(name, event):
    """The count of an event scatters as a binomial does; a stratified sample would hardly scatter."""
    counts = torch.tensor([event(sample_density(name, 100, seed)).sum().item() for seed in range(400)]).double()
    p = counts.mean() / 100
    ratio = (counts.var() / (100 * p * (1 - p))).item()
    assert abs(ratio - 1) < 5 * math.sqrt(2 / 399)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("moon", 10, 0), "did you mean 'moons'?"),
        (("moons", 0, 0), "n must be an integer >= 1, got 0"),
        (("moons", 10, -1), "seed must be an integer in 0..9223372036854775807, got -1"),
        (("moons", 10, 2**63), "got 9223372036854775808"),
        (("moons", 10, None), "got None of type NoneType"),
        (("moons", 10, True), "got True of type bool"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ConfigError) as caught:
        sample_density(*arguments)
    assert message in str(caught.value)


# --- images -----------------------------------------------------------------------------------------------------------


def test_labels_belong_to_their_images():
    source = load_digits()
    of_image = {image.tobytes(): label for image, label in zip(source.images, source.target, strict=True)}
    for split in ("train", "test"):
        images, labels = digits(split), digit_labels(split)
        assert labels.dtype == torch.int64 and labels.shape == (len(images),)
        originals = ((images.squeeze(1).double() + 1) * 8).numpy()
        assert labels.tolist() == [of_image[image.tobytes()] for image in originals]


def test_digits_are_the_source_scaled_split_and_stratified():
    train, test, source = digits(), digits("test"), load_digits()
    assert train.shape == (1442, 1, 8, 8) and test.shape == (355, 1, 8, 8)
    assert train.dtype == torch.float32 and train.min() == -1 and train.max() == 1
    images = [tuple(image) for image in (source.images.reshape(-1, 64) / 8 - 1).astype(np.float32)]
    both = [tuple(image) for image in torch.cat([train, test]).flatten(1).numpy()]
    assert sorted(images) == sorted(both)
    labels = dict(zip(images, source.target, strict=True))
    for split, fraction in ((train, 0.8), (test, 0.2)):
        found = np.bincount([labels[tuple(image)] for image in split.flatten(1).numpy()])
        assert (abs(found - fraction * np.bincount(source.target)) < 1).all()
    assert torch.equal(digits("train"), train)


def test_the_photograph_is_the_central_square_of_the_source():
    for name in ("china", "flower"):
        source = load_sample_image(f"{name}.jpg")
        assert source.shape[0] == PHOTO_SIDE
        left = (source.shape[1] - PHOTO_SIDE) // 2
        square = torch.from_numpy(source[:, left : left + PHOTO_SIDE].copy()).permute(2, 0, 1) / 127.5 - 1
        whole = photograph(PHOTO_SIDE, name)
        assert torch.equal(whole, square)
        small = photograph(61, name)  # 427 = 7 · 61: close to the mean over 7 × 7 pixels
        assert small.shape == (3, 61, 61) and small.dtype == torch.float32 and small.abs().max() <= 1
        assert (small - torch.nn.functional.avg_pool2d(whole, 7)).abs().mean() < 0.05
    assert photograph().shape == (3, 256, 256) and torch.equal(photograph(), photograph(256, "china"))


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: digits("valid"), "split must be one of 'train', 'test', got 'valid'"),
        (lambda: digit_labels("valid"), "split must be one of 'train', 'test', got 'valid'"),
        (lambda: clothes("valid"), "split must be one of 'train', 'validation', 'test', got 'valid'"),
        (lambda: clothes_labels("valid"), "split must be one of 'train', 'validation', 'test', got 'valid'"),
        (lambda: fashion_mnist("valid"), "split must be one of 'train', 'test', got 'valid'"),
        (lambda: fashion_labels("valid"), "split must be one of 'train', 'test', got 'valid'"),
        (lambda: photograph(0), "size must be an integer in 1..427, got 0"),
        (lambda: photograph(428), "size must be an integer in 1..427, got 428"),
        (lambda: photograph(64, "chian"), "did you mean 'china'?"),
    ],
)
def test_bad_image_arguments_are_refused(call, message):
    with pytest.raises(ConfigError) as caught:
        call()
    assert message in str(caught.value)


@pytest.mark.parametrize("split", CLOTHES_SIZES)
def test_clothes_are_of_ten_classes_in_equal_proportions_and_all_different(split):
    x, labels = clothes(split), clothes_labels(split)
    n = CLOTHES_SIZES[split]
    assert x.shape == (n, 1, 28, 28) and x.dtype == torch.float32 and x.min() == -1 and x.max() == 1
    assert labels.dtype == torch.int64 and torch.bincount(labels).tolist() == [n // 10] * 10
    assert len(CLOTHES_CLASSES) == 10
    assert len(x.flatten(1).unique(dim=0)) >= n - 2
    means = torch.stack([clothes()[clothes_labels() == label].mean(0) for label in range(10)]).flatten(1)
    nearest = torch.cdist(x.flatten(1), means).argmin(1)
    assert (nearest == labels).double().mean() > 0.6  # 0.68; chance is 0.1: the labels are those of the images


def test_no_image_of_clothes_is_in_two_splits():
    together = torch.cat([clothes(split).flatten(1) for split in CLOTHES_SIZES])
    assert len(together.unique(dim=0)) >= len(together) - 3


def test_the_file_of_clothes_is_small():
    assert data.CLOTHES.stat().st_size < 5_000_000
    assert "Zalando SE" in data.CLOTHES.with_suffix(".LICENSE").read_text()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (None, "must be readable, got"),
        (lambda packed: packed[:-1], "must have the sha256"),
        (lambda packed: packed[:1000] + bytes([packed[1000] ^ 1]) + packed[1001:], "got other content (4858244 bytes)"),
        (lambda packed: b"version https://git-lfs", "got other content (23 bytes); install diffusion_lib again"),
    ],
    ids=["absent", "cut-off", "damaged", "pointer"],
)
def test_missing_or_damaged_clothes_are_refused_with_a_remedy(tmp_path, monkeypatch, change, message):
    if change:
        (tmp_path / "images.xz").write_bytes(change(data.CLOTHES.read_bytes()))
    monkeypatch.setattr(data, "CLOTHES", tmp_path / "images.xz")
    with pytest.raises(WeightsUnavailable, match=re.escape(message)):
        clothes()


def idx(*axes: int) -> bytes:
    """A file in the idx format: magic number, lengths of the axes, and the bytes 0, 1, 2, … again and again."""
    sizes = b"".join(size.to_bytes(4, "big") for size in axes)
    return bytes([0, 0, 8, len(axes)]) + sizes + np.arange(math.prod(axes)).astype(np.uint8).tobytes()


@pytest.fixture
def fashion(tmp_path, monkeypatch):
    """A miniature of the data set, and nothing else, is installed: compressed in one place, plain in the other."""
    debian, torchvision = tmp_path / "debian", tmp_path / "home/FashionMNIST/raw"
    debian.mkdir(), torchvision.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(data, "FASHION_FOLDERS", (str(debian), "~/home/FashionMNIST/raw"))
    monkeypatch.setattr(data, "FASHION_SIZES", {"train": 12, "test": 5})
    (debian / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(12, 28, 28)))
    (debian / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(12)))
    (torchvision / "t10k-images-idx3-ubyte").write_bytes(idx(5, 28, 28))
    (torchvision / "t10k-labels-idx1-ubyte").write_bytes(idx(5))
    return debian


def test_fashion_mnist_reads_both_places_and_scales_to_plus_minus_1(fashion):
    for split, n in (("train", 12), ("test", 5)):
        images, labels = fashion_mnist(split), fashion_labels(split)
        assert images.shape == (n, 1, 28, 28) and images.dtype == torch.float32
        assert torch.equal(images.flatten(), torch.arange(n * 784).remainder(256) / 127.5 - 1)
        assert labels.dtype == torch.int64 and labels.tolist() == list(range(n))


@pytest.mark.parametrize(
    "content, message",
    [
        (None, "install Debian's package dataset-fashion-mnist, or run torchvision"),
        (b"<html>404", "must be a readable idx file, got Not a gzipped file"),
        (gzip.compress(idx(12, 28, 28))[:-9], "must be a readable idx file, got Compressed file ended"),
        (gzip.compress(b"")[:10] + bytes([255] * 20), "must be a readable idx file, got Error -3"),
        (gzip.compress(idx(12, 28, 28)[:-1]), "must hold (12, 28, 28) bytes in the idx format, got 9423 bytes that"),
        (gzip.compress(idx(12, 28, 28) + b"0"), "got 9425 bytes that begin with 000008030000000c0000001c0000001c"),
        (gzip.compress(idx(12, 32, 32)), "begin with 000008030000000c0000002000000020; install it again"),
    ],
    ids=["absent", "not-compressed", "cut-off", "damaged", "a-byte-short", "a-byte-long", "other-size"],
)
def test_missing_or_broken_fashion_mnist_is_reported_with_a_remedy(fashion, content, message):
    path = fashion / "train-images-idx3-ubyte.gz"
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(WeightsUnavailable) as caught:
        fashion_mnist()
    assert message in str(caught.value)


@pytest.mark.skipif(not Path(FASHION_FOLDERS[0]).is_dir(), reason="the package dataset-fashion-mnist is not installed")
def test_the_installed_fashion_mnist_has_its_known_sizes_and_classes():
    images, labels = fashion_mnist("test"), fashion_labels("test")
    assert images.shape == (10_000, 1, 28, 28) and images.min() == -1 and images.max() == 1
    assert torch.bincount(labels).tolist() == [1000] * 10 and torch.bincount(fashion_labels()).tolist() == [6000] * 10
    bright = torch.stack([images[labels == label].mean() for label in range(10)])
    assert int(bright.argmin()) == 5 and int(bright.argmax()) in (2, 4)  # sandals; pullovers, coats


# --- unusable data ----------------------------------------------------------------------------------------------------


def spoiled(value: float) -> torch.Tensor:
    x = sample_density("moons", 20, 0)
    x[7, 1] = value
    return x


UNUSABLE = {
    "nan": (spoiled(math.nan), "got nan at index (7, 1)"),
    "inf": (spoiled(math.inf), "got inf at index (7, 1)"),
    "minus-inf": (spoiled(-math.inf), "got -inf at index (7, 1)"),
    "unscaled": (127.5 * (digits("test") + 1), "of size <= 8, got 95.625 at index (0, 0, 0, 1)"),
    "negative-outlier": (spoiled(-8.5), "got -8.5 at index (7, 1)"),
    "bytes": ((127.5 * (digits("test") + 1)).to(torch.uint8), "got torch.uint8; scale bytes by x / 127.5 - 1"),
    "integers": (torch.arange(5), "got torch.int64"),
    "numpy": (np.zeros((3, 2)), "got ndarray"),
    "constant": (torch.full((5, 1, 2, 2), 0.5), "got 5 samples that are all the same"),
    "one-constant-image": (torch.zeros(1, 1, 8, 8), "got 1 samples that are all the same"),
    "equal-samples": (torch.tensor([[0.1, 0.7]]).repeat(4, 1), "got 4 samples that are all the same"),
    "empty": (torch.zeros(0, 2), "at least one sample (n, ...), got shape (0, 2)"),
    "scalar": (torch.tensor(0.5), "at least one sample (n, ...), got shape ()"),
}


@pytest.mark.parametrize("x, message", UNUSABLE.values(), ids=UNUSABLE)
def test_data_that_would_train_to_nonsense_is_refused(x, message):
    with pytest.raises(ConfigError) as caught:
        check_data(x)
    assert message in str(caught.value)


def test_good_data_is_returned_as_it_is():
    for x in (digits("test"), sample_density("ring", 10, 0), photograph(16)[None], torch.tensor([[-8.0, 8.0]])):
        assert check_data(x) is x


@pytest.mark.skipif(not Path(FASHION_FOLDERS[0]).is_dir(), reason="the package dataset-fashion-mnist is not installed")
def test_clothes_are_images_of_fashion_mnist_with_their_labels():
    start = {"train": ("train", 0, 55_000), "validation": ("train", 55_000, 60_000), "test": ("test", 0, 10_000)}
    for split, (whole, low, high) in start.items():
        x, y = fashion_mnist(whole)[low:high], fashion_labels(whole)[low:high]
        n = CLOTHES_SIZES[split] // 10
        assert torch.equal(clothes(split), torch.cat([x[y == label][:n] for label in range(10)]))
        assert torch.equal(clothes_labels(split), torch.cat([y[y == label][:n] for label in range(10)]))
