"""The command line: what it writes, what it refuses before writing, and how it stops."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import asdict, fields
from importlib.metadata import version

import pytest
import safetensors.torch
import torch
from full_disk import fill_disk
from root import ROOT
from runs import log_of

from diffusion_lib import __version__
from diffusion_lib.cli import commands as cli
from diffusion_lib.cli import doctor, parser
from diffusion_lib.errors import NonFiniteError
from diffusion_lib.process.bound import WEIGHTS
from diffusion_lib.process.guidance import GuidedByLabel
from diffusion_lib.registry import DATASETS, SCHEDULES
from diffusion_lib.runtime.device import DEVICES, PRECISIONS
from diffusion_lib.sample import ddim
from diffusion_lib.stable_diffusion import weights
from diffusion_lib.train import checkpoint, run
from diffusion_lib.train import loop as training
from diffusion_lib.train.config import LR_DECAYS, TIMESTEP_SAMPLINGS, TrainConfig
from pagekit import rerun

QUICK = ["train", "--data", "ring", "--T", "20", "--batch-size", "8", "--device", "cpu"]


def command(*arguments):
    try:
        return parser.main([str(argument) for argument in arguments])
    except SystemExit as stop:  # argparse
        return stop.code


def train(directory, *arguments, steps=6):
    return command(*QUICK, "--out", directory, "--steps", steps, *arguments)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    directory = tmp_path_factory.mktemp("trained") / "run"
    assert train(directory, steps=5) == 0
    return directory


# --- the parser ------------------------------------------------------------------------------------------------------


def test_help_does_not_import_torch():
    code = "import sys; from diffusion_lib.cli.parser import main\ntry: main()\nfinally: print('torch' in sys.modules)"
    for arguments in ([], ["train"], ["rerun"]):
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments, "--help"], cwd=ROOT, capture_output=True, text=True
        )
        assert done.returncode == 0 and done.stdout.startswith("usage") and done.stdout.endswith("False\n"), done.stderr


def test_help_names_exactly_what_exists(capsys):
    assert command("train", "--help") == 0
    text = " ".join(capsys.readouterr().out.split())
    assert f"{', '.join(DATASETS)}, or a folder of images" in text
    assert ", ".join(SCHEDULES) in text
    assert f"the loss: {', '.join(WEIGHTS)} (default" in text and f": {', '.join(TIMESTEP_SAMPLINGS)} (default" in text
    assert f"--precision PRECISION {', '.join(PRECISIONS)} (default" in text
    assert set(LR_DECAYS) == {"cosine", "none"} and set(DEVICES) == {"auto", "cuda", "mps", "cpu"}
    assert command("sample", "--help") == 0
    text = " ".join(capsys.readouterr().out.split())
    assert ", ".join(cli.SAMPLERS) in text


def test_defaults_are_those_of_the_library():
    args = parser.parser().parse_args(["train", "--data", "ring", "--out", "x"])
    config = TrainConfig(args.steps)
    assert {field.name: getattr(args, field.name) for field in fields(TrainConfig)} == asdict(config)
    assert args.steps == 2000 and args.lr == 6e-3 and args.compile is False


def test_every_setting_is_an_option_of_its_type():
    given = TrainConfig(7, 6, 0.5, "none", 0.5, 2.0, 3, "vlb", "uniform", 2, "float32", True, 0.1, 4).to_dict()
    assert given.keys() == {field.name for field in fields(TrainConfig)}
    flags = [(f"--{name.replace('_', '-')}", str(value)) for name, value in given.items()]
    words = [word for flag, value in flags for word in ([flag] if flag == "--compile" else [flag, value])]
    args = parser.parser().parse_args(["train", "--data", "ring", "--out", "x", *words])
    assert {name: getattr(args, name) for name in given} == given


def test_rerun_is_dispatched(monkeypatch):
    monkeypatch.setattr(rerun, "main", lambda args: 7 if args.chapter == "first-model" else 0)
    assert command("rerun", "first-model") == 7


def test_the_program_has_a_name_under_which_it_is_called_and_a_version():
    """The script that pip installs calls this function, and ``python -m diffusion_lib`` does the same."""
    (script,) = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"].items()
    assert script == (parser.parser().prog, "diffusion_lib.cli.parser:main") and parser.PROGRAM == "diffusion"
    run = {"capture_output": True, "text": True, "cwd": ROOT}
    code = "from diffusion_lib.cli.parser import main; import sys; sys.exit(main())"  # what pip writes into the script
    for program in (["-m", "diffusion_lib"], ["-c", code]):
        done = subprocess.run([sys.executable, *program, "--version"], **run)
        assert (done.returncode, done.stdout) == (0, f"diffusion {__version__}\n")


@pytest.mark.parametrize("words", [["nothing"], ["train", "--data"], ["sample", "--n", "x"], []])
def test_a_message_names_a_command_that_works_as_typed(words, capsys):
    assert command(*words) == 2
    (line,) = capsys.readouterr().err.splitlines()
    program = shlex.split(line.partition("; see ")[2])
    assert program[0] == "diffusion" and program[-1] == "--help"
    assert command(*program[1:]) == 0


@pytest.mark.timeout(60)
@pytest.mark.parametrize("words", [["image", "a dog", "--init"], ["image", "a dog", "--mask"], ["remake"]])
def test_a_pipe_or_a_device_in_the_place_of_an_image_is_refused(words, tmp_path, capsys):
    """Whoever reads a pipe waits for somebody to write, and /dev/zero has no end."""
    os.mkfifo(tmp_path / "pipe.png")
    for path in (tmp_path / "pipe.png", "/dev/zero"):
        assert command(*words, path, "--out", tmp_path / "x.png") == 2
        assert f"must be a regular file, got the pipe or device '{path}'" in capsys.readouterr().err


# --- train -----------------------------------------------------------------------------------------------------------


def test_train_writes_checkpoints_and_a_line_per_step(tmp_path, capsys):
    assert train(tmp_path / "a" / "run", "--save-every", 2, steps=5) == 0
    directory = tmp_path / "a" / "run"
    assert checkpoint.list_checkpoints(directory) == [4, 5]
    assert [record["step"] for record in log_of(directory)] == [1, 2, 3, 4, 5]
    assert log_of(directory)[0].keys() == {"step", "loss", "lr", "grad_norm"}
    out, err = capsys.readouterr()
    assert out == f"saved step 5 of 5 in {directory}\n" and err == ""


def test_resume_equals_the_uninterrupted_run(tmp_path, monkeypatch):
    assert train(tmp_path / "whole") == 0
    stop_after(monkeypatch, 3, signal.SIGTERM)
    assert train(tmp_path / "parts") == 143
    monkeypatch.undo()
    with open(tmp_path / "parts" / "log.jsonl", "a") as log:  # what a killed run wrote after its last save
        log.write('{"step": 4, "loss": 9.0, "lr": 0.1, "grad_norm": 1.0}\n{"step": 5, "lo')
    assert train(tmp_path / "parts", "--resume") == 0
    for name in ("step-000000006.safetensors", "step-000000006.json", "log.jsonl"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes()


def test_resume_of_a_finished_or_an_empty_run(tmp_path, capsys):
    assert train(tmp_path / "run", "--resume") == 0
    before = (tmp_path / "run" / "log.jsonl").read_bytes()
    assert train(tmp_path / "run", "--resume") == 0
    assert (tmp_path / "run" / "log.jsonl").read_bytes() == before
    assert capsys.readouterr().out.count("saved step 6 of 6") == 2


def test_resume_with_more_steps_extends_a_run(tmp_path, capsys):
    """Bit for bit with a constant rate; with the cosine a line says what is not promised."""
    constant = ("--lr-decay", "none", "--warmup", 3)
    assert train(tmp_path / "whole", *constant, steps=9) == train(tmp_path / "parts", *constant, steps=6) == 0
    assert train(tmp_path / "parts", *constant, "--resume", steps=9) == 0
    for name in ("step-000000009.safetensors", "step-000000009.json", "log.jsonl", "curve.svg"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "parts" / name).read_bytes()
    assert capsys.readouterr().err == ""
    assert train(tmp_path / "cosine", steps=6) == train(tmp_path / "cosine", "--resume", steps=9) == 0
    assert "extended from 6 to 9 steps, the learning rate goes back up" in capsys.readouterr().err
    assert [record["step"] for record in log_of(tmp_path / "cosine")] == list(range(1, 10))


def test_tensorboard_is_refused_where_it_is_not_installed(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert train(tmp_path / "run", "--tensorboard") == 2
    assert "run: pip install tensorboard" in capsys.readouterr().err and not (tmp_path / "run").exists()


def test_resume_with_other_settings(trained, capsys):
    assert train(trained, "--resume", "--lr", "0.5", steps=5) == 2
    assert "train lr is 0.006 in the checkpoint and 0.5 here" in capsys.readouterr().err


def stop_after(monkeypatch, step, number):
    """Send this process a signal while the given step is running."""
    original = training.train

    def interrupted(*arguments):
        for record in original(*arguments):
            if record.step == step:
                os.kill(os.getpid(), number)
            yield record

    monkeypatch.setattr(training, "train", interrupted)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        pytest.param(signal.SIGTERM, 143, id="SIGTERM"),
        pytest.param(signal.SIGINT, 130, id="SIGINT"),
        pytest.param(signal.SIGHUP, 129, id="SIGHUP"),
    ],
)
def test_signals_finish_the_step_save_and_exit(tmp_path, monkeypatch, capsys, number, code):
    handler = signal.getsignal(number)
    stop_after(monkeypatch, 3, number)
    assert train(tmp_path / "run") == code
    assert checkpoint.list_checkpoints(tmp_path / "run") == [3] and len(log_of(tmp_path / "run")) == 3
    assert capsys.readouterr().out.startswith("saved step 3 of 6")
    assert signal.getsignal(number) is handler


@pytest.mark.skipif(not hasattr(signal, "SIGUSR1"), reason="no such signal here")
def test_sigusr1_is_a_batch_system_s_warning(tmp_path, monkeypatch, capsys):
    stop_after(monkeypatch, 2, signal.SIGUSR1)
    assert train(tmp_path / "run") == 128 + signal.SIGUSR1
    assert checkpoint.list_checkpoints(tmp_path / "run") == [2]


def test_a_signal_before_the_first_step_is_not_called_a_save(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(cli, "stop_signals", lambda: contextlib.nullcontext([signal.SIGTERM]))
    assert train(tmp_path / "run") == 143
    assert capsys.readouterr().out == f"stopped at step 0 of 6 in {tmp_path / 'run'}\n"
    assert checkpoint.list_checkpoints(tmp_path / "run") == []


def test_the_curve_is_drawn_at_the_end_from_the_whole_log(tmp_path, monkeypatch):
    stop_after(monkeypatch, 3, signal.SIGTERM)
    assert train(tmp_path / "parts") == 143 and not (tmp_path / "parts" / "curve.svg").exists()
    monkeypatch.undo()
    assert train(tmp_path / "parts", "--resume") == 0 and train(tmp_path / "whole") == 0
    drawn = (tmp_path / "parts" / "curve.svg").read_bytes()
    assert drawn == (tmp_path / "whole" / "curve.svg").read_bytes() and b"<svg" in drawn and b"<dc:date>" not in drawn


def test_a_disk_that_fills_up_keeps_the_checkpoint_before(tmp_path, monkeypatch, capsys):
    write, calls = os.fsync, []

    def fsync(descriptor):
        calls.append(descriptor)
        if len(calls) > 6:  # both logs; then two files and two renames make a checkpoint
            raise OSError(28, "No space left on device")
        return write(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    assert train(tmp_path / "run", "--save-every", 2) == 2
    assert "step 4 was not saved" in (err := capsys.readouterr().err) and "step 2 is intact" in err
    monkeypatch.undo()
    assert train(tmp_path / "run", "--save-every", 2, "--resume") == 0
    assert train(tmp_path / "whole", "--save-every", 2) == 0
    for name in ("step-000000006.safetensors", "log.jsonl"):
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_sigint_while_sampling_exits_without_a_traceback(trained, tmp_path, monkeypatch, capsys):
    def interrupted(*arguments, **options):
        os.kill(os.getpid(), signal.SIGINT)
        yield

    monkeypatch.setattr("diffusion_lib.sample.ancestral.ddim", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's job in the background ignores it
    try:
        assert command("sample", "--from", trained, "--steps", 3, "--out", tmp_path / "x.png") == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr() == ("", "") and not (tmp_path / "x.png").exists()


def test_the_real_program_shows_progress_and_stops(tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "TQDM_DISABLE"}
    arguments = [sys.executable, "-m", "diffusion_lib", *QUICK, "--out", str(tmp_path / "run"), "--steps", "1000000"]
    with subprocess.Popen(arguments, cwd=ROOT, env=environment, stdout=-1, stderr=-1, text=True) as process:
        while not (tmp_path / "run" / "log.jsonl").exists() and process.poll() is None:
            time.sleep(0.02)
        time.sleep(0.3)
        process.terminate()
        out, err = process.communicate(timeout=60)
    assert process.returncode == 143, err
    (step,) = checkpoint.list_checkpoints(tmp_path / "run")[-1:]
    assert len(log_of(tmp_path / "run")) == step and out.startswith(f"saved step {step} of 1000000")
    assert "loss=" in err and "step/s" in err and "points/s" in err and "Traceback" not in err
    assert re.search(r"\d+/1000000 \[\d\d:\d\d<", err)  # done of all, the time so far and the time that is left


def test_no_checkpoint_from_a_run_that_diverged(tmp_path, monkeypatch, capsys):
    original = training.train

    def diverging(*arguments):
        for record in original(*arguments):
            if record.step == 5:
                raise NonFiniteError("loss and gradient must be finite,\n got loss nan")
            yield record

    monkeypatch.setattr(training, "train", diverging)
    assert train(tmp_path / "run", "--save-every", 2) == 2
    assert checkpoint.list_checkpoints(tmp_path / "run") == [2, 4]
    assert capsys.readouterr() == ("", "NonFiniteError: loss and gradient must be finite, got loss nan\n")


def test_a_failed_save_is_never_called_saved(tmp_path, monkeypatch, capsys):
    def full(*_):
        raise OSError(28, "No space left on device")

    original = training.train

    def filling(*arguments):  # the log fits
        for record in original(*arguments):
            if record.step == 6:
                monkeypatch.setattr(os, "fsync", full)
            yield record

    monkeypatch.setattr(training, "train", filling)
    assert train(tmp_path / "run") == 2
    out, err = capsys.readouterr()
    assert (
        out == "" and err.startswith("CheckpointSaveError: step 6 was not saved: [Errno 28]") and err.count("\n") == 1
    )
    assert checkpoint.list_checkpoints(tmp_path / "run") == []


@pytest.mark.parametrize("name", ["log.jsonl", "clock.jsonl", "curve.svg"])
def test_a_disk_that_is_full_is_reported_with_the_file(tmp_path, monkeypatch, capsys, name):
    fill_disk(monkeypatch, name)
    assert train(tmp_path / "run") == 2
    err = capsys.readouterr().err
    assert f"SaveError: {tmp_path / 'run' / name} was not written: No space left on device" in err
    assert err.count("\n") == 1 and not list((tmp_path / "run").glob("*.tmp")) + list((tmp_path / "run").glob(".*.tmp"))


@pytest.mark.parametrize("buffering", [1, -1])  # a line does not fit, or what is flushed before a save
@pytest.mark.parametrize("name", ["log.jsonl", "clock.jsonl"])
def test_a_line_of_a_log_that_does_not_fit_names_the_log(tmp_path, monkeypatch, capsys, name, buffering):
    def opened(path, mode):
        file = open("/dev/full" if path.name == name else path, mode, buffering=buffering)  # noqa: SIM115
        file.buffer.raw.name = str(path)
        return file

    monkeypatch.setattr(run, "open", opened, raising=False)
    assert train(tmp_path / "run") == 2
    assert f"SaveError: {tmp_path / 'run' / name} was not written: No space" in capsys.readouterr().err


REFUSED_TRAIN = {
    "schedule": (["--schedule", "cosin"], "did you mean 'cosine'"),
    "T-0": (["--T", "0"], "T must be an integer"),
    "T-huge": (["--T", "1000000000"], "T must be"),
    "T-float": (["--T", "2.5"], "invalid int value"),
    "data": (["--data", "rings"], "did you mean 'ring'"),
    "steps": (["--steps", "0"], "steps must be"),
    "batch": (["--batch-size", "-1"], "batch_size must be"),
    "lr": (["--lr", "nan"], "lr must be"),
    "ema": (["--ema-decay", "1"], "ema_decay must be"),
    "seed": (["--seed", str(2**63)], "seed must be"),
    "weight-decay": (["--weight-decay", "2"], "weight_decay must be"),
    "warmup": (["--warmup", "2001"], "warmup must be an integer in 0..2000"),
    "save-every": (["--save-every", "0"], "save_every must be"),
    "device": (["--device", "tpu"], "device must be"),
    "unknown-option": (["--learning-rate", "1"], "unrecognized arguments"),
    "abbreviated-option": (["--batch", "4"], "unrecognized arguments"),
}


@pytest.mark.parametrize(("arguments", "match"), REFUSED_TRAIN.values(), ids=REFUSED_TRAIN)
def test_train_refuses_before_a_directory_exists(tmp_path, capsys, arguments, match):
    assert command(*QUICK, "--out", tmp_path / "run", *arguments) == 2
    out, err = capsys.readouterr()
    assert match in err and err.count("\n") == 1 and out == ""
    assert list(tmp_path.iterdir()) == []


def test_train_refuses_a_directory_with_checkpoints_or_a_file(trained, tmp_path, capsys):
    before = sorted((path.name, path.stat().st_mtime_ns) for path in trained.iterdir())
    assert train(trained) == 2
    assert "got step 5" in (err := capsys.readouterr().err) and "--resume" in err
    assert before == sorted((path.name, path.stat().st_mtime_ns) for path in trained.iterdir())
    (tmp_path / "file").write_text("")
    assert train(tmp_path / "file") == 2 and "must be a directory" in capsys.readouterr().err
    assert train(tmp_path / "file" / "run") == 2 and "below the file" in capsys.readouterr().err


# --- sample ----------------------------------------------------------------------------------------------------------


def sample(source, out, *arguments):
    return command("sample", "--from", source, "--out", out, "--n", 9, "--steps", 4, "--device", "cpu", *arguments)


@pytest.mark.parametrize("sampler", cli.SAMPLERS)
def test_samples_are_a_tensor_and_repeatable(trained, tmp_path, capsys, sampler):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        assert sample(trained, tmp_path / f"{name}.safetensors", "--sampler", sampler, "--seed", seed) == 0
    a, b, c = ((tmp_path / f"{name}.safetensors").read_bytes() for name in "abc")
    x_0 = safetensors.torch.load(a)["x_0"]
    assert x_0.shape == (9, 2) and x_0.dtype == torch.float32 and bool(x_0.isfinite().all())
    assert a == b and a != c
    assert "wrote 9 samples of step 5" in capsys.readouterr().out


def test_samples_come_from_the_averaged_network(trained, tmp_path):
    state, schedule, shape = cli.restore(trained)
    x_T = torch.stack([torch.randn(shape, generator=stream) for stream in cli.generators(0, 9)])
    expected = cli.last(ddim(state.ema_model(), x_T, schedule, steps=4))
    assert sample(trained, tmp_path / "a.safetensors") == 0
    assert torch.equal(safetensors.torch.load_file(tmp_path / "a.safetensors")["x_0"], expected)


@pytest.mark.parametrize("sampler", cli.SAMPLERS)
def test_the_first_samples_do_not_depend_on_how_many_there_are(trained, tmp_path, sampler):
    made = []
    for n in (2, 9):
        assert sample(trained, tmp_path / "x.safetensors", "--sampler", sampler, "--n", n) == 0
        made.append(safetensors.torch.load_file(tmp_path / "x.safetensors")["x_0"])
    torch.testing.assert_close(made[0], made[1][:2], rtol=0, atol=1e-4)


@pytest.mark.parametrize(("T", "steps"), [(20, 20), (60, 50)])
def test_without_steps_there_are_50_or_T_if_that_is_less(tmp_path, T, steps):
    assert train(tmp_path / "run", "--T", T, steps=1) == 0
    for name, arguments in (("default", []), ("stated", ["--steps", steps])):
        out = tmp_path / f"{name}.safetensors"
        assert command("sample", "--from", tmp_path / "run", "--out", out, "--device", "cpu", *arguments) == 0
    assert (tmp_path / "default.safetensors").read_bytes() == (tmp_path / "stated.safetensors").read_bytes()


def check_labels(run, folder):
    """Samples of a class are those of the guided network, and differ by class and by g."""
    state, schedule, shape = cli.restore(run)
    made = {}
    for label, g in ((3, None), (3, 1.0), (3, 2.5), (4, 2.5)):
        out = folder / f"{label}-{g}.safetensors"
        assert sample(run, out, "--label", label, *(() if g is None else ("--g", g))) == 0
        x_T = torch.stack([torch.randn(shape, generator=stream) for stream in cli.generators(0, 9)])
        guided = GuidedByLabel(state.ema_model(), torch.full((9,), label), 1.0 if g is None else g)
        made[label, g] = safetensors.torch.load_file(out)["x_0"]
        assert torch.equal(made[label, g], cli.last(ddim(guided, x_T, schedule, steps=4)))
    assert torch.equal(made[3, None], made[3, 1.0])
    assert not torch.equal(made[3, 1.0], made[3, 2.5]) and not torch.equal(made[3, 2.5], made[4, 2.5])
    assert sample(run, folder / "no.safetensors", "--label", 10) == 2 and not (folder / "no.safetensors").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--label", 3), "label must be left out, got 3: this model was trained without labels"),
        (("--g", 2.0), "g must come with a label, got g = 2 alone; add --label"),
    ],
)
def test_a_label_that_the_network_does_not_know_is_refused(trained, tmp_path, capsys, arguments, message):
    assert sample(trained, tmp_path / "x.png", *arguments) == 2
    assert message in capsys.readouterr().err and not (tmp_path / "x.png").exists()


def test_g_without_a_label_or_below_zero_is_refused_before_a_checkpoint_is_read(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(cli, "restore", lambda *_: pytest.fail("it reads"))
    for options, words in ((["--g", 2.0], "g must come with a label"), (["--label", 3, "--g", -1.0], "g must be")):
        assert sample(tmp_path / "nowhere", tmp_path / "x.png", *options) == 2
        assert words in capsys.readouterr().err


def test_clothes_train_with_their_labels_keep_averages_and_resume(tmp_path):
    quick = ["train", "--data", "clothes", "--T", 20, "--batch-size", 2, "--device", "cpu", "--steps", 4]
    assert command(*quick, "--out", tmp_path / "c") == 0
    averages = {path.name for path in (tmp_path / "c").glob("average-*.safetensors")}
    assert averages == {f"average-{step}.safetensors" for step in (1, 2, 4)}  # at its end, and before
    state, _, shape = cli.restore(tmp_path / "c")
    assert state.model.classes == 10 and shape == [1, 28, 28]
    embed = state.model.embed[0].weight.detach()
    torch.manual_seed(0)
    fresh = cli.build(state.model.config).embed[0].weight
    moved = (embed - fresh).abs().amax(0)[8:] > 5e-4  # weight decay alone moves less
    assert 1 <= int(moved.sum()) <= 8  # columns of the labels in four batches of two
    check_labels(tmp_path / "c", tmp_path)
    kept = safetensors.torch.load_file(tmp_path / "c" / "average-4.safetensors")
    assert all(torch.equal(kept[name], average) for name, average in state.ema.items())
    assert command(*quick, "--out", tmp_path / "c", "--resume") == 0
    assert command(*quick, "--out", tmp_path / "d", "--data", "digit") == 2


def test_points_and_digits_become_images(trained, tmp_path):
    assert (
        command("train", "--data", "digits", "--T", 20, "--steps", 1, "--batch-size", 2, "--out", tmp_path / "d") == 0
    )
    for source, name in ((trained, "points.png"), (tmp_path / "d", "digits.png")):
        assert sample(source, tmp_path / name) == 0
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
    columns = math.ceil(9**0.5)
    width = int.from_bytes((tmp_path / "digits.png").read_bytes()[16:20], "big")
    assert width == 4 * (columns * (8 + 1) - 1)
    assert not list(tmp_path.glob(".*"))  # nothing temporary is left


REFUSED_SAMPLE = {
    "steps-0": (["--steps", "0"], "steps must be"),
    "steps-negative": (["--steps", "-5"], "steps must be"),
    "steps-above-T": (["--steps", "21"], "steps must be an integer in 1..20, got 21"),
    "n-0": (["--n", "0"], "n must be"),
    "sampler": (["--sampler", "dddim"], "did you mean 'ddim'"),
    "seed": (["--seed", "-1"], "seed must be"),
    "suffix": (["--out", "x.jpg"], "out must be a .safetensors or .png file"),
    "directory": (["--out", "/nowhere/x.png"], "file in a directory that exists, got '/nowhere/x.png'"),
}


@pytest.mark.parametrize(("arguments", "match"), REFUSED_SAMPLE.values(), ids=REFUSED_SAMPLE)
def test_sample_refuses_before_it_writes(trained, tmp_path, capsys, arguments, match):
    assert sample(trained, tmp_path / "x.png", *arguments) == 2
    out, err = capsys.readouterr()
    assert match in err and err.count("\n") == 1 and out == ""
    assert list(tmp_path.iterdir()) == []


def test_sample_refuses_checkpoints_of_other_origin(trained, tmp_path, capsys):
    assert sample(tmp_path, tmp_path / "x.png") == 2 and "must hold a checkpoint" in capsys.readouterr().err
    (tmp_path / "model.pt").write_bytes(b"PK\x03\x04")
    assert sample(tmp_path / "model.pt", tmp_path / "x.png") == 2
    assert capsys.readouterr().err.startswith("CheckpointUntrusted")
    state, _, _ = cli.restore(trained)
    for settings in ({}, {"schedule": {"name": "linear", "T": 20}, "model": {}, "train": {}, "data": {}}):
        checkpoint.save(tmp_path, state, settings)
        assert sample(tmp_path, tmp_path / "x.png") == 2
        assert capsys.readouterr().err.startswith("CheckpointMismatch: the checkpoint in ")
        for path in tmp_path.glob("step-*"):
            path.unlink()


@pytest.mark.parametrize(
    ("part", "change", "cause"),
    [
        ("schedule", None, "got no 'schedule'"),
        ("schedule", {"name": "cosin"}, "got 'cosin'; did you mean 'cosine'?"),
        ("schedule", {"name": "cosine", "T": 20}, "schedule must have the alpha_bar of the network, got"),
        ("model", {"width": 12}, "model/layers.0.bias is 'float32 (64,)' in the checkpoint and 'float32 (12,)'"),
        ("data", {"shape": [3]}, "x_t must have shape (B, 2), got (1, 3)"),
        ("data", {"shape": 3}, "TypeError: 'int' object is not iterable"),
    ],
)
def test_sample_tells_what_is_wrong_with_a_checkpoint(trained, tmp_path, capsys, part, change, cause):
    record, _ = checkpoint.read_latest(trained)
    state, _, _ = cli.restore(trained)
    settings = record["config"] | {part: record["config"][part] | (change or {})}
    if part == "schedule" and change and "T" in change:
        settings[part] = change
    if change is None:
        del settings[part]
    checkpoint.save(tmp_path, state, settings)
    assert sample(tmp_path, tmp_path / "x.png") == 2
    assert cause in capsys.readouterr().err and not (tmp_path / "x.png").exists()


# --- doctor ----------------------------------------------------------------------------------------------------------


def test_doctor_as_json_and_as_text(capsys):
    assert command("doctor", "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert report["versions"]["torch"] == version("torch") and report["versions"]["python"]
    assert report["device"]["auto"] in report["device"]["why"]
    assert all(report["data"].values()) and report["works offline"]["train, sample, derivations"] is True
    assert command("doctor") == 0
    text = capsys.readouterr().out
    lines = [line.strip() for line in text.splitlines()]
    for section in report.values():
        for name in section:  # a name that is longer than others runs into its value
            assert any(line.startswith(f"{name}  ") and line.removeprefix(name).strip() for line in lines), name


def test_doctor_finds_weights_in_the_cache_without_a_network(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    name, revision = next(iter(weights.PUBLISHED.items()))
    assert doctor.diagnosis()["weights"][name] is False
    for commit in ("0" * 40, revision):  # another commit is another model
        assert doctor.diagnosis()["weights"][name] is False
        for file in weights.NEEDED:
            path = tmp_path / "models--CompVis--stable-diffusion-v1-4" / "snapshots" / commit / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    assert doctor.diagnosis()["weights"][name] is True
    assert doctor.diagnosis()["works offline"]["images from prompts"] is True
    path.unlink()
    assert doctor.diagnosis()["weights"][name] is False


def test_doctor_has_no_version_of_what_is_not_installed(monkeypatch):
    monkeypatch.setattr(doctor, "PACKAGES", (*doctor.PACKAGES, "no-such-package"))
    assert doctor.diagnosis()["versions"]["no-such-package"] is None
