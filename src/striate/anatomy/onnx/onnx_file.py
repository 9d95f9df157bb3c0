"""An ONNX file as a module that runs on shapes, so that it is looked at like any network.

Weights are never read: an initialiser is only its shape, but for the small integers that are sizes and axes.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from striate.anatomy.onnx.onnx_operators import OPERATORS
from striate.anatomy.onnx.onnx_quantised import CONVERSIONS, LEARNED, QUANTISED
from striate.anatomy.onnx.onnx_shapes import InferredShapes, by_size
from striate.errors import StriateError

LARGEST_CONSTANT = 64  # values of an initialiser that is read: shapes, axes, pads, scales


class OnnxNode(nn.Module):
    """One node: its operator, its attributes and the weights that it is the first to use."""

    def __init__(
        self,
        node: Any,
        attributes: dict[str, Any],
        weights: dict[str, nn.Parameter],
        sizes: Callable[[], dict[str, tuple[int, ...]]],
    ) -> None:
        super().__init__()
        self.anatomy_kind = str(node.op_type)
        self.anatomy_name = (node.name or node.output[0]).strip("/").replace("/", ".")
        self.attributes = attributes
        self.inputs, self.outputs = list(node.input), list(node.output)
        rule = OPERATORS.get(node.op_type) or QUANTISED.get(node.op_type)
        self.anatomy_counted = rule is not None
        unknown = by_size(self.anatomy_kind, self.anatomy_name, self.outputs, sizes)
        self.run: Callable[..., Any] = rule or unknown
        self.converts = node.op_type in CONVERSIONS
        for number, weight in enumerate(weights.values()):
            self.register_parameter(f"weight{number}", weight)

    def forward(self, *values: Any) -> Any:
        return self.calculate(*values)

    def calculate(self, *values: Any) -> Any:
        """What the operator makes of tensors without numbers, or of sizes.

        Raises:
            StriateError: it needs numbers, or something that its rule does not know.
        """
        try:
            return self.run(self.attributes, *values)
        except (ArithmeticError, AttributeError, KeyError, NotImplementedError, TypeError) as error:
            reason = (str(error).strip() or "no rule for its inputs").splitlines()[0][:200]
            raise StriateError(
                f"the ONNX node {self.anatomy_name} ({self.anatomy_kind}) cannot be followed on shapes: "
                f"{reason}. Export the network with fixed sizes, or inspect the module that it was made from."
            ) from error


class OnnxNetwork(nn.Module):
    """The nodes of a graph in their order; values that are known in advance stay arrays."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        graph = model.graph
        self._size: tuple[int, ...] = ()
        shapes = InferredShapes(model)
        self.learned, self.scales = _scales(graph)
        self.constants: dict[str, Any] = {}
        self.stored: dict[str, str] = {}  # scales and zeros: the buffer of each
        self.weights: dict[str, nn.Parameter] = {}
        for initialiser in graph.initializer:
            self._take(initialiser)
        self.picture, self.answer = _inputs(graph)[0].name, graph.output[0].name
        self.nodes = nn.ModuleList()
        used: set[str] = set()
        for node in graph.node:
            fresh = {name: self.weights[name] for name in node.input if name in self.weights}
            fresh = {name: weight for name, weight in fresh.items() if name not in used}
            used.update(fresh)
            sizes = partial(self._sizes, shapes)
            self.nodes.append(OnnxNode(node, _attributes(node), fresh, sizes))
        eight_bit = sum(node.op_type in QUANTISED for node in graph.node)
        how = f"{eight_bit} of {len(graph.node)} nodes work with 8-bit numbers; memory is counted in float32"
        self.anatomy_notes = (how,) if eight_bit else ()

    def forward(self, pictures: Tensor) -> Any:
        self._size = tuple(pictures.shape)
        stored = {name: getattr(self, place) for name, place in self.stored.items()}
        values: dict[str, Any] = {
            "": None,
            self.picture: pictures,
            **self.constants,
            **self.weights,
            **stored,
        }
        for node in self.nodes:
            assert isinstance(node, OnnxNode)
            given = [_known(values, name) for name in node.inputs]
            computed = any(isinstance(one, Tensor) for one in given)
            made = node(*given) if computed and not node.converts else node.calculate(*given)
            made = made if isinstance(made, tuple) else (made,)
            values.update(zip(node.outputs, made, strict=False))
        return _known(values, self.answer)

    def _sizes(self, shapes: InferredShapes) -> dict[str, tuple[int, ...]]:
        return shapes.of(self._size)

    def _take(self, initialiser: Any) -> None:
        import onnx

        shape = tuple(initialiser.dims)
        count = int(np.prod(shape)) if shape else 1
        floating = initialiser.data_type in {1, 10, 11, 16}
        constant = count <= LARGEST_CONSTANT and (not floating or not shape)
        if constant and initialiser.name not in self.learned:
            self.constants[initialiser.name] = onnx.numpy_helper.to_array(initialiser)
        elif initialiser.name in self.scales:
            self.stored[initialiser.name] = place = f"scale{len(self.stored)}"
            self.register_buffer(place, torch.empty(shape, device="meta"))
        else:
            empty = torch.empty(shape, device="meta")
            self.weights[initialiser.name] = nn.Parameter(empty, requires_grad=floating)


