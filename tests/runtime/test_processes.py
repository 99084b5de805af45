"""Several processes train as one does: the same noise, the same parameters, one writer, one end.

Run as a program, this file is the driver: it imports PyTorch once and forks the processes of each run, which find one
another over gloo as those of ``accelerate launch`` do.  One test starts the real launcher.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import safetensors.torch
import torch
from root import ROOT, environment
from runs import log_of

from diffusion_lib.data import sample_density
from diffusion_lib.errors import ConfigError
from diffusion_lib.networks import MLP
from diffusion_lib.process.registry import make_schedule
from diffusion_lib.runtime import processes as parallel
from diffusion_lib.runtime.processes import Processes
from diffusion_lib.train.batch import draw_batch, timestep_distribution
from diffusion_lib.train.loop import TrainConfig, TrainState, train

STEPS = 20
# AdamW divides by the size of a gradient, so that a difference in its last digit may become one of lr: a small lr
OPTIONS = {"data": "ring", "T": "20", "batch-size": "8", "lr": "2e-3", "device": "cpu", "save-every": "10"}
COMMAND = ["train", *(word for name, value in OPTIONS.items() for word in (f"--{name}", value))]
PATIENCE = 60.0  # seconds in which a run that has lost a process must be over; the driver waits no longer


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The directory with the driver's runs; ``runs.report`` has exit statuses and texts, one for each process."""
    directory = tmp_path_factory.mktemp("runs")
    command = [sys.executable, __file__, str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=400)
    assert done.returncode == 0, done.stderr
    return directory, json.loads(done.stdout)


def tensors(directory, step=STEPS):
    return safetensors.torch.load_file(directory / f"step-{step:09d}.safetensors")


def close(one, two, tolerance=1e-6):
    """Whether two checkpoints agree, and the random streams bit for bit."""
    assert one.keys() == two.keys() and torch.equal(one["generator"], two["generator"])
    return all(torch.allclose(one[name], two[name], rtol=0, atol=tolerance) for name in one if name != "generator")


# --- in one process --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 4])
def test_the_union_of_the_noise_is_that_of_one_process_and_no_two_share_any(size):
    data, generators = sample_density("ring", 100, 0), [torch.Generator().manual_seed(5) for _ in range(size + 1)]
    p = timestep_distribution(make_schedule("linear", 20), "log-normal")
    for _ in range(3):  # steps
        whole = draw_batch(data, p, 8, generators[size])
        parts = [draw_batch(data, p, 8, generators[rank], Processes(rank, size)) for rank in range(size)]
        for drawn, shares in zip(whole, zip(*parts, strict=True), strict=True):
            assert torch.equal(torch.cat(shares), drawn)
        noises = [part[2] for part in parts]
        assert not any(torch.equal(noises[i], noises[j]) for i in range(size) for j in range(i))


def test_batches_depend_on_no_global_generator():
    """Workers that inherit NumPy's or PyTorch's global stream draw alike; the batches come from the state's own."""
    import random

    import numpy as np

    data, schedule, losses = sample_density("ring", 100, 0), make_schedule("linear", 20), []
    for seed in (1, 2):
        torch.manual_seed(0)
        network = MLP(T=20, width=8, alpha_bar=schedule.alpha_bar)
        state = TrainState.create(network, config := TrainConfig(3, batch_size=4))
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        losses.append([record.loss for record in train(state, data, schedule, config)])
    assert losses[0] == losses[1]


def test_a_batch_that_cannot_be_shared_equally_is_refused():
    state = TrainState.create(torch.nn.Linear(2, 2), config := TrainConfig(1, batch_size=8))
    with pytest.raises(ConfigError, match="batch_size must be a multiple of the 3 processes, got 8"):
        train(state, sample_density("ring", 10, 0), make_schedule("linear", 20), config, Processes(0, 3))


def test_one_process_exchanges_nothing(monkeypatch):
    monkeypatch.setitem(sys.modules, "accelerate", None)  # an import of it would fail
    for name in (*parallel.SIZES, "MASTER_ADDR"):
        monkeypatch.delenv(name, raising=False)
    with parallel.join(torch.device("cpu")) as processes:
        assert processes == Processes(0, 1)
        processes.average([tensor := torch.ones(2)])
        assert tensor.tolist() == [1, 1] and processes.maximum(7, torch.device("cpu")) == 7


def test_several_processes_without_accelerate_are_refused(monkeypatch):
    monkeypatch.setattr(parallel.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ConfigError, match="2 processes need accelerate"), parallel.join(torch.device("cpu")):
        pass


