"""The device, the precision and several processes: Fabric's, made in one place."""

import logging

import numpy as np
import torch
from lightning_fabric import Fabric

from striate.errors import StriateError

__all__ = ["Fabric", "make_fabric", "seed_step"]

RANKS = 4096  # processes at most, so that every step of every process has a seed of its own


def make_fabric(device: str, precision: str, devices: int = 1) -> Fabric:
    """A fabric on one device, or on several with a process for each.

    Args:
        device: auto, cpu, cuda or mps.
        precision: as `choose_precision` gives it.
        devices: processes on this machine.

    Raises:
        StriateError: this machine has no such device.
    """
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # config.toml says what it would
    try:
        return Fabric(accelerator=device, devices=devices, precision=precision)  # type: ignore[arg-type]
    except (ValueError, RuntimeError) as error:
        number = f" with --devices {devices}" if devices > 1 else ""
        raise StriateError(
            f"--device {device}{number} is not to be had here; "
            "auto takes what there is, and cpu is always there."
        ) from error


def seed_step(seed: int, step: int, rank: int) -> None:
    """Seed torch for one step of one process, so that what it draws needs no state in a checkpoint."""
    drawn = np.random.SeedSequence([seed, 5, step * RANKS + rank]).generate_state(1, np.uint64)
    torch.manual_seed(int(drawn[0]) % 2**63)
