"""Long runs on a GPU: what is run, what is written down, what the page says; the card here is a script."""

from __future__ import annotations

import json
import sys

import pytest
import yaml

from booktools.notebooks import large
from diffusion_lib.cli import parser
from pagekit import parameters, rerun


@pytest.fixture
def rows(monkeypatch, tmp_path):
    monkeypatch.setattr(large, "ROWS", tmp_path / "gpu.json")
    return tmp_path / "gpu.json"


@pytest.fixture
def card(monkeypatch, tmp_path):
    """An ``nvidia-smi`` that says 100 MiB, and 700 while ``busy`` exists."""
    code = f"import os; print('Card 1,', 700 if os.path.exists({str(tmp_path / 'busy')!r}) else 100)"
    monkeypatch.setattr(large, "SMI", [sys.executable, "-c", code])
    return tmp_path / "busy"


def test_every_file_of_the_folder_is_run_with_its_values():
    known = large.commands()
    assert [*known][: -len(large.COMMANDS)] == sorted(path.stem for path in large.GPU.glob("*.yaml"))
    for path in large.GPU.glob("*.yaml"):
        args = parser.parser().parse_args(parameters.join_pairs(known[path.stem][3:]))
        types = rerun.defaults(large.ROOT / "notebooks" / f"{path.stem}.ipynb")
        assert args.chapter == path.stem and parameters.parse(args.p, types) == yaml.safe_load(path.read_text())


@pytest.mark.parametrize("name", ["train", "train-latent"])
def test_the_trainings_are_commands_of_the_library(name):
    args = parser.parser().parse_args(large.COMMANDS[name][3:])
    assert args.device == "cuda" and args.out.startswith("_build/runs/")


def test_a_run_is_written_down_with_its_card_and_its_peak(rows, card, monkeypatch, capsys):
    code = f"import json, time; open({str(card)!r}, 'w'); time.sleep(3); print('x'); print(json.dumps({{'ms': 2}}))"
    monkeypatch.setattr(large, "COMMANDS", {"roofline": [sys.executable, "-c", code]})
    assert large.main(["roofline"]) == 0
    row = json.loads(rows.read_text())["roofline"]
    assert row["card"] == "Card 1" and row["gpu_mib"] == 600 and row["seconds"] >= 3 and row["said"] == {"ms": 2}
    said = large.table()
    assert (
        "Card 1" in said and "600 MiB" in said and "`roofline`: ms 2." in said and "Not run yet: autoencoder," in said
    )


def test_a_run_that_fails_leaves_the_other_rows(rows, card, monkeypatch, capsys):
    monkeypatch.setattr(large, "COMMANDS", {"a": [sys.executable, "-c", "1"], "b": [sys.executable, "-c", "1/0"]})
    assert large.main(["a", "b"]) == 0
    assert json.loads(rows.read_text()).keys() == {"a"} and "b: failed with 1, no row" in capsys.readouterr().out


def test_without_a_card_nothing_is_run_and_the_page_says_so(rows, monkeypatch, capsys):
    monkeypatch.setattr(large, "SMI", ["/nowhere/nvidia-smi"])
    monkeypatch.setattr(large, "measured", lambda command: pytest.fail("it was run"))
    with pytest.raises(SystemExit):
        large.main([])
    assert "an NVIDIA card is needed, nvidia-smi shows none" in capsys.readouterr().err and not rows.exists()
    assert large.table().startswith(f"No GPU has run the {len(large.commands())} long versions yet")


def test_an_unknown_name_is_refused(rows, card, capsys):
    with pytest.raises(SystemExit):
        large.main(["toy"])
    assert "NAME must be one of autoencoder, " in capsys.readouterr().err


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_roofline_is_measured_on_a_processor_too(dtype):
    from benchmarks import roofline

    found = roofline.measure("miniature", "cpu", dtype)
    assert found["GFLOP a step"] == pytest.approx(0.731, rel=0.01)  # counted: the same everywhere
    assert found["MB of weights"] == pytest.approx(29.2 if dtype == "float32" else 14.6, rel=0.01)
    assert found["fraction of the roof"] > 0 and found["ms a step"] > 0