def test_a_launcher_that_started_one_process_of_several_is_pointed_out(monkeypatch, capsys):
    for name in parallel.SIZES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")  # as accelerate launch --cpu --num_processes 2 does
    with parallel.join(torch.device("cpu")) as processes:
        assert processes.size == 1
    assert "--multi_gpu" in capsys.readouterr().err


# --- in two ----------------------------------------------------------------------------------------------------------


def test_two_processes_make_the_steps_of_one(runs):
    directory, report = runs
    assert report["two"]["status"] == report["mpi"]["status"] == [0, 0]
    assert json.loads((directory / "mpi" / f"step-{STEPS:09d}.json").read_text())["config"]["processes"] == 2
    for step in (10, STEPS):
        assert close(tensors(directory / "one", step), tensors(directory / "two", step))
    for one, two in zip(log_of(directory / "one"), log_of(directory / "two"), strict=True):
        assert one["step"] == two["step"] and one["loss"] == pytest.approx(two["loss"], abs=1e-6)
    assert (directory / "mpi" / "log.jsonl").read_bytes() == (directory / "two" / "log.jsonl").read_bytes()


def test_the_first_process_alone_writes(runs):
    _, report = runs
    wrote = report["two"]["wrote"]
    assert wrote[1] == [] and {"log.jsonl", f"step-{STEPS:09d}.json.tmp", "lock"} <= set(wrote[0])
    assert [text.count("saved step 20 of 20") for text in report["two"]["text"]] == [1, 0]


def test_resume_by_as_many_processes_is_bit_for_bit(runs):
    directory, report = runs
    assert report["two-by-two"]["status"] == [0, 0] and "warning" not in "".join(report["two-by-two"]["text"])
    for name in (f"step-{STEPS:09d}.safetensors", f"step-{STEPS:09d}.json", "log.jsonl", "curve.svg"):
        assert (directory / "two-by-two" / name).read_bytes() == (directory / "two" / name).read_bytes(), name


@pytest.mark.parametrize(("name", "before", "now"), [("two-by-one", 2, 1), ("one-by-two", 1, 2)])
def test_resume_by_another_number_of_processes_is_close_and_says_so(runs, name, before, now):
    directory, report = runs
    assert report[name]["status"] == [0] * now
    assert close(tensors(directory / name), tensors(directory / "one"))
    warning = f"warning: step 10 was written by {before} processes and goes on with {now}"
    assert [text.count(warning) for text in report[name]["text"]] == [1] + [0] * (now - 1)


@pytest.mark.parametrize("rank", [0, 1])
def test_a_killed_process_ends_the_run(runs, rank):
    directory, report = runs
    killed = report[f"kill-{rank}"]
    assert killed["status"][rank] == -signal.SIGKILL and killed["status"][1 - rank] == 2
    assert killed["seconds"] < PATIENCE
    assert killed["text"][1 - rank] == (
        f"ProcessLost: all 2 processes must go on, process {1 - rank} lost another one; start again with --resume\n"
    )
    assert tensors(directory / f"kill-{rank}", 10)  # the checkpoint before is whole


def test_a_signal_to_one_process_stops_both_at_the_same_step(runs):
    directory, report = runs
    assert report["signal"]["status"] == [143, 143]
    assert report["signal"]["text"][0].startswith("saved step ")
    step = len(log_of(directory / "signal"))
    assert tensors(directory / "signal", step)


def test_a_save_that_fails_in_the_first_process_ends_the_other(runs):
    _, report = runs
    assert report["full"]["status"] == [2, 2]
    assert "CheckpointSaveError: step 10 was not saved" in report["full"]["text"][0]
    assert report["full"]["text"][1].startswith("ProcessLost")


def test_the_real_launcher(runs, tmp_path):
    command = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_machines", "1"]
    command += ["--num_processes", "2", "--main_process_port", "0", "--mixed_precision", "no", "--dynamo_backend", "no"]
    command += ["-m", "diffusion_lib", *COMMAND, "--steps", str(STEPS), "--out", str(tmp_path / "run")]
    done = subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    name = f"step-{STEPS:09d}.safetensors"
    assert (tmp_path / "run" / name).read_bytes() == (runs[0] / "two" / name).read_bytes()


# --- the driver ------------------------------------------------------------------------------------------------------


