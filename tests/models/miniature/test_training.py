"""The miniature's training: stages that resume bit for bit, losses that are what they say, the command as a whole."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import shutil
import signal
from pathlib import Path

import pytest
import safetensors.torch
import torch
from diffusers import UNet2DConditionModel
from full_disk import fill_disk
from safetensors import SafetensorError
from torch import nn
from worlds import seeded

from diffusion_lib import __version__
from diffusion_lib.cli import parser
from diffusion_lib.errors import CheckpointMismatch, NonFiniteError
from diffusion_lib.networks import MLP
from diffusion_lib.process import bound
from diffusion_lib.process.identities import add_noise
from diffusion_lib.process.schedule import linear, scaled_linear
from diffusion_lib.runtime import fingerprint
from diffusion_lib.train import loop as training
from diffusion_lib.train import run
from diffusion_lib.train.batch import draw_batch, timestep_distribution
from diffusion_lib.train.config import TrainConfig
from models.miniature import train_latent
from models.miniature.data import language, synthetic
from models.miniature.data.rendering import render
from models.miniature.evaluation import evaluator, fidelity, model_card
from models.miniature.training import fit, networks, train_unet, train_vae

CONFIG = TrainConfig(steps=12, batch_size=4, lr=1e-2, timestep_sampling="uniform", precision="float32")


def line_fit(network, step, generator):
    """Fit y = 3 x; the loss looks at the step, as those of the stages may."""
    x = torch.randn(4, 1, generator=generator)
    return (network(x) - 3 * x).square().mean() / (1 + step)


def linear_network():
    torch.manual_seed(0)
    return nn.Linear(1, 1)


def fitted(directory, **options):
    return fit.fit(directory, linear_network(), CONFIG, line_fit, {"of": "test"}, **options)


class SignalAfter(list):
    """Received signals, of which there is one at the n-th question."""

    def __init__(self, calls):
        super().__init__([signal.SIGTERM])
        self.left = calls

    def __bool__(self):
        self.left -= 1
        return self.left < 0


# --- one stage -------------------------------------------------------------------------------------------------------


def test_a_stage_that_was_stopped_ends_like_one_that_was_not(tmp_path):
    whole = fitted(tmp_path / "whole")
    assert fitted(tmp_path / "parts", received=SignalAfter(5)) is None
    lines = (tmp_path / "parts" / "log.jsonl").read_text().splitlines()
    assert 0 < len(lines) < CONFIG.steps
    parts = fitted(tmp_path / "parts")
    assert [torch.equal(a, b) for a, b in zip(whole.parameters(), parts.parameters(), strict=True)] == [True, True]
    steps = [json.loads(line)["step"] for line in (tmp_path / "parts" / "log.jsonl").read_text().splitlines()]
    assert steps == list(range(1, 13))


def test_a_stage_that_was_killed_forgets_what_it_had_not_saved(tmp_path):
    whole = fitted(tmp_path / "whole", save_every=5)
    directory = tmp_path / "killed"

    def dies(network, step, generator):
        if step == 8:
            raise KeyboardInterrupt
        return line_fit(network, step, generator)

    with pytest.raises(KeyboardInterrupt):
        fit.fit(directory, linear_network(), CONFIG, dies, {"of": "test"}, save_every=5)
    with open(directory / "log.jsonl", "a") as log:
        log.write('{"step": 9, "lo')  # the line in which a process died
    again = fitted(directory, save_every=5)
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), again.parameters(), strict=True))
    assert len((directory / "log.jsonl").read_text().splitlines()) == 12
    assert run.core_minutes(directory, 3) < run.core_minutes(directory)


def test_a_finished_stage_is_not_trained_again(tmp_path):
    first = fitted(tmp_path)
    again = fit.fit(tmp_path, linear_network(), CONFIG, lambda *_: pytest.fail("a step"), {"of": "test"})
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))


def test_a_stage_of_other_settings_is_refused(tmp_path):
    fitted(tmp_path)
    with pytest.raises(CheckpointMismatch, match="of is 'test' in the checkpoint and 'other' here"):
        fit.fit(tmp_path, linear_network(), CONFIG, line_fit, {"of": "other"})


def test_the_averages_on_the_way_are_kept(tmp_path):
    fitted(tmp_path, keep=(3, 12))
    names = {path.name for path in tmp_path.glob("average-*")}
    assert names == {f"average-{step}.{suffix}" for step in (3, 12) for suffix in ("safetensors", "json")}
    made = fingerprint.read_record(tmp_path / "average-12.json")["made_from"]
    assert made == {"train": CONFIG.to_dict(), "library": __version__, "of": "test", "processes": 1, "step": 12}
    last = safetensors.torch.load_file(tmp_path / "average-12.safetensors")
    end = fitted(tmp_path)
    assert torch.equal(last["weight"], end.weight) and torch.equal(last["bias"], end.bias)


def test_a_loss_that_is_not_finite_stops_it(tmp_path):
    def bad(network, step, generator):
        return line_fit(network, step, generator) * (float("nan") if step == 2 else 1)

    with pytest.raises(NonFiniteError, match="got loss nan and gradient norm nan at step 3"):
        fit.fit(tmp_path, linear_network(), CONFIG, bad, {"of": "test"})


def test_it_trains_as_the_librarys_own_loop_does(tmp_path):
    schedule, data = linear(50), torch.randn(30, 2, generator=seeded(5))
    p = timestep_distribution(schedule, "uniform")

    def network():
        torch.manual_seed(0)
        return MLP(T=50, alpha_bar=schedule.alpha_bar, width=16)

    def loss(net, step, generator):
        return training.eps_loss(net, schedule, *draw_batch(data, p, CONFIG.batch_size, generator))

    state = training.TrainState.create(network(), CONFIG)
    list(training.train(state, data, schedule, CONFIG))
    ours = fit.fit(tmp_path, network(), CONFIG, loss, {})
    theirs = state.ema_model()
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(a, b, atol=1e-7, rtol=0)


# --- the autoencoder -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def vae():
    torch.manual_seed(4)
    vae = networks.autoencoder().eval()
    with torch.no_grad():  # latents of unequal means and stds
        vae.quant_conv.bias[:8] += torch.tensor([1.0, -2.0, 0.5, 0.0, 3.0, 0.0, -1.0, 0.2])
        vae.quant_conv.weight[:8] *= torch.tensor([1.0, 3.0, 0.3, 2.0, 1.0, 0.5, 4.0, 1.0])[:, None, None, None]
    return vae


def test_normalised_latents_make_the_same_images(vae):
    """In float64, in which processors agree."""
    vae, x = copy.deepcopy(vae).double(), render(synthetic.sample_scenes(16, seeded(3))).double()
    with torch.no_grad():
        before = vae.encode(x).latent_dist
        images = vae.decode(before.mean).sample
        torch.testing.assert_close(train_vae.latents(vae, x, batch=5), before.mean.float(), atol=1e-6, rtol=1e-6)
        scaled = train_vae.normalise(vae, before.mean)
        after = vae.encode(x).latent_dist
        torch.testing.assert_close(vae.decode(after.mean).sample, images, atol=1e-10, rtol=0)
    z = after.mean * vae.config.scaling_factor
    torch.testing.assert_close(z, scaled, atol=1e-10, rtol=0)
    torch.testing.assert_close(z.mean((0, 2, 3)), torch.zeros(8).double(), atol=1e-10, rtol=0)
    torch.testing.assert_close(z.std((0, 2, 3)), torch.ones(8).double(), atol=1e-10, rtol=0)
    ratio = after.std / before.std  # the posterior is scaled as its mean
    spread = after.mean.std((0, 2, 3)) / before.mean.std((0, 2, 3))
    torch.testing.assert_close(ratio.mean((0, 2, 3)), spread, atol=1e-10, rtol=0)


def test_the_autoencoders_loss_is_error_and_divergence(vae):
    config = TrainConfig(steps=10, batch_size=3, precision="float32", timestep_sampling="uniform")
    with torch.no_grad():
        found = train_vae.loss_of(config)(vae, 9, seeded(7))
        draws = seeded(7)
        x = render(synthetic.sample_scenes(3, draws))
        posterior = vae.encode(x).latent_dist
        z = posterior.mean + posterior.std * torch.randn(3, 8, 8, 8, generator=draws)
        standard = torch.distributions.Normal(0, 1)
        kl = torch.distributions.kl_divergence(torch.distributions.Normal(posterior.mean, posterior.std), standard)
        expected = (vae.decode(z).sample - x).square().mean() + train_vae.KL_WEIGHT * kl.mean()
    torch.testing.assert_close(found, expected)


def test_the_aids_leave_after_a_third():
    assert [train_vae.auxiliary_weight(step, 300) for step in (0, 50, 100, 299)] == [1.0, 0.5, 0.0, 0.0]


# --- the U-Net -------------------------------------------------------------------------------------------------------


class Knows(nn.Module):
    """A network that knows the one latent there is, and so the noise; it records what it was asked."""

    def __init__(self, z, error=0.0):
        super().__init__()
        self.z, self.error, self.ids, self.t = z, error, [], []
        self.schedule = scaled_linear(1000).to("cpu", torch.float32)

    def forward(self, z_t, t, ids):
        self.ids.append(ids)
        self.t.append(t)
        clean = add_noise(self.schedule, self.z.expand_as(z_t), t, torch.zeros_like(z_t))
        noise = add_noise(self.schedule, torch.zeros_like(z_t), t, torch.ones_like(z_t))
        return (z_t - clean) / noise + self.error


@pytest.fixture(scope="module")
def asked():
    """A stand-in asked 60 times, with an error of 0.5 in each number; its losses and its scenes."""
    words, seen = train_unet.Words(), train_unet.scenes(40, 3, synthetic.MIX)
    z = torch.randn(1, 8, 8, 8, generator=seeded(2))
    config = TrainConfig(steps=60, batch_size=32, precision="float32", timestep_sampling="uniform")
    network, draws = Knows(z, error=0.5), seeded(1)
    loss = train_unet.loss_of(config, z.expand(40, -1, -1, -1), seen, words)
    return network, torch.stack([loss(network, step, draws) for step in range(60)]), words, seen


def test_the_weighted_error_is_what_the_docstring_says(asked):
    network, losses, _, _ = asked
    table = bound.weight(scaled_linear(1000), "v").clamp(max=10).float()
    table /= table[1:].mean()
    for t, loss in zip(network.t, losses, strict=True):
        torch.testing.assert_close(loss, 0.25 * table[t].mean(), rtol=1e-3, atol=0)
    times = torch.cat(network.t)
    assert times.min() >= 1 and times.max() <= 1000
    assert abs(float(times.float().mean()) - 500.5) < 4 * 1000 / (12 * len(times)) ** 0.5


def test_one_caption_in_ten_is_empty_and_the_others_are_of_the_scenes(asked):
    network, _, words, seen = asked
    ids = torch.cat(network.ids)
    empty = words([""])[0]
    dropped = (ids == empty).all(1)
    assert abs(float(dropped.float().mean()) - 0.1) < 4 * (0.1 * 0.9 / len(ids)) ** 0.5
    for row in ids[~dropped].unique(dim=0).tolist():
        text = words.tokenizer.decode([words.live[index] for index in row], skip_special_tokens=True)
        assert may_be_of(text, seen).any(), text


def may_be_of(text, seen):
    """Of which scenes a caption may be, (n,): nothing is said that the image does not show."""
    asked = language.parse(text)
    agree = [(asked.form == seen.form).all(1), (asked.pattern == seen.pattern).all(1)]
    agree += [((asked.colour < 0) | (asked.colour == seen.colour)).all(1)]
    agree += [(asked.hat == seen.hat).all(1) | ((asked.hat[:, 0] == -2) & (seen.hat[:, 0] >= 0))]
    agree += [(asked.ground < 0) | (asked.ground == seen.ground), asked.size == seen.size]
    agree += [(asked.relation < 0) | (asked.relation == seen.relation)]
    return torch.stack(agree).all(0)


def test_a_run_sees_the_classes_in_the_proportions_of_the_fine_mix():
    """Equal seeds make equal scenes, and other seeds others."""
    seen = train_unet.scenes(5000, 3, synthetic.FINE_MIX)
    proportions = synthetic.classes_of(seen).bincount(minlength=len(synthetic.SCENE_CLASSES)) / 5000
    torch.testing.assert_close(proportions, torch.tensor(synthetic.FINE_MIX), atol=0.03, rtol=0)
    assert (proportions - torch.tensor(synthetic.MIX)).abs().max() > 0.06
    again, other = train_unet.scenes(5000, 3, synthetic.FINE_MIX), train_unet.scenes(5000, 4, synthetic.FINE_MIX)
    assert all(torch.equal(a, b) for a, b in zip(tuple(seen), tuple(again), strict=True))
    assert not torch.equal(seen.centre, other.centre)


def test_a_run_sees_no_held_out_pair():
    seen = train_unet.scenes(2000, 5, synthetic.FINE_MIX)
    there = (seen.form >= 0) & (seen.form < len(synthetic.SHAPES))
    pairs = {
        (synthetic.NAMES[c], synthetic.SHAPES[f])
        for f, c in zip(*(x[there].tolist() for x in (seen.form, seen.colour)), strict=True)
    }
    assert len(pairs) == 56 and not pairs & synthetic.HELD_OUT


def test_every_token_of_a_caption_is_a_word_of_the_run():
    """An id that ``live_tokens`` lacked would be the index −1, which is the end of the table."""
    words, draws = train_unet.Words(), seeded(6)
    texts = language.captions(train_unet.scenes(4000, 6, synthetic.FINE_MIX), draws)
    ids = words([*texts, ""])
    assert (
        ids.min() >= 0
        and ids.max() == len(words.live) - 1
        and set(ids.unique().tolist()) == set(range(len(words.live)))
    )
    back = [words.tokenizer.decode([words.live[k] for k in row], skip_special_tokens=True) for row in ids[:50].tolist()]
    assert [text.replace(" ,", ",").strip() for text in back] == texts[:50]


def test_latents_are_computed_once(tmp_path, vae, monkeypatch):
    seen, path = train_unet.scenes(70, 0, synthetic.FINE_MIX), tmp_path / "z.safetensors"
    z = train_unet.cached_latents(path, vae, seen, "float32")
    torch.testing.assert_close(z[65:], train_vae.latents(vae, render(seen[65:])), atol=1e-5, rtol=0)
    monkeypatch.setattr(train_unet, "render", lambda _: pytest.fail("rendered again"))
    assert torch.equal(train_unet.cached_latents(path, vae, seen, "float32"), z)


def test_diffusers_counts_t_from_zero():
    torch.manual_seed(0)
    network = train_unet.Conditional(43).eval()
    z, ids = torch.randn(1, 8, 8, 8), torch.full((1, 77), 42)
    with torch.no_grad():
        context = network.text_encoder(ids).last_hidden_state
        expected = network.unet(z, 999, context).sample
        torch.testing.assert_close(network(z, torch.tensor([1000]), ids), expected)


# --- the command -----------------------------------------------------------------------------------------------------

TINY = [
    *("--vae-steps", "1", "1"),
    *("--unet-steps", "2", "1", "1", "1"),
    "--images",
    "6",
    "--n",
    "2",
    "--trial",
    "1",
    "--device",
    "cpu",
]


def command(directory, *arguments):
    return parser.main(["train-latent", "--out", str(directory), *TINY, "--precision", "float32", *arguments])


@pytest.fixture
def painter(monkeypatch):
    """Sampling costs minutes and is tested elsewhere; images are painted by the renderer, from equal scenes."""
    calls = []

    def paint(parts, captions, g, steps=50, seed=0, sampler="ddpm"):
        calls.append((tuple(captions), g, steps, seed, sampler))
        yield render(synthetic.sample_scenes(len(captions), seeded(seed)))

    monkeypatch.setattr(fidelity, "paint", paint)
    return calls


@pytest.fixture
def small(monkeypatch):
    """A U-Net of a hundredth of the size, and an evaluator that finds what was asked for: both have tests of their
    own."""
    config = {**networks.unet().config, "block_out_channels": (8, 16), "attention_head_dim": 2}
    monkeypatch.setattr(train_unet, "unet", lambda: UNet2DConditionModel.from_config(config))
    judged = {"artefact-free": 1.0, "correct and artefact-free": 1.0, "unknown": 0.0}

    def judge(line, asked, *_):
        things = ["all"] if line == "words" else evaluator.score(asked, asked)
        return {"prompt_accuracy": dict.fromkeys(things, 1.0), "artefacts": judged}

    monkeypatch.setattr(fidelity, "judge", judge)


def test_the_command_writes_weights_card_and_sheet_and_resumes(tmp_path, painter, small, capsys, monkeypatch):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert command(whole) == 0
    folder = whole / "miniature"
    text = (folder / "README.md").read_text()
    rows = fingerprint.read_record(folder / "fidelity.json")["rows"]
    for file in folder.rglob("*.safetensors"):
        assert hashlib.sha256(file.read_bytes()).hexdigest() in text
    assert (folder / "sheet.png").read_bytes().startswith(b"\x89PNG")
    assert {row["line"] for row in rows if row["of"] == "fresh"} == set(fidelity.LINES)
    assert {row["trained"] for row in rows if "trained" in row} == {1}

    before = len(painter)
    assert command(whole, "--resume") == 0
    assert len(painter) == before + 1 + len(model_card.SHEET)  # the contact sheet alone is generated again
    assert fingerprint.read_record(folder / "fidelity.json")["rows"] == rows

    minimise = fit.minimise

    def interrupted(*arguments):
        for record in minimise(*arguments):
            os.kill(os.getpid(), signal.SIGTERM)
            yield record

    monkeypatch.setattr(fit, "minimise", interrupted)
    for _ in range(7):  # stopped in each of the 1 + 1 + 2 + 1 + 1 + 1 steps
        assert command(parts, "--resume") == 128 + signal.SIGTERM
    monkeypatch.setattr(fit, "minimise", minimise)
    assert command(parts, "--resume") == 0
    for file in folder.rglob("*.safetensors"):
        other = parts / "miniature" / file.relative_to(folder)
        assert file.read_bytes() == other.read_bytes(), file.name
    assert "the same command with --resume goes on" in capsys.readouterr().out


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of the command that came to its end, to be copied."""
    with pytest.MonkeyPatch.context() as patch:
        painter.__wrapped__(patch)
        small.__wrapped__(patch)
        directory = tmp_path_factory.mktemp("finished") / "run"
        assert command(directory) == 0
    return directory


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (["--images", "4"], "images is 6 in the record and 4 here"),
        (["--images", "9"], "images is 6 in the record and 9 here"),
        (["--seed", "1"], "fine seed is 4 in the record and 10 here"),
        (["--unet-steps", "3", "1", "1", "1"], "unet steps is 2 in the record and 3 here"),
        (["--precision", "bfloat16"], "fine precision is 'float32' in the record and 'bfloat16' here"),
    ],
)
def test_a_run_of_other_settings_is_refused_before_any_work(tmp_path, finished, capsys, monkeypatch, changed, message):
    directory = Path(shutil.copytree(finished, tmp_path / "run"))
    before = {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}
    monkeypatch.setattr(train_latent, "fit", lambda *_, **__: pytest.fail("it works"))
    assert command(directory, "--resume", *changed) == 2
    err = capsys.readouterr().err
    assert err.startswith("CheckpointMismatch") and message in err and err.count("\n") == 1
    assert before == {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_a_run_of_another_library_is_refused(tmp_path, finished, capsys, monkeypatch):
    directory = shutil.copytree(finished, tmp_path / "run")
    monkeypatch.setattr(train_latent, "__version__", "9.0")
    assert command(directory, "--resume") == 2
    assert f"library is '{__version__}' in the record and '9.0' here" in capsys.readouterr().err


def test_a_folder_of_something_else_is_refused(tmp_path, finished, capsys):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").touch()
    assert command(tmp_path / "photos", "--resume") == 2
    assert "out must hold a run of train-latent, got" in (err := capsys.readouterr().err) and "a.jpg" in err
    directory = Path(shutil.copytree(finished, tmp_path / "run"))
    (directory / "run.json").write_bytes((directory / "run.json").read_bytes()[:-9])
    assert command(directory, "--resume") == 2 and "CheckpointCorrupt" in capsys.readouterr().err


@pytest.mark.parametrize("changed", [["--n", "3"], ["--trial", "2"]])
def test_more_images_are_judged_again_and_fewer_are_not(tmp_path, finished, painter, small, changed):
    directory = Path(shutil.copytree(finished, tmp_path / "run"))
    assert command(directory, "--resume", *changed) == 0
    name, number = changed[0].removeprefix("--"), int(changed[1])
    rows = fingerprint.read_record(directory / "miniature" / "fidelity.json")["rows"]
    assert {row["n"] for row in rows} == ({number, 1} if name == "n" else {2, number})
    assert f"of {3 if name == 'n' else 2} fresh images" in (directory / "miniature" / "README.md").read_text()
    assert command(directory, "--resume", "--n", "1", "--trial", "1") == 0
    assert fingerprint.read_record(directory / "miniature" / "fidelity.json")["rows"] == rows


def damage(path, kind):
    data = path.read_bytes()
    path.write_bytes(data[:-5] if kind == "cut" else data[:-5] + bytes([data[-5] ^ 1]) + data[-4:])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("unet-latents.safetensors", "flipped"),
        ("unet-latents.safetensors", "cut"),
        ("unet-latents.json", "flipped"),
        ("miniature/fidelity.json", "cut"),
    ],
)
def test_a_damaged_cache_is_made_again(tmp_path, finished, painter, small, capsys, name, kind):
    directory = Path(shutil.copytree(finished, tmp_path / "run"))
    damage(directory / name, kind)
    assert command(directory, "--resume") == 0
    assert "is made again" in capsys.readouterr().err
    for made in ("unet-latents.safetensors", "unet-latents.json", "miniature/fidelity.json", "miniature/record.json"):
        assert (directory / made).read_bytes() == (finished / made).read_bytes() or made.startswith("miniature/rec")
    fingerprint.read_record(directory / "miniature" / "record.json")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("vae/log.jsonl", "flipped"),
        ("vae/log.jsonl", "cut"),
        ("unet/average-1.safetensors", "flipped"),
        ("unet/average-1.json", "cut"),
    ],
)
def test_what_cannot_be_made_again_is_refused_when_damaged(tmp_path, finished, painter, small, capsys, name, kind):
    directory = Path(shutil.copytree(finished, tmp_path / "run"))
    if name.endswith("log.jsonl"):
        lines = (directory / name).read_text().splitlines(keepends=True)
        text = lines[0].replace('"step"', '"stop"') if kind == "flipped" else lines[0][:-5]
        (directory / name).write_text(text)
    else:
        damage(directory / name, kind)
        (directory / "miniature" / "fidelity.json").unlink()  # else nobody reads it
    assert command(directory, "--resume") == 2
    assert "CheckpointCorrupt" in capsys.readouterr().err


