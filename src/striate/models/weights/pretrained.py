"""How weights get into a network: read, translate, fit the first and the last layer, load all or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from striate.errors import StriateError
from striate.files.possible_paths import possible_paths
from striate.models.weights.key_layouts import stray_prefix, to_torchvision, without_prefixes
from striate.models.weights.table import Weights, available_weights, find_weights, weights_entry
from striate.models.weights.weight_files import read_tensors, tensors_in
from striate.preprocess.preprocessing import Preprocessing

__all__ = [
    "Loaded",
    "Weights",
    "available_weights",
    "find_weights",
    "imagenet_classes",
    "load_weights",
    "preprocessing_of",
]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What `load_weights` did.

    `head_replaced` is (outputs in the file, outputs of the network) when these differ and the head was left
    alone. `notes` are whole sentences about what was translated or changed.
    """

    tensors: int
    head_replaced: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()


@possible_paths
def load_weights(module: nn.Module, source: str | Path | Mapping[str, object]) -> Loaded:
    """Put weights into a network, in place; on an error nothing of it has changed.

    Args:
        module: any module; a head (see backbone.py) may have another number of outputs than the file's.
        source: a .safetensors, .pth or .pt file, or a state_dict, with Striate's names (torchvision's or,
            where torchvision lacks the network, timm's), or with timm's names of VGG, timm's or
            efficientnet_pytorch's of EfficientNet-Lite. Prefixes such as `module.` are removed and
            {"state_dict": ...} is opened. Values take the module's precision.

    Raises:
        StriateError: the source cannot be read, or more than the head does not fit.
    """
    origin = str(source) if isinstance(source, str | Path) else "the state_dict"
    found = read_tensors(Path(source)) if isinstance(source, str | Path) else tensors_in(source, origin)
    wanted = module.state_dict()
    notes = []
    found, prefix = without_prefixes(found, wanted)
    if prefix:
        notes.append(f"The prefix '{prefix}' was removed from the names of the weights.")
    found, layout = to_torchvision(found, wanted)
    if layout:
        notes.append(f"The names of the weights were translated from {layout}'s layout.")
    found, note = _fit_first_convolution(module, found)
    notes += [note] if note else []
    found, head_replaced = _without_other_head(module, found)

    kept_head = _head_names(module) if head_replaced else set()
    missing_auxiliary = _auxiliary_names(module)
    if not missing_auxiliary.isdisjoint(found):
        missing_auxiliary = set()
    elif missing_auxiliary:
        notes.append("The file has no auxiliary heads; those of the network start anew.")
    # Files written before PyTorch 0.4.1 have no counters; they matter only when momentum is None.
    optional = (
        kept_head | missing_auxiliary | {name for name in wanted if name.endswith("num_batches_tracked")}
    )
    _require_fit(origin, type(module).__name__, found, wanted, optional)
    module.load_state_dict(found, strict=False)
    return Loaded(len(found), head_replaced, tuple(notes))


def preprocessing_of(name: str, which: str = "imagenet") -> Preprocessing:
    """The input that a network's pretrained weights were made for; the whole picture becomes a square."""
    weights = weights_entry(name, which)
    return Preprocessing(size_hw=(weights.size, weights.size), channels=3, mean=weights.mean, std=weights.std)


def imagenet_classes() -> tuple[str, ...]:
    """The 1,000 class names of ImageNet in the order of the outputs, as torchvision has them."""
    from torchvision.models import ResNet18_Weights  # slow to import, so only when asked

    return tuple(ResNet18_Weights.IMAGENET1K_V1.meta["categories"])


def _fit_first_convolution(module: nn.Module, found: dict[str, Tensor]) -> tuple[dict[str, Tensor], str]:
    """Weights for RGB fitted to grey pictures, or the other way round; a sentence that says so, or nothing.

    A grey picture as three equal channels gives the same map before and after.
    """
    first = next(
        ((name, layer) for name, layer in module.named_modules() if isinstance(layer, nn.Conv2d)), None
    )
    if first is None:
        return found, ""
    name, layer = f"{first[0]}.weight", first[1]
    weight = found.get(name)
    if weight is None or weight.ndim != 4 or layer.groups != 1:
        return found, ""
    before, now = weight.shape[1], layer.in_channels
    if (before, now) == (3, 1):
        fitted = weight.float().sum(dim=1, keepdim=True)
        return found | {name: fitted}, "The first convolution's RGB weights were summed for grey pictures."
    if (before, now) == (1, 3):
        fitted = weight.float().repeat(1, 3, 1, 1) / 3
        return found | {name: fitted}, "The first convolution's grey weights were spread over RGB."
    return found, ""


