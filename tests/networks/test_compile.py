"""Every network as one graph of ``torch.compile``: the same numbers, and bad times and labels are still refused.

The backend "aot_eager" takes the graph, forward and backward, and runs it with PyTorch's own kernels.  The default one,
inductor, needs a compiler of C++ and half a minute for each network.
"""

from __future__ import annotations

import pytest
import torch
from small_networks import NETWORKS, small

BACKEND = "aot_eager"


@pytest.fixture(autouse=True)
def nothing_compiled():
    torch._dynamo.reset()
    yield
    torch._dynamo.reset()


def gradients(network, answer):
    network.zero_grad()
    answer.square().mean().backward()
    return [parameter.grad for parameter in network.parameters()]


@pytest.mark.parametrize("name", NETWORKS)
def test_a_compiled_network_is_one_graph_with_the_same_numbers(name):
    network, arguments = small(name)
    compiled = torch.compile(network, fullgraph=True, backend=BACKEND)
    expected, found = network(*arguments), compiled(*arguments)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(gradients(network, found), gradients(network, expected), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("place", "by", "message"),
    [(1, 1, "t must be in 1..20; make the network"), (1, -1, "t must be in 1..20"), (2, 1, "label must be in -1..2")],
)
def test_a_compiled_network_refuses_times_and_labels_out_of_range(place, by, message):
    network, arguments = small("unet-labels")
    compiled = torch.compile(network, fullgraph=True, backend="eager")
    wrong = [each + by if number == place else each for number, each in enumerate(arguments)]
    with pytest.raises(RuntimeError, match=message):
        compiled(*wrong)
    assert compiled(*arguments).isfinite().all()