def child(rank: int, size: int, port: int, arguments: list[str], place: Path, mpi: bool, full: bool) -> None:
    """Never returns: be one process of a run, and note which files in the run's directory it opens for writing."""
    output = os.open(place.with_suffix(f".{rank}.txt"), os.O_WRONLY | os.O_CREAT)
    notes = os.open(place.with_suffix(f".{rank}.wrote"), os.O_WRONLY | os.O_CREAT)
    os.dup2(output, 1)
    os.dup2(output, 2)
    names = ("PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID") if mpi else ("RANK", "WORLD_SIZE", "LOCAL_RANK")
    if size > 1:
        os.environ |= dict(zip(names, map(str, (rank, size, rank)), strict=True))
        os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}

    def audit(event, details):
        if event == "open" and isinstance(details[0], (str, bytes)) and details[2] & (os.O_WRONLY | os.O_RDWR):
            path = Path(os.fsdecode(details[0]))
            if path.parent == place:
                os.write(notes, f"{path.name}\n".encode())

    sys.addaudithook(audit)
    if full and rank == 0:
        os.fsync = full_for_checkpoints
    from diffusion_lib.cli import parser

    code = 99
    try:
        code = parser.main(arguments)
    finally:
        sys.stdout.flush()
        os._exit(code)


def full_for_checkpoints(descriptor: int, fsync=os.fsync) -> None:
    """``os.fsync`` on a disk that has room for the logs' first lines alone."""
    if "step-" in os.readlink(f"/proc/self/fd/{descriptor}"):
        raise OSError(28, "No space left on device")
    fsync(descriptor)


def launch(place: Path, size: int, *, steps=STEPS, mpi=False, full=False, meddle=None) -> dict:
    """Fork the processes of a run, let ``meddle`` do something to their pids, and return what became of them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    arguments = [*COMMAND, "--steps", str(steps), "--out", str(place), *(["--resume"] if place.exists() else [])]
    pids = []
    for rank in range(size):
        if (pid := os.fork()) == 0:
            child(rank, size, port, arguments, place, mpi, full)
        pids.append(pid)
    if meddle is not None:
        while not (place / "step-000000010.json").exists():
            time.sleep(0.01)
        meddle(pids)
    start, status = time.monotonic(), {}
    while len(status) < size:
        for rank, pid in enumerate(pids):
            if rank not in status and (waited := os.waitpid(pid, os.WNOHANG))[0]:
                status[rank] = os.waitstatus_to_exitcode(waited[1])
        if time.monotonic() - start > PATIENCE:
            for rank in {*range(size)} - {*status}:
                os.kill(pids[rank], signal.SIGKILL)
        time.sleep(0.01)
    kept = {kind: [place.with_suffix(f".{r}.{kind}").read_text() for r in range(size)] for kind in ("txt", "wrote")}
    return {
        "status": [status[rank] for rank in range(size)],
        "seconds": time.monotonic() - start,
        "text": kept["txt"],
        "wrote": [text.splitlines() for text in kept["wrote"]],
    }


def at_step_10(source: Path, target: Path) -> Path:
    """A copy of a run that was cut off after its checkpoint of step 10."""
    shutil.copytree(source, target)
    for path in target.glob(f"step-{STEPS:09d}.*"):
        path.unlink()
    return target


def drive(root: Path) -> dict[str, dict]:
    from diffusion_lib.cli import parser

    warm = [*COMMAND, "--steps", "1", "--out", str(root / "warm")]
    assert importlib.import_module("accelerate.utils") and parser.main(warm) == 0  # children inherit the imports
    report = {"one": launch(root / "one", 1), "two": launch(root / "two", 2), "mpi": launch(root / "mpi", 2, mpi=True)}
    report["two-by-one"] = launch(at_step_10(root / "two", root / "two-by-one"), 1)
    report["one-by-two"] = launch(at_step_10(root / "one", root / "one-by-two"), 2)
    report["two-by-two"] = launch(at_step_10(root / "two", root / "two-by-two"), 2)
    endless = {"steps": 1_000_000}
    for rank in (0, 1):
        report[f"kill-{rank}"] = launch(
            root / f"kill-{rank}", 2, meddle=lambda pids, rank=rank: os.kill(pids[rank], signal.SIGKILL), **endless
        )
    report["signal"] = launch(root / "signal", 2, meddle=lambda pids: os.kill(pids[1], signal.SIGTERM), **endless)
    report["full"] = launch(root / "full", 2, full=True)
    return report


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        result = drive(Path(sys.argv[1]))
    print(json.dumps(result))
