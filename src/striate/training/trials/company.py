"""Pictures that would be alone in a batch, where batch normalisation has nothing to compare them with."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import StriateError
from striate.training.averaging import NORMS
from striate.training.stages import Stage


def require_company(stages: Sequence[Stage], batches: Any, smallest: int, model: str) -> None:
    """Refuse batches of one picture where a stage normalises maps of one pixel over the batch.

    Args:
        stages: what would be trained.
        batches: the training pictures, at the smallest side that they have.
        smallest: pictures of the smallest batch in one process.
        model: the network's name.

    Raises:
        StriateError: a process has no picture, or a single one that a norm cannot do with.
    """
    trained = [stage for stage in stages if stage.fit_closed_form is None]
    if smallest > 1 or not trained:
        return
    if smallest < 1:
        raise StriateError(
            "--devices: a batch has fewer pictures than there are processes; choose a larger --batch-size or "
            "fewer --devices."
        )
    for stage in trained:
        if _normalises_one_pixel(stage, batches if stage.batches is None else stage.batches):
            raise StriateError(
                f"a batch would hold one picture, and {model} normalises maps of 1x1 over the pictures of a "
                "batch: one has nothing to be compared with. Choose --batch-size 2 or more (with "
                "--devices, 2 for each), or a larger --image-size."
            )


def _normalises_one_pixel(stage: Stage, batches: Any) -> bool:
    """Whether a norm in training mode sees one value a channel and picture; two pictures show it."""
    twice = next(iter(batches.epoch(0))).picked([0, 0])
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        copied = replace(stage, step=deepcopy(stage.step))
        copied.freeze()
        copied.train_mode()
        with _smallest_maps(copied.step) as pixels:
            copied.step(twice)
    return 1 in pixels


@contextmanager
def _smallest_maps(step: nn.Module) -> Iterator[set[int]]:
    """The numbers of pixels of the maps that are normalised over a batch."""
    pixels: set[int] = set()

    def look(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        pixels.add(inputs[0][0, 0].numel())

    hooks = [
        module.register_forward_pre_hook(look)
        for module in step.modules()
        if isinstance(module, NORMS) and module.training
    ]
    try:
        yield pixels
    finally:
        for hook in hooks:
            hook.remove()
