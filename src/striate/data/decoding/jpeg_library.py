"""torchvision's JPEG decoder without the rest of torchvision, whose import takes as long as that of torch."""

import contextlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import torch

SUFFIXES = (".so", ".pyd", ".dylib")


@cache
def load_jpeg_decoder() -> None:
    """Register `torch.ops.image.decode_jpeg`.

    Where its library is not found, or needs more than itself, as on Windows, torchvision does it.

    Raises:
        ImportError: there is no torchvision.
    """
    for file in decoder_files():
        with contextlib.suppress(OSError):
            torch.ops.load_library(file)  # type: ignore[no-untyped-call]
            if hasattr(torch.ops.image, "decode_jpeg"):
                return
    import torchvision.io  # noqa: F401 - for what it registers


def decoder_files() -> list[Path]:
    """The libraries in torchvision's folder that may hold the decoder; torchvision is not imported."""
    found = find_spec("torchvision")
    folders = (found.submodule_search_locations if found else None) or []
    return [
        file for folder in folders for file in sorted(Path(folder).glob("image*")) if file.suffix in SUFFIXES
    ]