def _without_other_head(
    module: nn.Module, found: dict[str, Tensor]
) -> tuple[dict[str, Tensor], tuple[int, int] | None]:
    """The tensors without a head of another number of outputs, and the two numbers (file's, network's)."""
    if not _parameter_names(module, getattr(module, "head", None)) <= found.keys():
        return found, None
    names = _head_names(module) & found.keys()
    wanted = {name: tensor for name, tensor in module.state_dict().items() if name in names}
    if any(found[name].shape[1:] != wanted[name].shape[1:] for name in names):
        return found, None
    outputs = {(found[name].shape[0], wanted[name].shape[0]) for name in names}
    if len(outputs) != 1 or (pair := outputs.pop())[0] == pair[1]:
        return found, None
    return {name: tensor for name, tensor in found.items() if name not in names}, pair


def _head_names(module: nn.Module) -> set[str]:
    """Parameters of the head and of the last layers of auxiliary heads."""
    heads = (getattr(module, "head", None), *getattr(module, "auxiliary_heads", ()))
    return {name for head in heads for name in _parameter_names(module, head)}


def _auxiliary_names(module: nn.Module) -> set[str]:
    """Everything inside auxiliary heads, statistics included: `aux1.fc2` is the last layer of `aux1`."""
    whole = tuple(f"{head.split('.')[0]}." for head in getattr(module, "auxiliary_heads", ()))
    return {name for name in module.state_dict() if name.startswith(whole)}


def _parameter_names(module: nn.Module, part: object) -> set[str]:
    return {name for name in module.state_dict() if isinstance(part, str) and name.startswith(f"{part}.")}


def _require_fit(
    origin: str, network: str, found: dict[str, Tensor], wanted: dict[str, Tensor], optional: set[str]
) -> None:
    _refuse_surplus(origin, network, found, wanted, optional)
    problems = [f"{name} is missing" for name in wanted if name not in found and name not in optional]
    problems += [f"{name} is unknown" for name in found if name not in wanted]
    problems += [
        f"{name} is {_shape(tensor)} where the network has {_shape(wanted[name])}"
        for name, tensor in found.items()
        if name in wanted and tensor.shape != wanted[name].shape
    ]
    if problems:
        more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
        raise StriateError(
            f"{origin} does not fit {network}: {'; '.join(problems[:3])}{more}. Give weights of this "
            "network, built for the same picture size."
        )
    if broken := next(
        (name for name, tensor in found.items() if not bool(torch.isfinite(tensor).all())), None
    ):
        raise StriateError(
            f"{origin} has values that are not finite in {broken}; give weights of a training that went well."
        )


def _refuse_surplus(
    origin: str, network: str, found: dict[str, Tensor], wanted: dict[str, Tensor], optional: set[str]
) -> None:
    """Name a prefix that only some names have, and names beside a whole network: both have a remedy."""
    surplus = [name for name in found if name not in wanted]
    missing = [name for name in wanted if name not in found and name not in optional]
    if surplus and (prefix := stray_prefix(surplus, wanted)):
        marked = [name for name in surplus if name.startswith(prefix)]
        others = [name for name in found if not name.startswith(prefix)]
        beside = f", and others beside them do not ({_some(others)})" if others else ""
        raise StriateError(
            f"{origin} does not fit {network}: {len(marked):,} of its {len(found):,} names begin with "
            f"'{prefix}'{beside}. Save it without '{prefix}' and without what does not belong to the network."
        )
    if surplus and not missing:
        raise StriateError(
            f"{origin} has all of {network} and {len(surplus):,} names more: {_some(surplus)}. Save it "
            "without these, or name the network that has them."
        )


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _shape(tensor: Tensor) -> str:
    return "x".join(str(side) for side in tensor.shape) or "one number"
