"""Reads weight files from strangers: no code is run, and a bad file is one clear sentence.

The content decides what a file is, not its name.
"""

import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from striate.errors import StriateError

WRAPPERS = (
    "state_dict",
    "model_state_dict",
    "model",
    "network",
)  # keys under which trainers store the tensors
AGAIN = "Fetch or copy it again."
SAVE = "save network.state_dict(), best as safetensors."


def read_tensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a .safetensors, .pth or .pt file, on the CPU.

    Raises:
        StriateError: the file is missing, empty, broken, of another kind, or holds more than tensors.
    """
    start = _first_bytes(path)
    if start[:4] == b"PK\x03\x04" or start[:1] == b"\x80":
        return _read_torch(path)
    if len(start) > 8 and start[8:9] == b"{":
        try:
            return load_file(path)
        except (SafetensorError, OSError, ValueError) as error:
            raise StriateError(f"{path} is a damaged safetensors file ({error}). {AGAIN}") from error
    raise StriateError(
        f"{path} {_what_it_is(start)}; expected a .safetensors, .pth or .pt file of weights. {AGAIN}"
    )


def tensors_in(stored: object, origin: str) -> dict[str, Tensor]:
    """The state_dict in what a trainer stored, out of {"state_dict": ...} and the like.

    Raises:
        StriateError: there are no named tensors in it.
    """
    if isinstance(stored, Mapping):
        for wrapper in WRAPPERS:
            if isinstance(stored.get(wrapper), Mapping):
                return tensors_in(stored[wrapper], origin)
        if stored and all(isinstance(value, Tensor) for value in stored.values()):
            return {str(name): tensor for name, tensor in stored.items()}
    raise StriateError(f"{origin} holds no state_dict (a table of names and tensors); {SAVE}")


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            start = file.read(200)
    except FileNotFoundError as error:
        raise StriateError(
            f"there is no weights file {path}; give a .safetensors, .pth or .pt file."
        ) from error
    except OSError as error:
        raise StriateError(
            f"{path} cannot be read as weights ({error.strerror}); give a .safetensors, .pth or .pt file."
        ) from error
    if not start:
        raise StriateError(f"the weights file {path} is empty. {AGAIN}")
    return start


def _what_it_is(start: bytes) -> str:
    text = start.lstrip().lower()
    if text.startswith(b"<"):
        return "is a web page, not weights: the download was answered with HTML"
    if text.startswith(b"version https://git-lfs"):
        return "is a Git LFS pointer, not the weights themselves"
    if start.startswith(b"\x89HDF"):
        return "is a Keras file in HDF5"
    return "is no weights file"


def _read_torch(path: Path) -> dict[str, Tensor]:
    try:
        # An open file, because torch trusts the suffix of a path.
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore")  # pickle protocols, TorchScript: read or refused all the same
            stored = torch.load(file, weights_only=True, map_location="cpu")
    except UnpicklingError as error:
        named = re.search(r"GLOBAL ([\w.]+)|class[^\w]+([\w.]+)", str(error))
        what = f" ({named[1] or named[2]})" if named else ""
        raise StriateError(
            f"{path} holds Python objects{what}, not only tensors, and no code from files is run; {SAVE}"
        ) from error
    except Exception as error:  # torch.load fails in many ways on damaged files
        if "TorchScript" in str(error):
            raise StriateError(f"{path} is a TorchScript program, not weights; {SAVE}") from error
        raise StriateError(f"{path} is damaged or cut short. {AGAIN}") from error
    return tensors_in(stored, str(path))
