"""`--model auto`: what it looks at, and the rule by which tasks choose a network of the catalogue."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from striate.errors import StriateError

SMALL = 64  # pixels: photographs are larger, and pretrained networks were made for photographs
PRETRAINED = ("efficientnet_lite0", "resnet18", "squeezenet1_1")  # in the order in which they are tried


@dataclass(frozen=True, slots=True)
class Traits:
    """What the rule looks at: median height and width, and whether every picture looked at is grey."""

    height: int
    width: int
    grey: bool

    @classmethod
    def of(cls, shapes: list[tuple[int, int, int]]) -> "Traits":
        """Traits of pictures with these (channels, height, width)."""
        if not shapes:
            raise StriateError(
                "no picture could be read, so there is nothing to train on; `striate check` names why."
            )
        return cls(
            int(median(height for _, height, _ in shapes)),
            int(median(width for _, _, width in shapes)),
            all(channels == 1 for channels, _, _ in shapes),
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """A network, whether it starts from pretrained weights, its input side (None: its own), and why."""

    model: str
    pretrained: bool
    image_size: int | None
    reason: str


def choose_network(traits: Traits, available: Callable[[str], Path | None]) -> Choice:
    """The written rule of `--model auto`, for tasks that train classifiers' networks.

    Grey pictures, and those under 64 pixels, train a small network from scratch: ImageNet's photographs are
    neither. Under 64 pixels that is Striate's own at the pictures' size, else LeNet-5 at 64 pixels.
    Colour photographs start from the first pretrained network whose weights are already on this machine;
    without any, ResNet-18 starts from scratch.
    """
    size, side = f"{traits.width}x{traits.height}", max(traits.height, traits.width)
    if side < SMALL:
        return Choice("striate_small", False, max(16, side), f"small pictures ({size}), so from scratch")
    if traits.grey:
        return Choice("lenet5", False, SMALL, f"grey pictures ({size}), so from scratch")
    for name in PRETRAINED:
        if available(name) is not None:
            reason = f"colour photographs ({size}), and its ImageNet weights are on this machine"
            return Choice(name, True, None, reason)
    return Choice(
        "resnet18", False, None, f"colour photographs ({size}), and no pretrained weights are on this machine"
    )


@dataclass(frozen=True, slots=True)
class TransferChoice:
    """A value of `--transfer`, and why."""

    transfer: str
    reason: str
