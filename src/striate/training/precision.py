"""Precision follows from what the CPU or GPU says that it can do, never from a measurement."""

import torch


def choose_precision(wanted: str, device: str) -> str:
    """A precision of Fabric's: what was asked for, or for `auto` fp32.

    Args:
        wanted: auto, 32-true or bf16-mixed.
        device: as in `--device`; auto may become a GPU.
    """
    if wanted != "auto":
        return wanted
    if device in ("auto", "cuda") and torch.cuda.is_available() and torch.cuda.is_bf16_supported():
        return "bf16-mixed"
    return "32-true"
