"""The order CUDA, MPS, CPU; refusals that say what is there; where bfloat16 is used."""

from __future__ import annotations

import contextlib

import pytest
import torch

from diffusion_lib.errors import ConfigError
from diffusion_lib.runtime import device
from diffusion_lib.runtime.device import autocast, available, pick_device


@pytest.fixture
def machine(monkeypatch):
    """Pretend that the machine has a CUDA device, with or without bfloat16 units, or an Apple GPU, and their faults."""

    monkeypatch.delenv("DIFFUSION_LIB_DEVICE", raising=False)

    def pretend(*, cuda: bool = False, mps: bool = False, bf16: bool = True, **faults: str) -> None:
        monkeypatch.setattr(device, "fault", lambda name: faults.get(f"{name}_fault", ""))
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
        # an old card reports bfloat16 as supported unless emulation is excluded
        monkeypatch.setattr(
            torch.cuda, "is_bf16_supported", lambda including_emulation=True: bf16 or including_emulation
        )

    return pretend


@pytest.mark.parametrize(
    "here, names",
    [
        ({"cuda": True, "mps": True}, ["cuda", "mps", "cpu"]),
        ({"cuda": True}, ["cuda", "cpu"]),
        ({"mps": True}, ["mps", "cpu"]),
        ({}, ["cpu"]),
    ],
)
def test_auto_takes_the_first_of_cuda_mps_cpu(machine, here, names):
    machine(**here)
    assert list(available()) == names
    assert pick_device() == pick_device("auto") == torch.device(names[0])
    assert all(pick_device(name) == torch.device(name) for name in names)


def test_the_environment_says_what_auto_means_and_a_name_outranks_it(machine, monkeypatch):
    machine(cuda=True)
    monkeypatch.setenv("DIFFUSION_LIB_DEVICE", "cpu")
    assert pick_device() == torch.device("cpu") and pick_device("cuda") == torch.device("cuda")
    monkeypatch.setenv("DIFFUSION_LIB_DEVICE", "gpu")
    with pytest.raises(ConfigError, match="DIFFUSION_LIB_DEVICE must be one of"):
        pick_device()


@pytest.mark.parametrize("name", ["cuda", "mps"])
def test_a_device_that_is_missing_is_refused_and_those_present_are_named(machine, name):
    machine()
    with pytest.raises(ConfigError) as caught:
        pick_device(name)
    assert str(caught.value) == f"device must be one of those that work here, cpu, got {name!r}; use 'auto'"


BROKEN = "no kernel image is available for execution on the device"


def test_without_a_gpu_everything_is_on_the_cpu_and_says_nothing(machine, recwarn):
    machine()
    assert pick_device() == torch.device("cpu") and len(recwarn) == 0


def test_a_gpu_that_does_not_work_is_passed_over_with_a_warning(machine):
    machine(cuda=True, cuda_fault=BROKEN)
    with pytest.warns(UserWarning, match=f"cuda does not work here .{BROKEN}.; computing on cpu"):
        assert pick_device() == torch.device("cpu")
    with pytest.raises(ConfigError, match=f"device must be one of those that work here, cpu, got 'cuda': {BROKEN}"):
        pick_device("cuda")


def test_a_fault_of_a_device_that_is_not_preferred_is_no_news(machine, recwarn):
    machine(cuda=True, mps=True, mps_fault=BROKEN)
    assert pick_device() == torch.device("cuda") and len(recwarn) == 0


def test_a_device_is_tried_by_computing_on_it():
    """The CPU can add.  Nobody can on the device ``meta``, which has shapes and no numbers."""
    assert device.fault("cpu") == "" and "meta" in device.fault("meta")


@pytest.mark.parametrize("name, hint", [("gpu", "'cpu'"), ("cudaa", "'cuda'"), ("cuda:0", "'cuda'")])
def test_an_unknown_device_is_refused_with_the_nearest_name(name, hint):
    with pytest.raises(
        ConfigError, match=f"device must be one of 'auto', 'cuda', 'mps', 'cpu', .*; did you mean {hint}"
    ):
        pick_device(name)


@pytest.mark.parametrize("value", [None, 0, torch.device("cpu")])
def test_a_device_that_is_no_name_is_refused(value):
    with pytest.raises(ConfigError, match="device must be one of"):
        pick_device(value)


def test_cpu_computes_in_float32():
    a = torch.ones(2, 2)
    with autocast(torch.device("cpu")) as context:
        assert context is None and (a @ a).dtype == torch.float32


def test_cpu_computes_in_bfloat16_when_asked_and_an_unknown_precision_is_refused():
    a = torch.ones(2, 2)
    with autocast(torch.device("cpu"), "bfloat16"):
        assert (a @ a).dtype == torch.bfloat16
    with pytest.raises(ConfigError, match="precision must be one of 'auto', 'float32', 'bfloat16', got 'bf16'"):
        autocast(torch.device("cpu"), "bf16")


@pytest.mark.parametrize("units", [True, False])
def test_cuda_uses_bf16_where_there_are_units_for_it(machine, monkeypatch, units):
    machine(cuda=True, bf16=units)
    asked = []
    monkeypatch.setattr(torch, "autocast", lambda *arguments: asked.append(arguments) or contextlib.nullcontext())
    autocast(torch.device("cuda"))
    autocast(torch.device("cuda"), "float32")
    autocast(torch.device("mps"))
    assert asked == ([("cuda", torch.bfloat16)] if units else [])
