"""The weights that a network starts from: random, pretrained, or those of an earlier run."""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn

from striate.data.wording import composed
from striate.events import Listener, Note
from striate.inference.network_of_run import build
from striate.models.backbone import head_of, replace_head
from striate.models.surgery.growing import grow
from striate.models.surgery.own_head import OwnHead, catalogues
from striate.models.weights.pretrained import load_weights
from striate.runs.records import Architecture
from striate.tasks.catalog import find_task
from striate.trainer.earlier_run import EarlierRun
from striate.trainer.plan import Plan


def load_start(network: nn.Module, plan: Plan, classes: Sequence[str], on_event: Listener) -> None:
    """Put the plan's weights into `network`, in place; what did not fit is said."""
    earlier = plan.parent
    if earlier is None:
        if plan.weights is not None:
            _from_file(network, plan.weights, on_event, own=plan.named is not None)
    elif earlier.architecture.task != plan.task.name:
        _from_other_task(network, plan.model, earlier, on_event)
    else:
        _from_run(network, plan.model, earlier, classes, on_event)


def load_own_head(network: nn.Module, plan: Plan, classes: Sequence[str], on_event: Listener) -> None:
    """Go on with the head of an earlier run of the same task where that has one of its own, in place.

    Args:
        network: under its task's head, after `load_start`.
    """
    earlier = plan.parent
    if earlier is None or not isinstance(network, OwnHead):
        return
    tensors = earlier.tensors()
    same = {name: one.shape for name, one in tensors.items()} == {
        name: one.shape for name, one in network.state_dict().items()
    }
    if earlier.architecture.task == plan.task.name and same and earlier.labels == tuple(classes):
        network.load_state_dict(tensors)
    else:
        on_event(Note(f"the head is a new one: that of {earlier.path} is for other answers"))


def _from_file(network: nn.Module, path: Path, on_event: Listener, *, own: bool) -> None:
    loaded = load_weights(network, path)
    for note in loaded.notes if own else ():  # of other weights they are known
        on_event(Note(note))
    if loaded.head_replaced:
        before, after = loaded.head_replaced
        on_event(Note(f"the head of {before:,} outputs was replaced by a new one of {after:,}"))


def _from_other_task(network: nn.Module, model: str, earlier: EarlierRun, on_event: Listener) -> None:
    """Everything but the head, which reads other outputs."""
    tensors, architecture = catalogues(earlier.tensors(), network), earlier.architecture
    head = f"{network.head}."
    own = {name: tensor.clone() for name, tensor in network.state_dict().items() if name.startswith(head)}
    if architecture.model == model:
        trunk = {name: tensor for name, tensor in tensors.items() if not name.startswith(head)}
        load_weights(network, trunk | own)
    else:
        shallow = build(architecture)
        shallow.load_state_dict(tensors)
        filled = [name for name in grow(network, shallow) if name != network.head]
        on_event(Note(f"{len(filled)} layers start from {earlier.path}: {', '.join(filled)}"))
        network.load_state_dict(own, strict=False)
    on_event(Note(f"{earlier.path} is a run of {architecture.task}, so the head is a new one"))


def _from_run(
    network: nn.Module, model: str, earlier: EarlierRun, classes: Sequence[str], on_event: Listener
) -> None:
    tensors, architecture = earlier.tensors(), earlier.architecture
    known = [composed(name) for name in earlier.labels]
    if architecture.hidden is not None:
        tensors, architecture = _without_dense_head(tensors, architecture)
        on_event(Note("the dense head of the earlier run is left out; the head is a new one"))
        known = []
    if architecture.model == model:
        load_weights(network, catalogues(tensors, network))
        if list(classes) != known:
            _match_head(network, known, classes, on_event)
        return
    shallow = find_task(architecture.task).build(architecture.model_dump())
    load_weights(shallow, tensors)
    filled = grow(network, shallow)
    on_event(Note(f"{len(filled)} layers start from {earlier.path}: {', '.join(filled)}"))
    if list(classes) != known and str(network.head) in filled:
        _match_head(network, known, classes, on_event)


def _without_dense_head(
    tensors: dict[str, Tensor], architecture: Architecture
) -> tuple[dict[str, Tensor], Architecture]:
    """The trunk's tensors with a fresh last layer, and what builds such a network."""
    plain = architecture.model_copy(update={"hidden": None})
    with torch.random.fork_rng(devices=[]):
        fresh = build(plain)
    own = {name: tensor for name, tensor in fresh.state_dict().items() if name.startswith(f"{fresh.head}.")}
    trunk = {name: tensor for name, tensor in tensors.items() if not name.startswith(f"{fresh.head}.")}
    return trunk | own, plain


def _match_head(network: nn.Module, known: Sequence[str], classes: Sequence[str], on_event: Listener) -> None:
    """Outputs in the order of the new classes where they are the same ones, else a new head."""
    head = head_of(network)
    if set(known) == set(classes) and len(head.weight) == len(known):
        order = torch.tensor([known.index(name) for name in classes])
        with torch.no_grad():
            head.weight.copy_(head.weight[order])
            bias = getattr(head, "bias", None)
            if isinstance(bias, Tensor):
                bias.copy_(bias[order])
        on_event(Note("the classes are those of the earlier run in another order; the head follows by name"))
        return
    replace_head(network, len(classes))
    on_event(Note("the classes are not those of the earlier run, so the head is a new one"))
