"""Augmentations by name, and one's own from a table of numbers."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Any, get_args

from striate.data.transforms.augmentation import Augmentation
from striate.data.transforms.colour import Colour
from striate.data.transforms.crop import Crop
from striate.data.transforms.erasing import Erasing
from striate.data.transforms.geometry import Fill, Geometry
from striate.data.transforms.mixing import Mixing
from striate.errors import StriateError

AUGMENTATIONS: dict[str, Augmentation | None] = {
    "none": None,
    # Digits and other signs are not mirrored: a mirrored 2 is no 2.
    "light": Augmentation(Geometry(shift=0.07, rotate=10.0, zoom=(0.9, 1.1), shear=5.0)),
    # One pixel to any side, for small pictures and short trainings.
    "shift": Augmentation(Geometry(shift_pixels=1, fill="nearest")),
    "photo": Augmentation(
        Geometry(shift=0.08, rotate=10.0, zoom=(0.67, 1.05), stretch=1.15, mirror=True, fill="reflect"),
        colour=Colour(brightness=0.2, contrast=0.2),
    ),
    # The quickest for photos: no rotation, so 8-bit boxes are cut and resized.
    "crop": Augmentation(Geometry(mirror=True), Crop(area=(0.35, 1.0))),
    # Szegedy et al., 2015: what ImageNet networks are trained with.
    "imagenet": Augmentation(Geometry(mirror=True), Crop(area=(0.08, 1.0))),
    # He et al., 2015, section 4.2: 4 pixels of black on each side, a 32x32 crop of it or of its mirror image.
    "cifar": Augmentation(Geometry(shift_pixels=4, mirror=True, fill="constant")),
    # Chollet, "Deep Learning with Python", 2017, listing 5.11: ImageDataGenerator(rotation_range=40,
    # width_shift_range=0.2, height_shift_range=0.2, shear_range=0.2, zoom_range=0.2, horizontal_flip=True,
    # fill_mode="nearest"). Keras's shear_range is an angle in degrees.
    "book": Augmentation(
        Geometry(
            shift=0.2,
            rotate=40.0,
            shear=0.2,
            zoom=(0.8, 1.2),
            zoom_each_side=True,
            mirror=True,
            fill="nearest",
        )
    ),
    "mixup": Augmentation(Geometry(mirror=True), Crop(area=(0.35, 1.0)), mixing=Mixing(mixup=0.2)),
    "cutmix": Augmentation(Geometry(mirror=True), Crop(area=(0.35, 1.0)), mixing=Mixing(cutmix=1.0)),
    # Much of everything, for long trainings: colour and erasing as in their papers, mixup and cutmix in turn.
    "strong": Augmentation(
        Geometry(mirror=True),
        Crop(area=(0.2, 1.0)),
        Colour(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.1),
        Erasing(erase=0.25),
        Mixing(mixup=0.2, cutmix=1.0),
    ),
}

PIECES = {"geometry": Geometry, "crop": Crop, "colour": Colour, "erasing": Erasing, "mixing": Mixing}
PIECE_OF = {field.name: piece for piece, kind in PIECES.items() for field in fields(kind)}


def named_or_table(chosen: str) -> str | dict[str, Any]:
    """A name as it is; a table written on one line, `{preset = "light", rotate = 20}`, as a dictionary.

    Raises:
        StriateError: it begins like a table and is none.
    """
    if not chosen.lstrip().startswith("{"):
        return chosen
    try:
        table: dict[str, Any] = tomllib.loads(f"table = {chosen}")["table"]
    except ValueError as error:
        raise StriateError(
            f"augmentation {chosen}: {error}; a table looks like '{{preset = \"light\", rotate = 20}}'."
        ) from error
    return table


def on_one_line(table: Mapping[str, Any]) -> str:
    """A table as `named_or_table` reads it: TOML writes these values as JSON does."""
    return f"{{{', '.join(f'{key} = {json.dumps(value)}' for key, value in table.items())}}}"


def make_augmentation(chosen: str | Mapping[str, Any]) -> Augmentation | None:
    """The augmentation of a name, or of a table such as `{preset = "light", rotate = 20, mirror = true}`.

    A table begins with its preset, or with nothing if it names none.

    Raises:
        StriateError: an unknown name or key, or a value that makes no sense.
    """
    chosen = named_or_table(chosen) if isinstance(chosen, str) else chosen
    if isinstance(chosen, str):
        if chosen not in AUGMENTATIONS:
            near = get_close_matches(chosen, AUGMENTATIONS, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise StriateError(
                f"unknown augmentation '{chosen}'.{hint} Allowed: auto, {', '.join(AUGMENTATIONS)}."
            )
        return AUGMENTATIONS[chosen]
    numbers = {key.replace("-", "_"): value for key, value in chosen.items()}
    base = make_augmentation(str(numbers.pop("preset", "none"))) or Augmentation()
    parts = {piece: _values(getattr(base, piece)) for piece in PIECES}
    for key, value in numbers.items():
        if key not in PIECE_OF:
            near = get_close_matches(key, PIECE_OF, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise StriateError(
                f"augmentation: '{key}' is no change of pictures.{hint} "
                f"Allowed: preset, {', '.join(PIECE_OF)}."
            )
        parts[PIECE_OF[key]][key] = _fitting(key, value)
    made = {piece: kind(**parts[piece]) for piece, kind in PIECES.items() if parts[piece]}
    return Augmentation(**made) if made else None


def unmirrored(chosen: str | Mapping[str, Any]) -> str | dict[str, Any]:
    """The same augmentation without mirror images; as it is where it has none."""
    made = make_augmentation(chosen)
    if made is None or made.geometry is None or not made.geometry.mirror:
        return chosen if isinstance(chosen, str) else dict(chosen)
    table = named_or_table(chosen) if isinstance(chosen, str) else dict(chosen)
    return {**({"preset": table} if isinstance(table, str) else table), "mirror": False}


def _values(piece: Any) -> dict[str, Any]:
    return {} if piece is None else {field.name: getattr(piece, field.name) for field in fields(piece)}


def _fitting(key: str, value: Any) -> Any:
    kind = PIECES[PIECE_OF[key]]
    example = next(field.default for field in fields(kind) if field.name == key)
    allowed, fits = _kind(example)
    if not fits(value):
        raise StriateError(f"augmentation: {key} = {value!r} is not possible; allowed: {allowed}.")
    return tuple(value) if isinstance(example, tuple) else value


def _kind(example: Any) -> tuple[str, Any]:
    if isinstance(example, bool):
        return "true or false", lambda value: isinstance(value, bool)
    if isinstance(example, str):
        return " or ".join(get_args(Fill)), lambda value: value in get_args(Fill)
    if isinstance(example, int):
        return "a whole number", _whole
    if isinstance(example, tuple):
        return (
            "a list of two numbers",
            lambda value: isinstance(value, list | tuple) and len(value) == 2 and all(map(_number, value)),
        )
    return "a number", _number


def _number(value: Any) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