@pytest.mark.parametrize("where", ["weights", "sheet.png", "unet-latents.safetensors"])
def test_a_full_disk_names_the_file_and_the_same_command_goes_on(
    tmp_path, finished, painter, small, capsys, monkeypatch, where
):
    directory = Path(shutil.copytree(finished, tmp_path / "run"))
    (directory / "unet-latents.json").unlink()
    if where == "weights":  # as safetensors tells it

        def full(*_, **__):
            (directory / "miniature" / "unet" / "x.tmp").touch()
            raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

        monkeypatch.setattr("diffusers.StableDiffusionPipeline.save_pretrained", full)
    else:
        fill_disk(monkeypatch, where)
    assert command(directory, "--resume") == 2
    err = [line for line in capsys.readouterr().err.splitlines() if line.startswith("SaveError")]
    assert len(err) == 1 and ("miniature" if where == "weights" else where) in err[0] and "No space left" in err[0]
    assert not [path for path in directory.rglob("*") if path.name.endswith(".tmp")]


@pytest.mark.parametrize("what", ["vae", "scenes", "precision", "library"])
def test_latents_of_something_else_are_made_again(tmp_path, vae, monkeypatch, capsys, what):
    seen, path = train_unet.scenes(3, 0, synthetic.FINE_MIX), tmp_path / "z.safetensors"
    train_unet.cached_latents(path, vae, seen, "float32")
    other = {"vae": vae, "scenes": seen, "precision": "float32"}
    if what == "vae":
        other["vae"] = copy.deepcopy(vae)
        other["vae"].quant_conv.bias.data[0] += 1
    elif what == "scenes":
        other["scenes"] = train_unet.scenes(2, 0, synthetic.FINE_MIX)
    elif what == "precision":
        other["precision"] = "bfloat16"
    else:
        monkeypatch.setattr(fingerprint, "library", lambda: "0.1.0+another")
    z = train_unet.cached_latents(path, other["vae"], other["scenes"], other["precision"])
    assert len(z) == len(other["scenes"].form) and f"{what} is" in capsys.readouterr().err
    assert torch.equal(train_unet.cached_latents(path, *other.values()), z)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--vae-steps", "0", "1"], "steps must be an integer in 1.."),
        (["--n", "0"], "n must be an integer >= 1, got 0"),
        (["--seed", "-1"], "seed must be an integer in 0.."),
        (["--precision", "half"], "precision must be one of"),
    ],
)
def test_bad_arguments_are_refused_before_any_work(tmp_path, capsys, arguments, message):
    assert command(tmp_path / "new", *arguments) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_the_defaults_are_the_recipes():
    options = parser.parser().parse_args(["train-latent", "--out", "x"])
    assert [*options.vae_steps, *options.unet_steps] == [each.steps for each in train_latent.RECIPES.values()]
    assert sorted(each.seed for each in train_latent.RECIPES.values()) == [*range(6)]  # no two of any --seed are equal
    assert options.images == train_unet.IMAGES
    assert options.precision == train_vae.SETTINGS.precision == train_unet.SETTINGS.precision


