"""`compose`: scenes of cut-outs over backgrounds, whose boxes and masks are known to the pixel."""

from importlib.metadata import version
from os import PathLike
from pathlib import Path
from typing import Any

from striate.data.composing.material import Stock, open_stock
from striate.data.composing.parts import Shares, divided, shares_of, wanted
from striate.data.composing.scene import SceneOptions
from striate.data.writers.scenes import Format, Wanted, check_place, write_scenes
from striate.errors import StriateError
from striate.events import Listener, silent
from striate.files.possible_paths import possible_paths

SIZES = (32, 4096)
MOST_OBJECTS = 100
MOST_SCENES = 1_000_000


@possible_paths
def compose(
    cutouts: str | PathLike[str],
    *,
    backgrounds: str | PathLike[str],
    out: str | PathLike[str],
    count: int = 300,
    objects: int | str = "1-4",
    size: int = 320,
    format: str = "coco",
    captions: bool = False,
    parts: str = "70/15/15",
    seed: int = 0,
    on_event: Listener = silent,
) -> tuple[Path, ...]:
    """Compose a data set for localisation, detection, segmentation or captions.

    Cut-outs and backgrounds are divided first: those of one part, and all that look like them, serve no
    other part.

    Args:
        cutouts: class folders of pictures with transparency, or with masks beside them (`cat_mask.png`).
        backgrounds: a folder of photographs.
        out: a folder that does not exist yet, or is empty.
        count: scenes of all parts together.
        objects: things in a scene, a number or "MIN-MAX".
        size: pixels of each side.
        format: "coco" or "voc".
        captions: write sentences about every scene too.
        parts: shares of training, validation and test.
        seed: another one gives other parts and other scenes.
        on_event: is told what happens.

    Returns:
        The files, pictures first.

    Raises:
        StriateError: an option is wrong, a folder holds nothing to compose, or `out` is taken.
        WorkFailed: the scenes could not be written; nothing is left behind.
    """
    shares, form = shares_of(parts), _form(format)
    options = SceneOptions(size=_within("--size", size, SIZES), objects=_objects(objects))
    fewest = len(wanted(shares))
    _within("--count", count, (fewest, MOST_SCENES))
    if min(count for part, count in divided(count, shares).items() if shares[part] > 0) < 1:
        raise StriateError(f"--count {count} leaves a part of {parts} without a scene. Compose more.")
    place = Path(out)
    check_place(place, [Path(cutouts), Path(backgrounds)])
    stock = open_stock(Path(cutouts), Path(backgrounds), size, shares, seed, on_event)
    info = _info(stock, options, shares, seed)
    return write_scenes(place, stock, options, Wanted(form, count, shares, seed, captions, info), on_event)


def _form(format: str) -> Format:
    if format == "coco":
        return "coco"
    if format == "voc":
        return "voc"
    raise StriateError(f"--format is coco or voc, not '{format}'.")


def _within(flag: str, value: int, ends: tuple[int, int]) -> int:
    if not ends[0] <= value <= ends[1]:
        raise StriateError(f"{flag} is a number from {ends[0]} to {ends[1]:,}, not {value:,}.")
    return value


def _objects(text: int | str) -> tuple[int, int]:
    words = str(text).split("-")
    if not all(word.strip().isdecimal() for word in words) or len(words) > 2:
        raise StriateError(f"--objects is a number of things or MIN-MAX, such as 1-4, not '{text}'.")
    low, high = int(words[0]), int(words[-1])
    if not 1 <= low <= high <= MOST_OBJECTS:
        raise StriateError(
            f"--objects has 1 to {MOST_OBJECTS} things, the smaller number first, not '{text}'."
        )
    return low, high


def _info(stock: Stock, options: SceneOptions, shares: Shares, seed: int) -> dict[str, Any]:
    packages = ("striate", "numpy", "pillow", "torch")
    return {
        "description": f"composed by striate compose, seed {seed}: cut-outs over backgrounds, no photographs "
        "of real scenes",
        "composed": True,
        "seed": seed,
        "size": options.size,
        "objects": list(options.objects),
        "parts": {part: shares[part] for part in wanted(shares)},
        "shared": list(stock.shared),
        "boxes": "bounds of the visible pixels, x and y between pixels",
        "versions": {name: version(name) for name in packages},
    }
