"""A network's weights as one safetensors file that also says which network they belong to."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from striate.errors import StriateError
from striate.files.utf8_path import utf8_path
from striate.files.writing import write_bytes
from striate.runs.bounded import parse_json, require_file

KEY = "striate"


def write_weights(path: Path, network: nn.Module, architecture: dict[str, Any]) -> None:
    """Write every parameter and buffer of `network`, contiguous, and the arguments that build it again."""
    tensors = {
        name: tensor.detach().to("cpu", copy=True).contiguous()
        for name, tensor in network.state_dict().items()
    }
    write_bytes(path, save(tensors, metadata={KEY: json.dumps(architecture, sort_keys=True)}))


@dataclass(frozen=True, slots=True)
class Stored:
    """What a file of weights says of itself: shapes by name, and what builds the network (not checked)."""

    shapes: dict[str, tuple[int, ...]]
    architecture: Any


def read_header(path: Path) -> Stored:
    """Names, shapes and architecture; no tensor is read.

    Raises:
        FileNotFoundError: there is no such file.
        StriateError: it is damaged or carries no architecture.
    """
    with _opened(path) as file:
        shapes = {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118
        return Stored(shapes, parse_json((file.metadata() or {})[KEY]))


def read_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors by name, and the arguments that build their network.

    Raises:
        StriateError: the file is missing, damaged or carries no architecture.
    """
    try:
        with _opened(path) as file:
            tensors = {key: file.get_tensor(key).clone() for key in file.keys()}  # noqa: SIM118
            architecture = parse_json((file.metadata() or {})[KEY])
    except FileNotFoundError as error:
        raise StriateError(
            f"{path} is missing; this run holds no network yet. Resume it or train it again."
        ) from error
    return tensors, architecture


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The file of safetensors; whatever is wrong with it is one line."""
    try:
        require_file(path)
        with utf8_path(path) as name, safe_open(name, framework="pt", device="cpu") as file:
            yield file
    except FileNotFoundError:
        raise
    except (SafetensorError, KeyError, ValueError, TypeError, OSError, RuntimeError) as error:
        raise StriateError(
            f"{path} is damaged or not a run's weights ({error}); train the run again."
        ) from error