def test_a_directory_in_use_is_refused_without_resume(tmp_path, capsys):
    (tmp_path / "thing").write_text("")
    assert command(tmp_path) == 2
    assert "to go on in it, add --resume" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thing"]


LIMITS = {
    scene_class: {"ground": 0.2, "edge": 0.2, "inside": 0.3, "details": 0.5, "pieces": 1.0}
    for scene_class in synthetic.SCENE_CLASSES
}


def test_an_accuracy_is_the_fraction_of_correct_images():
    """Of two images one matches its prompt and one the other prompt; both are artefact-free, one with a blot is not."""
    scenes = fidelity.asked("animal", 2)
    exact = render(scenes)
    found = fidelity.judge("animal", scenes, exact, LIMITS)
    assert set(found["prompt_accuracy"].values()) == {1.0} and found["artefacts"]["correct and artefact-free"] == 1.0
    twice = fidelity.judge("animal", scenes, exact[[0, 0]], LIMITS)
    assert (
        twice["prompt_accuracy"]["all"] == 0.5
        and twice["artefacts"]["artefact-free"] == 1.0
        and twice["artefacts"]["correct and artefact-free"] == 0.5
    )
    blot = exact.clone()
    blot[0, :, 3:8, 3:8] *= -1
    spoiled = fidelity.judge("animal", scenes, blot, LIMITS)
    assert (
        spoiled["prompt_accuracy"]["all"] == 1.0
        and spoiled["artefacts"]["artefact-free"] == 0.5 == spoiled["artefacts"]["ground"]
    )


