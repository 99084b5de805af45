"""A graph of ONNX whose weights are those of a safetensors file: it says where they lie in it, and holds none itself.

The exporter writes each weight in float32, some in another shape, and some transposed.  Here each is found again in
the file by its numbers, and becomes a float16 tensor at its place there, a cast to float32, and perhaps a transpose.
A runtime folds both when it loads the graph.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

KINDS = {"F16": (np.float16, TensorProto.FLOAT16), "F32": (np.float32, TensorProto.FLOAT)}
SMALL = 16  # numbers; what is smaller stays in the graph, unless it has the name of a weight


class Place(NamedTuple):
    """Where a weight lies in its file, and whether the graph has it transposed."""

    name: str
    kind: str
    shape: tuple[int, ...]
    offset: int
    length: int
    transposed: bool


def places(weights: Path) -> tuple[dict[bytes, Place], dict[str, np.ndarray]]:
    """The weights of a file: where each lies, by its numbers in float32; and the numbers, by name."""
    content = weights.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    header.pop("__metadata__", None)
    found, numbers = {}, {}
    for name, told in sorted(header.items()):
        first, end = (start + offset for offset in told["data_offsets"])
        values = np.frombuffer(content[first:end], KINDS[told["dtype"]][0]).reshape(told["shape"]).astype(np.float32)
        place = Place(name, told["dtype"], tuple(told["shape"]), first, end - first, False)
        numbers[name] = values
        found.setdefault(values.tobytes(), place)
    for name, values in numbers.items():
        if values.ndim == 2:
            plain = found[values.tobytes()]
            found.setdefault(values.T.tobytes(), plain._replace(name=name, transposed=True))
    return found, numbers


def point(model: onnx.ModelProto, weights: Path, location: str) -> None:
    """Make the graph take its weights from the file ``weights``, which the runtime is given as ``location``."""
    found, numbers = places(weights)
    graph = model.graph
    kept, first = [], []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        named = tensor.name.removeprefix("network.") in numbers
        place = found.get(values.tobytes()) if values.dtype == np.float32 else None
        if place is None or (values.size < SMALL and not named):
            kept.append(tensor)
        else:
            stored, nodes = _stored(tensor.name, values.shape, place, location)
            kept.append(stored)
            first.extend(nodes)
    _look_up_before_the_cast(graph, first)
    nodes = [*first, *graph.node]
    del graph.initializer[:], graph.node[:], graph.value_info[:], graph.metadata_props[:], model.metadata_props[:]
    for node in nodes:
        del node.metadata_props[:]
        node.doc_string = ""
    graph.initializer.extend(kept)
    graph.node.extend(nodes)


def _stored(name: str, shape: tuple[int, ...], place: Place, location: str) -> tuple[TensorProto, list]:
    """The weight as it lies in the file, and what makes ``name`` of it; a reshape needs no node."""
    kind = KINDS[place.kind][1]
    stored = TensorProto(name=f"{name}.stored", data_type=kind, dims=place.shape if place.transposed else shape)
    stored.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", place.offset), ("length", place.length)):
        stored.external_data.add(key=key, value=str(value))
    last = f"{name}.wide" if place.transposed else name
    nodes = [helper.make_node("Cast", [stored.name], [last], to=TensorProto.FLOAT)]
    if place.transposed:
        nodes.append(helper.make_node("Transpose", [last], [name], perm=[1, 0]))
    return stored, nodes


def _look_up_before_the_cast(graph: onnx.GraphProto, casts: list) -> None:
    """A table of which a few rows are read is not made wide as a whole: the rows are."""
    by_name = {node.output[0]: node for node in casts}
    for i, node in enumerate(list(graph.node)):
        users = [other for other in graph.node if node.input and node.input[0] in other.input]
        if node.op_type == "Gather" and node.input[0] in by_name and len(users) == 1:
            cast = by_name[node.input[0]]
            casts.remove(cast)
            wide, narrow = node.output[0], f"{node.output[0]}.stored"
            node.input[0], node.output[0] = cast.input[0], narrow
            graph.node.insert(i + 1, helper.make_node("Cast", [narrow], [wide], to=TensorProto.FLOAT))
            return
