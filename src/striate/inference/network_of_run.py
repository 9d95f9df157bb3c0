"""From `best.safetensors` to the network that it holds, checked before anything large is made.

The file's header says names, shapes and architecture. The network is first laid out without memory, and its
tensors must be those of the header: an architecture of absurd size then costs nothing.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from striate.errors import StriateError
from striate.models.surgery.dense_head import give_dense_head
from striate.runs.record import RunRecord
from striate.runs.records import Architecture
from striate.runs.weights import Stored, read_header, read_weights
from striate.tasks.catalog import find_task
from striate.tasks.task import Task

WEIGHTS = "best.safetensors"
KINDS = (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.bool)

DRAWN: tuple[str, ...] = (
    "normal_",
    "uniform_",
    "trunc_normal_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "xavier_uniform_",
)
DRAWN += ("xavier_normal_", "constant_", "ones_", "zeros_", "fill_", "zero_", "copy_", "mul_", "add_")


def architecture_of(record: RunRecord) -> Architecture:
    """What builds the run's network; only the header of the weights is read.

    Raises:
        StriateError: the weights are missing, damaged, or those of another network.
    """
    return _checked(record)[0]


def task_of(record: RunRecord) -> Task[Any]:
    """What the run's network answers. Raises StriateError where the weights are missing or damaged."""
    path = record.folder / WEIGHTS
    try:
        return find_task(record.architecture(read_header(path).architecture).task)
    except FileNotFoundError as error:
        raise record.folder.missing(WEIGHTS) from error


def network_of(record: RunRecord) -> tuple[nn.Module, Architecture]:
    """The run's network with its weights, on the CPU.

    Raises:
        StriateError: as `architecture_of`; or a weight is not finite.
    """
    architecture, network = _checked(record)
    tensors = read_weights(record.folder / WEIGHTS)[0]
    require_finite(record, tensors)
    if all(name in tensors for name, _ in network.named_buffers()):
        # Assigned, not copied: torch's `to_empty` of a network without memory imports sympy, for 0.4 s.
        kinds = {name: one.dtype for name, one in network.state_dict().items()}
        own = {name: one.to(kinds[name], copy=True) for name, one in tensors.items()}
        network.load_state_dict(own, assign=True)
    else:  # some buffers follow from the architecture and are no weights
        network = build(architecture)
        network.load_state_dict(tensors)
    return network, architecture


def tensors_of(record: RunRecord) -> tuple[dict[str, Tensor], Architecture]:
    """The weights alone, as `network_of` checks them."""
    architecture, _ = _checked(record)
    tensors = read_weights(record.folder / WEIGHTS)[0]
    require_finite(record, tensors)
    return tensors, architecture


def labels_of(record: RunRecord, architecture: Architecture) -> tuple[str, ...]:
    """The classes of the run's network; none where its task has none.

    Raises:
        StriateError: there are too few or too many, or labels.json is damaged.
    """
    task = find_task(architecture.task)
    without = not record.has("labels.json") or record.folder.read_json("labels.json") == []
    if task.fewest_classes == 0 and without:
        return ()
    labels = record.labels
    if not task.fits(labels, architecture.num_classes):
        record.require_outputs(labels, architecture.num_classes)
    return labels


def require_finite(record: RunRecord, tensors: dict[str, Tensor]) -> None:
    """Refuse weights that are infinite or no numbers.

    Raises:
        StriateError: names the first of them.
    """
    for name, tensor in tensors.items():
        if tensor.dtype not in KINDS:
            raise StriateError(
                f"{record.folder / WEIGHTS} is damaged: {name} holds {tensor.dtype}, which no weights are; "
                "train the run again."
            )
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise StriateError(
                f"{record.folder / WEIGHTS} has values that are not finite in {name}; train the run again."
            )


def build(architecture: Architecture) -> nn.Module:
    """The network with random weights; the global random state is kept.

    Raises:
        StriateError: there is no such network.
    """
    try:
        with torch.random.fork_rng(devices=[]):
            network = find_task(architecture.task).build(architecture.model_dump(exclude_none=True))
            if architecture.hidden is not None:
                give_dense_head(network, architecture.hidden)
            return network
    except (KeyError, TypeError, ValueError, IndexError, ZeroDivisionError, RuntimeError) as error:
        text = json.dumps(architecture.model_dump(exclude_none=True))[:200]
        raise StriateError(f"the run's weights describe no network ({text}); train the run again.") from error


@contextmanager
def without_memory() -> Iterator[None]:
    """Networks that are built inside have names and shapes, and neither memory nor values."""
    with torch.device("meta"), _WithoutValues():
        yield


class _WithoutValues(TorchFunctionMode):
    """Tensors without memory are given no values: torch would import its compiler to do nothing, slowly."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        given = kwargs or {}
        target = args[0] if args else given.get("tensor")  # torch.nn.init names it
        if getattr(func, "__name__", "") in DRAWN and isinstance(target, Tensor) and target.is_meta:
            return target
        return func(*args, **given)


def _checked(record: RunRecord) -> tuple[Architecture, nn.Module]:
    """The architecture, and its network without memory, which has the tensors that the file has."""
    path = record.folder / WEIGHTS
    try:
        stored = read_header(path)
    except FileNotFoundError as error:
        raise record.folder.missing(WEIGHTS) from error
    architecture = record.architecture(stored.architecture)
    _require_sides(record, architecture, stored)
    with without_memory():
        network = build(architecture)
    wanted = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    if wanted != stored.shapes:
        names = [name for name in (*wanted, *stored.shapes) if wanted.get(name) != stored.shapes.get(name)]
        raise StriateError(
            f"{path} does not hold the weights of {architecture.model:.60}: {names[0][:60]} is "
            f"{stored.shapes.get(names[0], 'missing')}, expected {wanted.get(names[0], 'nothing')}; the run "
            "is damaged, train it again."
        )
    return architecture, network


def _require_sides(record: RunRecord, architecture: Architecture, stored: Stored) -> None:
    """A network has as many outputs and hidden units as one of its tensors has rows."""
    task = find_task(architecture.task)
    sides = {side for shape in stored.shapes.values() for side in shape} | {1, 2}  # one output stands for two
    for name, value in (("num_classes", architecture.num_classes), ("hidden", architecture.hidden)):
        rows = task.rows(value) if name == "num_classes" and value is not None else value
        if rows is not None and rows not in sides:
            raise StriateError(
                f"{record.folder / WEIGHTS} is damaged: its architecture has {name} {value:,}, and none of "
                "its tensors has such a side; train the run again."
            )
