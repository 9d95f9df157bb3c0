"""The loop: every kind of training goes through here, and it reads from top to bottom.

Targets, matching and auxiliary outputs are the step's, precision and devices are the fabric's, saving and
progress are the recorder's.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol, runtime_checkable

import torch
from torch import nn

from striate.data.sample import Batch
from striate.training.averaging import Averaging, measuring_norms
from striate.training.devices.fabric import Fabric, seed_step, to_exact
from striate.training.one_step import OneStep
from striate.training.optimizers.build import restore_optimizer
from striate.training.position import Position
from striate.training.recorder import Recorder
from striate.training.schedules import rate_factor
from striate.training.stages import Stage

Validate = Callable[[nn.Module], dict[str, float]]
REFRESHED = 64  # batches from which an average's batch statistics are measured anew


@runtime_checkable
class Batches(Protocol):
    """The training pictures: as many batches in every epoch, in an order that the epoch's number decides."""

    def __len__(self) -> int: ...

    def epoch(self, number: int, first: int = 0) -> Iterator[Batch]:
        """The batches of epoch `number`, from batch `first` on."""
        ...


def fit(
    fabric: Fabric,
    stages: Sequence[Stage],
    batches: Batches,
    validate: Validate,
    recorder: Recorder,
    saved: dict[str, Any] | None = None,
    *,
    seed: int = 0,
) -> None:
    """Train through all stages, from the beginning or from what a checkpoint `saved`.

    Args:
        fabric: device and precision.
        stages: what to train, in order; all steps share the recorder's network.
        batches: the training pictures.
        validate: figures of a step on the validation pictures.
        recorder: knows the position, the best weights and when to save.
        saved: the content of a checkpoint, whose weights the network already has.
        seed: of dropout, which draws anew in every step.

    Raises:
        WorkFailed: the loss is no longer finite, or disk or memory are full.
        KeyboardInterrupt: somebody asked to stop; everything up to here is saved.
    """
    position = recorder.position
    recorder.writes = fabric.is_global_zero
    while position.stage < len(stages):
        stage = stages[position.stage]
        if stage.skip_above is not None and position.best and position.best[0] >= stage.skip_above:
            recorder.stage_ended()
            continue
        stage.freeze()
        if stage.fit_closed_form is not None:
            _fit_closed_form(stage, stage.fit_closed_form, stage.validate or validate, recorder)
            fabric.barrier()
            recorder.stage_ended()
            continue
        _train_stage(fabric, stage, batches, validate, recorder, saved, seed)
        saved = None
        fabric.barrier()  # all processes read the best weights that the first has written
        recorder.stage_ended()


def _train_stage(
    fabric: Fabric,
    stage: Stage,
    batches: Batches,
    validate: Validate,
    recorder: Recorder,
    saved: dict[str, Any] | None,
    seed: int,
) -> None:
    """The epochs of one stage, or what is left of them."""
    step, optimizer = fabric.setup(stage.step, stage.new_optimizer())
    average = Averaging(stage.average, recorder.network)
    if saved is not None and saved["optimizer"] is not None:  # None between two stages
        restore_optimizer(optimizer.optimizer, saved["optimizer"])
        average.load_tree(saved["average"])
    recorder.stage_started(stage, optimizer.optimizer, average)
    position = recorder.position
    shown = batches if stage.batches is None else stage.batches
    steps = stage.length(len(shown))
    while _taken(position, shown) < steps and position.stale < stage.patience:
        train_epoch(fabric, stage, step, optimizer, shown, recorder, seed)
        average.epoch_ended(_taken(position, shown) / steps)
        with average.applied(partial(_measure_norms, step, shown, position.epochs_done)):
            stage.step.eval()
            recorder.epoch_ended((stage.validate or validate)(step))


def _fit_closed_form(
    stage: Stage, fit_closed_form: Callable[[], float], validate: Validate, recorder: Recorder
) -> None:
    """A stage that is fitted at once: one epoch, whose training loss is that of the solution."""
    recorder.stage_started(stage, None, Averaging(None, recorder.network))
    loss = fit_closed_form()
    recorder.position.loss_sum, recorder.position.pictures = torch.tensor(loss, dtype=torch.float64), 1
    stage.step.eval()
    recorder.epoch_ended(validate(stage.step))


def train_epoch(
    fabric: Fabric,
    stage: Stage,
    step: nn.Module,
    optimizer: Any,
    batches: Batches,
    recorder: Recorder,
    seed: int,
) -> None:
    """The rest of the epoch in which the recorder's position stands."""
    position: Position = recorder.position
    position.loss_sum = to_exact(position.loss_sum.to(fabric.device))
    position.parts = {name: to_exact(value.to(fabric.device)) for name, value in position.parts.items()}
    steps = stage.length(len(batches))
    one_step = OneStep(fabric, step, optimizer, stage.clip)
    stage.train_mode()
    for batch in batches.epoch(position.epochs_done, first=position.step):
        taken = _taken(position, batches)
        if taken == steps:
            break
        rate = rate_factor(
            stage.schedule, taken, steps, len(batches), warm_up=stage.warm_up, drops=position.drops
        )
        seed_step(seed, position.steps_done, fabric)
        seen = one_step.take(batch, stage.lr * rate)
        recorder.average.step_ended()
        position.loss_sum += seen.loss_sum  # no .item(): it would wait for the GPU
        for name, value in seen.parts.items():
            position.parts[name] = position.parts[name] + value if name in position.parts else value
        position.pictures += seen.pictures
        position.step += 1
        position.steps_done += 1
        recorder.step_ended(len(batches))
    recorder.require_finite()


def _taken(position: Position, batches: Batches) -> int:
    return position.epoch * len(batches) + position.step


def _measure_norms(step: nn.Module, batches: Batches, epoch: int) -> None:
    """Batch statistics of the weights as they are, from the first batches of an epoch."""
    device = next(step.parameters()).device
    with torch.no_grad(), measuring_norms(step) as wanted:
        for number, batch in enumerate(batches.epoch(epoch) if wanted else ()):
            if number == REFRESHED:
                break
            step(batch.to(device))