def test_a_named_ground_is_judged():
    scenes = fidelity.asked("ground", 3)
    assert all(text.endswith(tuple(language.GROUND_PHRASES.values())) for text in fidelity.captions("ground", scenes))
    first = torch.arange(3) == 0
    other = scenes._replace(ground=torch.where(first, (scenes.ground + 1) % len(synthetic.GROUNDS), scenes.ground))
    right = fidelity.judge("ground", scenes, render(other), LIMITS)["prompt_accuracy"]
    assert right["both"] == 1.0 and right["ground"] == right["all"] == pytest.approx(2 / 3, abs=1e-6)


def test_a_row_is_painted_as_it_says(painter):
    done = [{"of": "limits", "line": kind, "limits": limit} for kind, limit in LIMITS.items()]
    (row,) = fidelity.painted(done, None, "fresh", "animal", 2, 3.0, 20, "lms")
    texts = tuple(language.captions(fidelity.asked("animal", 2)))
    assert painter == [(texts, 3.0, 20, 2_000_000, "lms")] and (row["sampler"], row["steps"]) == ("lms", 20)
    assert not list(fidelity.painted(done, None, "fresh", "animal", 2, 3.0, 20, "lms"))  # not twice


# --- fidelity and card -----------------------------------------------------------------------------------------------