def read_onnx(path: Path) -> tuple[OnnxNetwork, tuple[int, ...]]:
    """The network of an ONNX file and the shape (C, H, W) of its pictures.

    Raises:
        StriateError: the onnx package is missing, the file is no ONNX, or it has an operator without a rule.
    """
    try:
        import onnx
    except ImportError as error:
        raise StriateError('reading an ONNX file needs: pip install "striate[onnx]"') from error
    if not path.is_file():
        raise StriateError(f"{path} is not there; give the path of an ONNX file.")
    try:
        model = onnx.load(str(path), load_external_data=False)
    except Exception as error:  # protobuf raises what it likes
        raise StriateError(f"{path} is not an ONNX file, or damaged ({type(error).__name__}).") from error
    graph = model.graph
    if not _inputs(graph) or not graph.output:
        raise StriateError(f"{path} has no input or no output; it is not a network.")
    network = OnnxNetwork(model).eval()
    dims = [int(dim.dim_value) for dim in _inputs(graph)[0].type.tensor_type.shape.dim][1:]
    if len(dims) == 3:
        dims = [dims[0] or 3, dims[1] or 224, dims[2] or 224]  # sizes that the file leaves open
    return network, tuple(max(1, one) for one in dims)


def _known(values: dict[str, Any], name: str) -> Any:
    if name not in values:
        raise StriateError(
            f"the ONNX file reads '{name}', which no node before makes; it is damaged, or its nodes "
            "are out of order. Check it with onnx.checker."
        )
    return values[name]


def _inputs(graph: Any) -> list[Any]:
    stored = {initialiser.name for initialiser in graph.initializer}
    return [one for one in graph.input if one.name not in stored]


def _scales(graph: Any) -> tuple[set[str], set[str]]:
    """What of 8-bit operators is learned, and what only says how their numbers are read, by name."""
    inputs = [
        (name, place in LEARNED.get(node.op_type, (place,)), node.op_type in LEARNED)
        for node in graph.node
        for place, name in enumerate(node.input)
    ]
    learned = {name for name, is_learned, in_eight_bits in inputs if is_learned and in_eight_bits}
    read = {name for name, is_learned, _ in inputs if is_learned}
    return learned, {name for name, _, in_eight_bits in inputs if in_eight_bits} - read


def _attributes(node: Any) -> dict[str, Any]:
    import onnx

    read: dict[str, Any] = {}
    for one in node.attribute:
        value = onnx.helper.get_attribute_value(one)
        if isinstance(value, onnx.TensorProto):
            value = onnx.numpy_helper.to_array(value)
        read[one.name] = value.decode() if isinstance(value, bytes) else value
    return read
