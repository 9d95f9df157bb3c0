"""Run a network once without numbers and write down what every layer does.

The network runs on torch's meta device: shapes without values, so neither its weights nor its device matter.
A dispatch mode sees every operation, whatever Python does between them; hooks tell which module it belongs
to.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from striate.anatomy import costs
from striate.anatomy.calls import Call, arguments, name_of, tensors_in
from striate.anatomy.fields import field_after, matrices, windows_of
from striate.anatomy.geometry import Geometry, Unknown, Window, of_picture
from striate.anatomy.shape_memory import ShapeMemory
from striate.errors import StriateError
from striate.models.number_types import number_type
from striate.models.surgery.untouched import every_call, in_eval_mode

# Free operations whose values stand in a place of their own.
NEW_MEMORY = {"cat", "stack", "im2col", "constant_pad_nd", "new_empty"}


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """The operation that gives a layer its size: shapes without the batch, windows one an axis."""

    name: str
    before: tuple[int, ...]
    after: tuple[int, ...]
    windows: tuple[Window, ...] = ()
    groups: int = 1
    bias: bool = False
    transposed: bool = False
    terms: int = 0  # of a matrix product: products in one sum


@dataclass(slots=True)
class Step:
    """A layer while it is being traced: a module without children, or an operation between modules."""

    name: str
    kind: str
    scope: str
    module: nn.Module | None = None
    sources: list[int] = field(default_factory=list)  # steps whose outputs it reads; -1 is the picture
    output: Tensor | None = None
    before: tuple[int, ...] | None = None
    reads: Geometry | None = ()
    multiply_adds: int = 0
    operations: int = 0
    parameters: dict[int, nn.Parameter] = field(default_factory=dict)
    arithmetic: Arithmetic | None = None
    in_place: bool = True


def trace(network: nn.Module, input_size: Sequence[int]) -> list[Step]:
    """Every layer of one forward pass, in the order of the computation.

    Args:
        network: in eval mode or not, it is traced in eval mode; its mode and weights stay as they are.
        input_size: shape of one picture (C, H, W).

    Raises:
        StriateError: the network cannot read such a picture, or needs values and not only shapes.
    """
    picture = torch.empty(1, *input_size, device="meta", dtype=number_type(network))
    tracer = Tracer(picture)
    shown = "x".join(map(str, input_size))
    with in_eval_mode(network), every_call(network, tracer.enter, tracer.leave), torch.no_grad(), tracer:
        try:
            network(picture)
        except StriateError:
            raise
        except (RuntimeError, ValueError, TypeError, IndexError, NotImplementedError) as error:
            reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
            at = f" at {tracer.place}" if tracer.place else ""
            if isinstance(stopped := tracer.stopped_in(), nn.RNNBase):
                raise StriateError(
                    f"{type(network).__name__} has a recurrent layer{at} ({type(stopped).__name__}), which "
                    "is not counted: inspect counts convolutions, pooling, dense layers and attention. "
                    "Inspect the part of the network before it."
                ) from error
            raise StriateError(
                f"{type(network).__name__} cannot read a picture of {shown}{at}: {reason}. Give the size "
                "it is made for with --input CxHxW (input_size in Python)."
            ) from error
    return tracer.steps


class Tracer(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Writes down steps. It keeps every tensor of the pass alive: shapes cost nothing, identities stay."""

    def __init__(self, picture: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.steps: list[Step] = []
        self.alive: list[Any] = [picture]
        self.geometry: dict[int, Geometry | None] = {id(picture): of_picture(picture.shape)}
        self.makers: dict[int, int] = {id(picture): -1}
        self.bases: dict[int, Tensor] = {}
        self.ghosts: dict[int, Tensor] = {}  # weights of other devices, as shapes
        self.weights: dict[int, dict[int, nn.Parameter]] = {}  # which of them a tensor is made of
        self.open: list[tuple[str, nn.Module, Step | None]] = []
        self.names: dict[str, int] = {}
        self.memory = ShapeMemory()
        self.place = ""

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        args, kwargs = self._as_shapes(args), self._as_shapes(kwargs)
        if func is torch.ops.aten._to_copy.default or "device" in kwargs:
            kwargs["device"] = torch.device("meta")
        given = arguments(func, args, kwargs)
        outputs = self.memory.run(func, args, kwargs)
        made = tensors_in(outputs)
        if made:
            self.alive.append(made)
            self._note(func, given, made)
        return outputs

    def stopped_in(self) -> nn.Module | None:
        """The module that was running when the pass ended with an error."""
        return self.open[-1][1] if self.open else None

    def enter(self, name: str, module: nn.Module) -> None:
        """A module begins. One without children is a layer."""
        self.place = name = str(getattr(module, "anatomy_name", name))
        step = None
        # A whole network without children is looked into, a layer of torch's is not.
        whole = name == "" and not type(module).__module__.startswith("torch.nn")
        if next(module.children(), None) is None and not whole:
            kind = getattr(module, "anatomy_kind", type(module).__name__)
            step = Step(name, kind, name.rpartition(".")[0], module)
        self.open.append((name, module, step))

    def leave(self, outputs: Any) -> None:
        """A module ends; its outputs are then made by it."""
        name, module, step = self.open.pop()
        made = tensors_in(outputs if isinstance(outputs, (list, tuple)) else [outputs])
        made = [one for one in made if id(one) in self.makers]
        if step is None or not made:
            return
        quiet = isinstance(module, nn.Identity | nn.Sequential)
        if quiet and step.output is None:
            return
        if step.output is None:  # a layer that does nothing here, such as dropout
            step.sources = [self.makers[id(made[0])]]
            step.before = step.before or tuple(made[0].shape[1:])
        step.output, step.reads = made[0], self.geometry[id(made[0])]
        step.parameters |= {id(one): one for one in module.parameters(recurse=False)}
        self._add(step, name or type(module).__name__.lower(), made)

    def _note(self, func: Any, given: dict[str, Any], made: list[Tensor]) -> None:
        name = name_of(func)
        call = Call(func, name, given, made[0], self._reads)
        inputs = call.tensors
        sources = list(dict.fromkeys(self.makers[id(one)] for one in inputs if id(one) in self.makers))
        scope, _, leaf = self.open[-1] if self.open else ("", None, None)
        weights = {key: one for tensor in inputs for key, one in self.weights.get(id(tensor), {}).items()}
        if not sources:  # a weight or a constant in another form
            self.weights.update((id(one), weights) for one in made if weights)
            return
        known = all(self.geometry[id(one)] is not None for one in inputs if id(one) in self.geometry)
        try:
            reads: Geometry | None = field_after(call) if known else None
        except Unknown:
            reads = None
        for one in made:
            self.geometry[id(one)] = reads
        self._through_view(func, given, made[0], sources)
        parts = {index for one in inputs if (index := self.makers.get(id(one))) is not None}
        step = leaf if leaf is not None else Step("", _kind(name), scope)
        unseen = step.output is None
        if leaf is None and _passes(call):
            for one in made:
                self.makers[id(one)] = sources[0] if len(parts) == 1 else max(sources)
            return
        self._charge(step, call, sources)
        step.parameters |= weights
        step.reads = reads
        if leaf is None:
            self._add(step, f"{scope}.{step.kind}" if scope else step.kind, made)
        else:
            if unseen:
                step.before = tuple(call.data[0].shape[1:]) if call.data else None
            for one in made:
                self.makers[id(one)] = len(self.steps)  # where this layer will stand

    def _charge(self, step: Step, call: Call, sources: list[int]) -> None:
        here = len(self.steps)
        step.sources += [one for one in sources if one != here and one not in step.sources]
        products = costs.multiply_adds(call)
        share = getattr(step.module, "connected_share", 1.0)  # kernels of zeros are not counted
        step.multiply_adds += round(products * share)
        step.operations += round(costs.operations(call) * share)
        step.output = call.output
        if step.before is None and call.data:
            step.before = tuple(call.data[0].shape[1:])
        if step.arithmetic is None or products:
            step.arithmetic = _arithmetic(call) or step.arithmetic
        step.in_place = step.in_place and _works_in_place(call)

    def _add(self, step: Step, name: str, made: list[Tensor]) -> None:
        self.names[name] = self.names.get(name, 0) + 1
        step.name = name if self.names[name] == 1 else f"{name}:{self.names[name]}"
        for one in made:
            self.makers[id(one)] = len(self.steps)
        self.steps.append(step)

    def _through_view(self, func: Any, given: dict[str, Any], made: Tensor, sources: list[int]) -> None:
        """A change of part of a tensor changes what the whole of it reads; which part is not followed."""
        target = next(iter(given.values()), None)  # the schema's first
        if func.is_view and isinstance(target, Tensor):
            self.bases[id(made)] = self.bases.get(id(target), target)
        elif func._schema.is_mutable and isinstance(target, Tensor) and id(target) in self.bases:
            base = self.bases[id(target)]
            if len(sources) > 1 or id(base) not in self.makers:
                self.geometry[id(base)] = None
                self.makers[id(base)] = len(self.steps)

    def _reads(self, tensor: Tensor) -> Geometry:
        return self.geometry.get(id(tensor), ()) or ()

    def _as_shapes(self, value: Any) -> Any:
        if isinstance(value, Tensor):
            if isinstance(value, nn.Parameter):
                self.weights[id(value)] = {id(value): value}
            if value.device.type == "meta":
                return value
            if id(value) not in self.ghosts:
                self.alive.append(value)
                with torch.utils._python_dispatch._disable_current_modes():
                    self.ghosts[id(value)] = torch.empty_like(value, device="meta", requires_grad=False)
                if isinstance(value, nn.Parameter):
                    self.weights[id(self.ghosts[id(value)])] = {id(value): value}
            return self.ghosts[id(value)]
        if isinstance(value, (list, tuple)):
            return type(value)(self._as_shapes(one) for one in value)
        if isinstance(value, dict):
            return {key: self._as_shapes(one) for key, one in value.items()}
        return value


def _passes(call: Call) -> bool:
    """Whether an operation between modules is no layer of its own: other shapes of the same values."""
    if call.name in costs.FREE - NEW_MEMORY:
        flattens = call.source().dim() > 2 and call.output.dim() == 2
        return not (flattens and call.name in {"view", "_unsafe_view", "reshape"})
    return False


def _kind(name: str) -> str:
    names = {"view": "flatten", "_unsafe_view": "flatten", "addmm": "linear", "mm": "linear", "bmm": "matmul"}
    return names.get(name, name.strip("_").removesuffix("_with_indices"))


def _works_in_place(call: Call) -> bool:
    """Whether no new memory is needed: one input, the same number of values, each from its own place."""
    if call.name in costs.FREE:
        return call.name not in NEW_MEMORY
    if call.name.startswith("_adaptive") and call.source().shape == call.output.shape:
        return True
    batch_norm = "batch_norm" in call.name
    return (call.pointwise and len({id(one) for one in call.data}) == 1) or batch_norm


def _arithmetic(call: Call) -> Arithmetic | None:
    if not call.data:
        return None
    before, after = tuple(call.data[0].shape[1:]), tuple(call.output.shape[1:])
    if call.name == "convolution":
        count = call.given["weight"].dim() - 2
        settings = (call.numbers(name, count) for name in ("stride", "padding", "dilation"))
        kernels = call.given["weight"].shape[2:]
        windows = tuple(Window(*values) for values in zip(kernels, *settings, strict=True))
        return Arithmetic(
            "convolution",
            before,
            after,
            windows,
            call.given["groups"],
            call.given["bias"] is not None,
            bool(call.given["transposed"]),
        )
    if call.name in costs.MATRIX:
        first, _ = matrices(call)
        bias = call.name in {"addmm", "baddbmm"}
        return Arithmetic("dense", before, after, bias=bias, terms=first.shape[-1])
    if "pool" in call.name and call.source().dim() == call.output.dim() == 4:
        try:
            return Arithmetic("pool", before, after, tuple(windows_of(call).values()))
        except Unknown:
            return None
    return None
