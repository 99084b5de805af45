"""What PyTorch's own fake tensors say of tensors on two devices, and how often the library waits for an accelerator.

``tests/support/fakes.py`` asks them about each operation of the programs and chapters of ``test_accelerator.py``.  Here
they must find bugs that are planted, and agree with what is known of PyTorch.
"""

from __future__ import annotations

import fakes
import pytest
import torch
from emulated import faults
from torch._subclasses.fake_tensor import FakeTensorDeviceMismatchError

aten = torch.ops.aten
PLANTED = {"bug:loss": "loop.py", "bug:oracle": "oracle.py"}  # where it is noticed; ``planted.BUGS`` holds three more


@pytest.fixture(scope="module")
def found():
    return faults(*PLANTED, "waits")


def test_fake_tensors_foresee_device_shape_and_dtype():
    x, number = torch.zeros(2, 3), torch.zeros((), dtype=torch.float64)
    assert fakes.foresee(aten.add.Tensor, (x, number), {}) == [("cpu", (2, 3), torch.float32)]
    assert fakes.foresee(aten.arange.default, (4,), {"device": "meta"}) == [("meta", (4,), torch.int64)]
    assert fakes.foresee(aten.nonzero.default, (x,), {}) is None  # its shape depends on numbers
    assert fakes.foresee(aten._local_scalar_dense.default, (number,), {}) is None


@pytest.mark.parametrize("func", [aten.mm.default, aten.mul.Tensor, aten.index_select.default], ids=str)
def test_tensors_of_two_devices_are_refused(func):
    one, other = torch.zeros(2, 2), torch.zeros(2, 2, device="meta")
    given = (one, 0, other[0].long()) if func == aten.index_select.default else (one, other)
    with pytest.raises(FakeTensorDeviceMismatchError, match="found at least two devices, cpu and meta"):
        fakes.foresee(func, given, {})


def test_a_result_that_is_not_foreseen_is_an_error():
    x = torch.zeros(2, 3)
    fakes.compare(aten.sum.default, (x,), {}, x.sum())
    for wrong in (x, x.sum().double(), x.sum().to("meta")):
        with pytest.raises(RuntimeError, match="FakeTensorMode foresees"):
            fakes.compare(aten.sum.default, (x,), {}, wrong)


def test_tensors_that_stay_on_the_cpu_are_found(found):
    """The programs run with the rules of the emulated accelerator switched off."""
    for name, file in PLANTED.items():
        assert len(found[name]) == 1 and file in found[name][0], found[name]
        assert found[name][0].startswith("FakeTensorDeviceMismatchError")


def test_the_library_waits_for_an_accelerator_once_a_step(found):
    """Samplers and training read one number, whether all is finite; a network reads times and labels that are new."""
    assert found["waits"] == [
        "a call with new times and labels: 2 reads, 0 copies",
        "a call with new labels: 1 reads, 0 copies",
        "a call with the same times and views of the same labels: 0 reads, 0 copies",
        "a step of training: 1 reads, 4 copies",
        "a guided step of ddim: 1 reads, 0 copies",
        "a step of heun: 1 reads, 0 copies",
    ]
