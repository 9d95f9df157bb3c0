"""What a network computes, as one text: equal texts mean equal results, so compiled forms can be kept."""

import hashlib
import inspect
from collections.abc import Iterable
from dataclasses import is_dataclass
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from types import BuiltinFunctionType
from typing import Any

import torch
from torch import Tensor, nn

PLAIN = (type(None), bool, int, float, complex, str, bytes, torch.dtype, torch.device, torch.Size)
OF_EVERY_MODULE = frozenset(vars(nn.Module()))
HOOKS = ("_forward_hooks", "_forward_pre_hooks")


class _Unknown(Exception):
    """Something whose effect on the result has no lasting description."""


def fingerprint(module: nn.Module, *facts: object) -> str | None:
    """64 hexadecimal digits of weights, classes, their source and every setting, and of `facts`.

    None where that cannot be said: a module with a hook, or with a setting that is neither number, text nor
    a function with a name. Two networks with the same text compute the same.
    """
    digest = hashlib.sha256()
    try:
        for line in _lines(module, facts):
            digest.update(line if isinstance(line, bytes) else f"{line}\n".encode(errors="replace"))
    except _Unknown:
        return None
    return digest.hexdigest()


def _lines(module: nn.Module, facts: Iterable[object]) -> Iterable[str | bytes]:
    yield f"striate {version('striate')} torch {torch.__version__} {facts!r}"
    for name, part in module.named_modules():
        if any(getattr(part, hook) for hook in HOOKS):
            raise _Unknown
        kind: type = type(part)
        yield f"{name}: {_named(kind)} {_source(kind)}"
        for key, value in sorted(vars(part).items()):
            if key not in OF_EVERY_MODULE:
                yield f"{name}.{key} = {_described(value)}"
    for name, tensor in module.state_dict(keep_vars=True).items():
        yield f"{name} {tensor.dtype} {tuple(tensor.shape)}"
        yield _content(tensor)


def _described(value: Any) -> str:
    if isinstance(value, PLAIN):
        return repr(value)
    if isinstance(value, Tensor):
        return f"{value.dtype} {tuple(value.shape)} {hashlib.sha256(_content(value)).hexdigest()}"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}({', '.join(_described(one) for one in value)})"
    if isinstance(value, dict):
        return f"dict{_described(list(value.items()))}"
    if isinstance(value, partial):
        return f"partial{_described([value.func, value.args, value.keywords])}"
    return _named_thing(value)


def _named_thing(value: Any) -> str:
    if is_dataclass(value) and not isinstance(value, type):
        return f"{_named(type(value))}{_described(list(_fields(value)))}"
    is_bound = getattr(value, "__self__", None) is not None and not isinstance(value, BuiltinFunctionType)
    if callable(value) and getattr(value, "__closure__", None) is None and not is_bound:
        return _named(value)
    raise _Unknown


def _fields(value: Any) -> Iterable[tuple[str, Any]]:
    return ((name, getattr(value, name)) for name in value.__dataclass_fields__)


def _named(thing: Any) -> str:
    name = getattr(thing, "__qualname__", "<")
    if "<" in name:  # a lambda, or something made inside a function
        raise _Unknown
    return f"{getattr(thing, '__module__', '')}.{name}"


@cache
def _source(kind: type) -> str:
    """Of the file that a class is from; torch's own are known by its version."""
    if kind.__module__.startswith("torch."):
        return ""
    try:
        return hashlib.sha256(Path(inspect.getfile(kind)).read_bytes()).hexdigest()
    except (OSError, TypeError) as error:
        raise _Unknown from error


def _content(tensor: Tensor) -> bytes:
    flat = tensor.detach().cpu().contiguous().flatten()
    return flat.view(torch.uint8).numpy().tobytes()
