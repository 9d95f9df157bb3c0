"""The loop's one callback: keeps the best weights, writes the run folder, reports progress."""

from collections.abc import Callable
from time import monotonic
from typing import Any

import torch
from torch import nn
from torch.optim import Optimizer

from striate.errors import WorkFailed
from striate.events import EpochEnded, Listener, StageEnded, StepEnded
from striate.runs.checkpoint import write_tree
from striate.runs.folder import RunFolder
from striate.runs.weights import read_weights, write_weights
from striate.training.averaging import Averaging
from striate.training.position import Position
from striate.training.schedules import watch_plateau
from striate.training.stages import Stage

SHARE_FOR_SAVING = 0.05  # checkpoints never take more of the time than this


class Recorder:
    """Knows where the training stands and puts it on disk.

    Attributes:
        stop: set from outside (Ctrl-C); the training then saves after the step that runs and ends.
        in_percent: figures of validation that are shares of 1; set from outside.
        writes: whether this process is the one of several that writes.
    """

    def __init__(
        self,
        folder: RunFolder,
        network: nn.Module,
        position: Position,
        *,
        architecture: dict[str, Any],
        epochs: int,
        score: Callable[[dict[str, float]], tuple[float, ...]],
        checkpoint_seconds: float,
        on_event: Listener,
    ) -> None:
        self.folder, self.network, self.position = folder, network, position
        self.architecture, self.epochs, self.score = architecture, epochs, score
        self.checkpoint_seconds, self.on_event = checkpoint_seconds, on_event
        self.next_save = monotonic() + checkpoint_seconds
        self.epoch_started = monotonic()
        self.optimizer: Optimizer | None = None
        self.stop, self.writes = False, True
        self.in_percent: tuple[str, ...] = ()

    def stage_started(self, stage: Stage, optimizer: Optimizer | None, average: Averaging) -> None:
        """From here on the stage's optimiser and average, if it has some, belong into checkpoints."""
        self.stage, self.optimizer, self.average = stage, optimizer, average
        self.epoch_started = monotonic()

    def step_ended(self, steps: int) -> None:
        """One batch of an epoch's `steps` is done."""
        position = self.position
        epoch = position.epochs_done + 1
        self.on_event(StepEnded(self.stage.name, epoch, self.epochs, position.step, steps))
        if self.stop:
            self.save()
            raise KeyboardInterrupt
        if monotonic() >= self.next_save:
            self.save()

    def epoch_ended(self, figures: dict[str, float]) -> None:
        """An epoch was trained and validated: keep its weights if they are the best, write its line."""
        position, score = self.position, list(self.score(figures))
        best = not position.best or score > position.best
        position.epoch, position.epochs_done, position.step = position.epoch + 1, position.epochs_done + 1, 0
        position.stale = 0 if best else position.stale + 1
        watch_plateau(self.stage.schedule, position, best=best)
        if best:
            position.best, position.best_epoch = score, position.epochs_done
            if self.writes:
                write_weights(self.folder / "best.safetensors", self.network, self.architecture)
        pictures = max(1, position.pictures)
        values = {
            "train_loss": float(position.loss_sum) / pictures,
            **{f"train_{name}": float(value) / pictures for name, value in position.parts.items()},
            **{f"validation_{name}": value for name, value in figures.items()},
            "lr": float(self.optimizer.param_groups[0]["lr"]) if self.optimizer is not None else 0.0,
        }
        position.loss_sum, position.pictures = torch.zeros_like(position.loss_sum), 0
        position.parts = {}
        seconds = monotonic() - self.epoch_started
        line = {"epoch": position.epochs_done, "stage": self.stage.name, **values}
        if self.writes:
            self.folder.append_metrics({**line, "seconds": round(seconds, 3), "best": best})
        done = position.epochs_done
        self.on_event(EpochEnded(self.stage.name, done, self.epochs, seconds, best, values, self.in_percent))
        self.epoch_started = monotonic()

    def stage_ended(self) -> None:
        """The next stage, or the end, goes on from the best weights."""
        position = self.position
        position.stage, position.epoch, position.stale = position.stage + 1, 0, 0
        position.waited, position.drops = 0, 0
        if position.best:
            tensors, _ = read_weights(self.folder / "best.safetensors")
            self.network.load_state_dict(tensors)
        self.optimizer = None  # the next stage has its own
        self.on_event(StageEnded(self.stage.name))
        self.save()

    def save(self) -> None:
        """Write a checkpoint: all that exact resume needs, of one moment.

        Raises:
            WorkFailed: the loss is no longer finite (the earlier checkpoint stays), or the disk is full.
        """
        began = monotonic()
        self.require_finite()
        tree = {
            "position": self.position.to_tree(),
            "network": dict(self.network.state_dict()),
            "optimizer": self.optimizer.state_dict() if self.optimizer is not None else None,
            "average": self.average.to_tree() if self.optimizer is not None else None,
        }
        if self.writes:
            write_tree(self.folder / "checkpoint.safetensors", tree)
        took = monotonic() - began
        self.next_save = monotonic() + max(self.checkpoint_seconds, took / SHARE_FOR_SAVING)

    def require_finite(self) -> None:
        """Refuse to go on with a loss that is infinite or no number.

        Raises:
            WorkFailed: it is; the sentence says what to change.
        """
        if bool(torch.isfinite(self.position.loss_sum)):
            return
        raise WorkFailed(
            f"the training loss is no longer finite in epoch {self.position.epochs_done + 1} of stage "
            f"'{self.stage.name}' (peak rate {self.stage.lr:g}). Train a new run with a smaller --lr, or "
            "with --precision 32-true if it was bf16-mixed; the best weights and the last good checkpoint "
            "are kept."
        )