def test_the_best_guidance_is_the_smallest_of_the_best():
    def row(line, g, fraction, steps=50, sampler="ddpm", **more):
        found = {"of": "trial", "line": line, "g": g, "steps": steps, "sampler": sampler}
        return found | {"artefacts": {"correct and artefact-free": fraction}} | more

    rows = [row("pair", g, fraction) for g, fraction in ((7.5, 0.9), (2.0, 0.9), (1.0, 0.4))]
    rows += [row("single", g, fraction) for g, fraction in ((7.5, 0.8), (2.0, 0.8), (1.0, 0.9))]
    rows += [row("pair", 1.0, 1.0, steps=10), row("pair", 1.0, 1.0, sampler="lms"), row("pair", 1.0, 1.0, trained=7)]
    assert fidelity.best(rows) == 2.0


def fresh(line, fraction):
    return {"of": "fresh", "line": line, "artefacts": {"correct and artefact-free": fraction}}


def test_the_goal_is_lower_for_unseen_pairs_and_what_misses_it_is_named():
    reached = [fresh(line, 0.9 if line.startswith("unseen") else 0.95) for line in fidelity.LINES]
    assert fidelity.below_goal(reached) == {}
    below = [fresh(line, 0.899 if line.startswith("unseen") else 0.949) for line in fidelity.LINES]
    assert fidelity.below_goal(below) == {row["line"]: row["artefacts"]["correct and artefact-free"] for row in below}
    trial = [{**row, "of": "trial"} for row in below]
    assert fidelity.below_goal(trial + reached[:1] + below[1:2]) == {"unseen": 0.899}


def test_captions_of_other_words_ask_for_the_same_scenes():
    scenes = fidelity.asked("words", 40)
    texts = fidelity.captions("words", scenes)
    assert set(synthetic.classes_of(scenes).tolist()) == set(range(len(synthetic.SCENE_CLASSES)))
    assert texts == fidelity.captions("words", scenes) != language.describe(scenes)
    assert all(bool(may_be_of(text, scenes[[i]])) for i, text in enumerate(texts))
    assert all(int(language.parse(text).ground) >= 0 for text in texts)


def test_trial_and_fresh_scenes_have_nothing_in_common():
    fresh, trial = fidelity.asked("single", 50), fidelity.asked("single", 50, "trial")
    assert not torch.equal(fresh.centre, trial.centre)
    assert fidelity.SEEDS["fresh"] - fidelity.SEEDS["trial"] >= 10**6
