"""Any tree of dicts, lists, numbers, text and tensors as one safetensors file, and back, exactly.

The tree's shape and its scalars are JSON under ONE metadata key (several keys come out in changing order);
tensors are stored contiguous under their paths. Nothing in such a file is ever executed.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from striate.errors import StriateError
from striate.files.utf8_path import utf8_path
from striate.files.writing import write_bytes
from striate.runs.bounded import require_file

KEY = "striate"


def write_tree(path: Path, tree: Any) -> None:
    """Write `tree` whole.

    Raises:
        WorkFailed: the disk is full; the earlier file, if any, is untouched.
    """
    tensors: dict[str, Tensor] = {}
    shape = _flatten(tree, "", tensors)
    write_bytes(path, save(tensors, metadata={KEY: json.dumps(shape)}))


def read_tree(path: Path) -> Any:
    """The tree that `write_tree` wrote; tensors own their memory and lie on the CPU.

    Raises:
        StriateError: the file is missing, damaged or not Striate's.
    """
    try:
        require_file(path)
        with utf8_path(path) as name, safe_open(name, framework="pt", device="cpu") as file:
            # A copy: tensors of a mapped file are not aligned, and an unaligned sum rounds differently.
            tensors = {key: file.get_tensor(key).clone() for key in file.keys()}  # noqa: SIM118
            shape = json.loads((file.metadata() or {})[KEY])
        return _restore(shape, tensors)
    except FileNotFoundError as error:
        raise StriateError(f"{path} is missing; this run has nothing to continue from.") from error
    except (SafetensorError, KeyError, ValueError, TypeError, OSError, RuntimeError) as error:
        raise StriateError(
            f"{path} is damaged or not a file of Striate's ({error}); train the run again."
        ) from error


def _flatten(node: Any, path: str, tensors: dict[str, Tensor]) -> Any:
    if isinstance(node, Tensor):
        name = path or "tensor"
        tensors[name] = node.detach().to("cpu", copy=True).contiguous()
        return {"tensor": name}
    if isinstance(node, dict):
        return {
            "dict": [
                [key, _flatten(value, f"{path}.{key}".lstrip("."), tensors)] for key, value in node.items()
            ]
        }
    if isinstance(node, (list, tuple)):
        kind = "tuple" if isinstance(node, tuple) else "list"
        return {kind: [_flatten(value, f"{path}.{i}".lstrip("."), tensors) for i, value in enumerate(node)]}
    if node is None or isinstance(node, (bool, int, float, str)):
        return node
    raise TypeError(f"a checkpoint cannot hold {type(node).__name__} at '{path}'")


def _restore(node: Any, tensors: dict[str, Tensor]) -> Any:
    if not isinstance(node, dict):
        return node
    ((kind, content),) = node.items()
    if kind == "tensor":
        return tensors[content]
    if kind == "dict":
        return {key: _restore(value, tensors) for key, value in content}
    items = [_restore(value, tensors) for value in content]
    return tuple(items) if kind == "tuple" else items


def same_tree(first: Any, second: Any) -> bool:
    """Whether two trees are equal to the last bit."""
    if isinstance(first, Tensor) and isinstance(second, Tensor):
        return first.dtype == second.dtype and torch.equal(first, second)
    if isinstance(first, dict) and isinstance(second, dict):
        return list(first) == list(second) and all(same_tree(first[key], second[key]) for key in first)
    if isinstance(first, (list, tuple)) and type(first) is type(second):
        return len(first) == len(second) and all(same_tree(a, b) for a, b in zip(first, second, strict=True))
    return type(first) is type(second) and bool(first == second)
