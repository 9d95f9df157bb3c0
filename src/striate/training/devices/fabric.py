"""The device, the precision and several processes: Fabric's, made in one place."""

import logging
import os
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor

from striate.errors import StriateError
from striate.training.devices.local_processes import LocalProcesses, prepare_meeting

__all__ = [
    "Fabric",
    "gathered",
    "is_first_process",
    "launched",
    "make_fabric",
    "precision_of",
    "seed_step",
    "to_exact",
]

RANKS = 4096  # processes at most, so that every step of every process has a seed of its own


def make_fabric(device: str, precision: str, devices: int = 1) -> Fabric:
    """A fabric on one device, or on several with a process for each; under torchrun in its processes.

    Args:
        device: auto, cpu, cuda or mps.
        precision: as `choose_precision` gives it.
        devices: processes on this machine.

    Raises:
        StriateError: this machine has no such device.
    """
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # config.toml says what it would
    machines = 1
    strategy: Any = "auto"
    if "TORCHELASTIC_RUN_ID" in os.environ:
        devices = int(os.environ["LOCAL_WORLD_SIZE"])
        machines = int(os.environ["WORLD_SIZE"]) // devices
        strategy = "ddp" if devices * machines > 1 else "auto"
    elif devices > 1:
        strategy = LocalProcesses()
    try:
        return Fabric(
            accelerator=device,
            devices=devices,
            num_nodes=machines,
            strategy=strategy,
            precision=precision,  # type: ignore[arg-type]
        )
    except (ValueError, RuntimeError) as error:
        number = f" with --devices {devices}" if devices > 1 else ""
        raise StriateError(
            f"--device {device}{number} is not to be had here; "
            "auto takes what there is, and cpu is always there."
        ) from error


def is_first_process(devices: int) -> bool:
    """Whether this process is the first of a training's; known before they are launched."""
    if devices == 1 and "TORCHELASTIC_RUN_ID" not in os.environ:
        return True
    return all(os.environ.get(rank, "0") == "0" for rank in ("LOCAL_RANK", "GROUP_RANK"))


def launched(device: str, devices: int, precision: str = "32-true") -> Fabric:
    """A fabric whose processes run: the first of several starts its command again for the others.

    Raises:
        StriateError: this machine has no such device, or its processes cannot reach one another.
    """
    fabric = make_fabric(device, precision, devices)
    if isinstance(fabric.strategy, LocalProcesses):
        prepare_meeting(devices)
    fabric.launch()
    return fabric


def precision_of(fabric: Fabric) -> str:
    """As `choose_precision` gave it."""
    found: str = fabric.strategy.precision.precision
    return found


def gathered(fabric: Fabric, total: Tensor, count: int) -> tuple[Tensor, int, float]:
    """What all processes together have seen in a step.

    Args:
        fabric: of this process.
        total: this process's mean loss over its `count` pictures, ().
        count: its pictures.

    Returns:
        The sum of the losses of all pictures in the precision of sums, their number, and the factor that
        makes the mean of the processes' gradients the gradient of the mean over all pictures.
    """
    exact = to_exact(total.detach())
    if fabric.world_size == 1:
        return exact * count, count, 1.0
    both = torch.stack([exact * count, torch.full_like(exact, count)])
    summed: Any = fabric.all_reduce(both, reduce_op="sum")
    pictures = int(summed[1])
    return summed[0], pictures, count * fabric.world_size / pictures


def to_exact(value: Tensor) -> Tensor:
    """The value in the precision in which losses are summed; Apple's GPUs have no float64."""
    return value.to(torch.float32 if value.device.type == "mps" else torch.float64)


def seed_step(seed: int, step: int, fabric: Fabric) -> None:
    """Seed torch for one step of one process, so that what it draws needs no state in a checkpoint."""
    drawn = np.random.SeedSequence([seed, 5, step * RANKS + fabric.global_rank]).generate_state(1, np.uint64)
    number = int(drawn[0]) % 2**63
    if fabric.device.type == "cpu":
        torch.default_generator.manual_seed(number)  # 1 us; all devices' generators take 90 us
    else:
        torch.manual_seed(number)
