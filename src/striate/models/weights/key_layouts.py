"""Names of weights: from other packages' layouts to torchvision's, which Striate uses.

Layouts are recognised by their names. For ResNet and DenseNet timm's names are torchvision's; networks that
torchvision lacks have timm's.
"""

import re
from collections.abc import Callable, Collection

from torch import Tensor

# DataParallel, Lightning, recipes, torch.compile; a trunk on its own, for `network.features`
PREFIXES = ("module.", "model.", "network.", "net.", "_orig_mod.", "features.")
BLOCK = re.compile(r"features\.(\d+)\.(\d+)\.block\.")  # of an EfficientNet: stage, number in it


def without_prefixes(tensors: dict[str, Tensor], wanted: Collection[str]) -> tuple[dict[str, Tensor], str]:
    """Tensors without the prefix that all names share, and that prefix; names that the network has stay."""
    removed = ""
    while tensors:
        shared = next((p for p in PREFIXES if all(name.startswith(p) for name in tensors)), None)
        if shared is None or any(name in wanted for name in tensors):
            break
        tensors = {name.removeprefix(shared): tensor for name, tensor in tensors.items()}
        removed += shared
    return tensors, removed


def stray_prefix(tensors: Collection[str], wanted: Collection[str]) -> str:
    """What stands before names that the network has, in a file where other names stand beside them; or ""."""
    for name in tensors:
        start, dot, rest = name.partition(".")
        if dot and name not in wanted and rest in wanted:
            return f"{start}."
    return ""


def to_torchvision(tensors: dict[str, Tensor], wanted: Collection[str]) -> tuple[dict[str, Tensor], str]:
    """Tensors under the network's names, and the layout they were translated from ("" if nothing was)."""
    for marker, layout, rename in LAYOUTS:
        if marker in tensors and marker not in wanted:
            tensors = {name: _as_dense(name, tensor) for name, tensor in tensors.items()}
            return {rename(name, wanted): tensor for name, tensor in tensors.items()}, layout
    return tensors, ""


def _from_efficientnet_pytorch(name: str, wanted: Collection[str]) -> str:
    """`_blocks.3._expand_conv.weight` -> `features.3.0.block.0.0.weight`."""
    inside = re.fullmatch(r"_blocks\.(\d+)\._(\w+?)\.(\w+)", name)
    if inside is None:
        ends = {"_conv_stem": "features.0.0", "_bn0": "features.0.1", "_fc": "classifier.1"}
        ends |= {"_conv_head": "features.8.0", "_bn1": "features.8.1"}
        return _replace_start(name, ends)
    number, layer, rest = int(inside[1]), inside[2], inside[3]
    starts = _stage_starts(wanted)
    stage = sum(start <= number for start in starts)
    place = {"expand_conv": "0.0", "bn0": "0.1", "depthwise_conv": "1.0", "bn1": "1.1"}
    place |= {"project_conv": "3.0", "bn2": "3.1"}
    if layer not in place:
        return name
    return _in_block(stage, number - starts[stage - 1], place[layer], rest)


def _stage_starts(wanted: Collection[str]) -> list[int]:
    """The first block of each stage, were blocks counted through: of Lite0 0, 1, 3, 5, 8, 11, 15."""
    blocks = {(int(found[1]), int(found[2])) for name in wanted if (found := BLOCK.match(name))}
    return [place for place, (_, number) in enumerate(sorted(blocks)) if number == 0]


def _from_timm_efficientnet(name: str, _: Collection[str]) -> str:
    """`blocks.2.0.conv_pw.weight` -> `features.3.0.block.0.0.weight`."""
    inside = re.fullmatch(r"blocks\.(\d+)\.(\d+)\.(\w+)\.(\w+)", name)
    if inside is None:
        ends = {"conv_stem": "features.0.0", "bn1": "features.0.1", "classifier": "classifier.1"}
        ends |= {"conv_head": "features.8.0", "bn2": "features.8.1"}
        return _replace_start(name, ends)
    stage, number, layer, rest = int(inside[1]) + 1, int(inside[2]), inside[3], inside[4]
    if stage == 1:  # no expansion: depthwise, then pointwise
        place = {"conv_dw": "1.0", "bn1": "1.1", "conv_pw": "3.0", "bn2": "3.1"}
    else:
        place = {
            "conv_pw": "0.0",
            "bn1": "0.1",
            "conv_dw": "1.0",
            "bn2": "1.1",
            "conv_pwl": "3.0",
            "bn3": "3.1",
        }
    return _in_block(stage, number, place[layer], rest) if layer in place else name


def _from_early_densenet(name: str, _: Collection[str]) -> str:
    """`features.denseblock1.denselayer1.norm.1.weight` -> `features.denseblock1.denselayer1.norm1.weight`."""
    return re.sub(r"(denselayer\d+\.(?:norm|conv))\.([12])\.", r"\1\2.", name)


def _from_replknet(name: str, wanted: Collection[str]) -> str:
    """`head.weight` -> `fc.weight`; the rest is equal."""
    return name.replace("head.", "fc.", 1) if name not in wanted and name.startswith("head.") else name


def _from_timm_vgg(name: str, _: Collection[str]) -> str:
    """`pre_logits.fc1.weight` -> `classifier.0.weight`."""
    ends = {"pre_logits.fc1": "classifier.0", "pre_logits.fc2": "classifier.3", "head.fc": "classifier.6"}
    start, _, rest = name.rpartition(".")
    return f"{ends[start]}.{rest}" if start in ends else name


def _as_dense(name: str, tensor: Tensor) -> Tensor:
    """timm writes VGG's dense layers as convolutions over the whole map: equal numbers in equal order."""
    return tensor.flatten(1) if name.startswith("pre_logits.fc") and tensor.dim() == 4 else tensor


def _in_block(stage: int, number: int, place: str, rest: str) -> str:
    """A name in an inverted residual; the first stage does not expand, so its slots lie one earlier."""
    slot, layer = place.split(".")
    return f"features.{stage}.{number}.block.{int(slot) - (stage == 1)}.{layer}.{rest}"


def _replace_start(name: str, starts: dict[str, str]) -> str:
    start, _, rest = name.partition(".")
    return f"{starts[start]}.{rest}" if start in starts else name


# A name that only this layout has, the layout, and how its names are translated.
LAYOUTS: tuple[tuple[str, str, Callable[[str, Collection[str]], str]], ...] = (
    ("_conv_stem.weight", "efficientnet_pytorch", _from_efficientnet_pytorch),
    ("conv_stem.weight", "timm", _from_timm_efficientnet),
    ("pre_logits.fc1.weight", "timm", _from_timm_vgg),
    ("head.weight", "the authors' RepLKNet", _from_replknet),
    # The files that torchvision publishes still have the names of its first release.
    ("features.denseblock1.denselayer1.norm.1.weight", "torchvision 0.1", _from_early_densenet),
)
