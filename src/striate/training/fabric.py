"""The device, the precision and (later) several processes: Fabric's, made in one place."""

import logging

from lightning_fabric import Fabric

from striate.errors import StriateError

__all__ = ["Fabric", "make_fabric"]


def make_fabric(device: str, precision: str) -> Fabric:
    """A fabric on one device.

    Args:
        device: auto, cpu, cuda or mps.
        precision: as `choose_precision` gives it.

    Raises:
        StriateError: this machine has no such device.
    """
    logging.getLogger("lightning_fabric").setLevel(logging.WARNING)  # config.toml says what it would
    try:
        return Fabric(accelerator=device, devices=1, precision=precision)  # type: ignore[arg-type]
    except (ValueError, RuntimeError) as error:
        raise StriateError(
            f"--device {device} is not to be had here; auto takes what there is, and cpu is always there."
        ) from error
