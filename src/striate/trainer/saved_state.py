"""A run's checkpoint, checked against the training that it belongs to before any of it is used."""

import copy
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from striate.errors import StriateError
from striate.runs.checkpoint import read_tree
from striate.trainer.setup import TrainingSetup
from striate.training.averaging import Averaging
from striate.training.optimizers.build import restore_optimizer
from striate.training.position import Position

COUNTERS = tuple(f.name for f in fields(Position) if f.name not in ("best", "loss_sum", "parts"))
MOST = 10**15  # of a counter


def checkpoint_of(path: Path, setup: TrainingSetup) -> dict[str, Any]:
    """What the checkpoint holds, its position as a Position.

    Raises:
        StriateError: it is damaged, or belongs to another training; nothing was changed.
    """
    saved = read_tree(path)
    try:
        position = _position(saved["position"], len(setup.stages))
        _require_weights(saved["network"], setup)
        _try_optimizer(saved["optimizer"], saved["average"], position, setup)
    except (KeyError, TypeError, ValueError, RuntimeError, AttributeError, IndexError) as error:
        raise StriateError(
            f"{path} is damaged ({_one_line(error)}). Delete it, and the run starts from its beginning."
        ) from error
    return {**saved, "position": position}


def _position(found: dict[str, Any], stages: int) -> Position:
    for name in COUNTERS:
        value = found[name]
        if type(value) is not int or not 0 <= value < MOST:
            raise ValueError(f"{name} is {str(value)[:60]!r}, no count")
    if found["stage"] > stages:
        raise ValueError(f"it is in stage {found['stage']} of {stages}")
    if not isinstance(found["best"], list) or not all(isinstance(v, float | int) for v in found["best"]):
        raise ValueError("its best score is no list of numbers")
    for loss in (found["loss_sum"], *found.get("parts", {}).values()):  # older checkpoints have no parts
        if not isinstance(loss, Tensor) or loss.shape != () or not bool(torch.isfinite(loss)):
            raise ValueError("its loss is not finite")
    return Position(**found)


def _require_weights(found: dict[str, Any], setup: TrainingSetup) -> None:
    wanted = setup.network.state_dict()
    if found.keys() != wanted.keys():
        raise ValueError(f"it holds other weights: {sorted(map(str, found.keys() ^ wanted.keys()))[0][:60]}")
    for name, tensor in wanted.items():
        if not isinstance(found[name], Tensor) or found[name].shape != tensor.shape:
            raise ValueError(f"{name} has not the shape {tuple(tensor.shape)}")
        if found[name].dtype != tensor.dtype or not bool(torch.isfinite(found[name]).all()):
            raise ValueError(f"{name} holds values that are not finite, or of another kind")


def _try_optimizer(saved: Any, average: Any, position: Position, setup: TrainingSetup) -> None:
    """Put it into an optimiser that nothing else uses: what does not fit is found before it matters."""
    if saved is None:
        return
    stage = setup.stages[position.stage]
    stage.freeze()  # an optimiser has the parameters that learn, as in the loop, which freezes them again
    restore_optimizer(stage.new_optimizer(), copy.deepcopy(saved))
    Averaging(stage.average, setup.network).load_tree(average)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
