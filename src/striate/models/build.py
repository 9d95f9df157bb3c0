"""From a name of the catalogue to a network with random weights."""

from importlib import import_module

from torch import nn

from striate.errors import StriateError
from striate.models.catalog import find_entry
from striate.models.entry import Entry
from striate.models.patterns.pattern import is_pattern
from striate.models.patterns.pattern_network import PatternNet
from striate.models.patterns.pattern_shapes import plan_pattern

FOLDERS = {"classify": "classification"}

MOST = 1_000_000  # classes, channels, pixels of a side; sizes of tensors stay within 64 bits


def create_model(
    name: str,
    num_classes: int | None = None,
    in_channels: int | None = None,
    image_size: int | tuple[int, int] | None = None,
) -> nn.Module:
    """Build a network; its weights are drawn from torch's global generator.

    Args:
        name: as in the catalogue, or a pattern (see pattern.py), whose own numbers are its published ones.
        num_classes: outputs of the head; None is the published number. `book_cats_dogs` has one for two.
        in_channels: 1 for grey, 3 for RGB; None is the published number.
        image_size: side, or (height, width), in pixels; None is the published size. A network that takes any
            size only checks that it is not too small.

    Raises:
        StriateError: no such network, or a number that the network cannot have.
    """
    entry = find_entry(name)
    classes = entry.classes if num_classes is None else num_classes
    channels = entry.input[0] if in_channels is None else in_channels
    if not (1 <= classes <= MOST and 1 <= channels <= MOST):
        raise StriateError(
            f"{name} with {classes} classes and {channels} channels is not possible; give 1 or more of each, "
            f"and at most {MOST:,}."
        )
    size_hw = _size(name, entry, image_size)
    if is_pattern(name):
        return PatternNet(plan_pattern(name, classes, channels, size_hw))
    file, function = entry.builder.split(":")
    build = getattr(import_module(f"striate.models.{FOLDERS[entry.task]}.{file}"), function)
    network: nn.Module = build(classes, channels) if entry.any_size else build(classes, channels, size_hw)
    return network


def _size(name: str, entry: Entry, image_size: int | tuple[int, int] | None) -> tuple[int, int]:
    if image_size is None:
        return entry.input[1:]
    height, width = (image_size, image_size) if isinstance(image_size, int) else image_size
    if max(height, width) > MOST:
        raise StriateError(f"pictures of {height}x{width} pixels are not possible; at most {MOST:,} a side.")
    if min(height, width) < entry.smallest:
        raise StriateError(
            f"{name} cannot read pictures of {height}x{width} pixels; its smallest size is "
            f"{entry.smallest}x{entry.smallest}, its published one {entry.input[1]}x{entry.input[2]}."
        )
    return height, width
