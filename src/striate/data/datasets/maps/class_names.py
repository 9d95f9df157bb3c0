"""The classes of maps, whose numbers stand in 8 bits: their names, the background, and how many may be."""

from collections.abc import Sequence
from pathlib import Path

from striate.data.dataset import BadPicture
from striate.data.datasets.labelled import label_text
from striate.data.paths.files import read_file
from striate.errors import StriateError
from striate.preprocess.placement import NOTHING_KNOWN

BACKGROUND = "background"
NAME_FILES = ("class_names.txt", "classes.txt")
_NOT_COUNTED = "__ignore__"  # labelme's first line, which stands for 255
_MAX_BYTES = 1_000_000


def with_background(names: Sequence[str]) -> list[str]:
    """The names with the background first, unless it is one of them."""
    return list(names) if BACKGROUND in names else [BACKGROUND, *names]


def require_numbers(where: object, classes: Sequence[str]) -> None:
    """Refuse more classes than a map has numbers for; 255 says that nothing is known.

    Raises:
        StriateError: there are more.
    """
    if len(classes) > NOTHING_KNOWN:
        raise StriateError(
            f"{where} has {len(classes):,} classes; a map of classes numbers {NOTHING_KNOWN} at most, as 255 "
            "says that nothing is known. Join some of them."
        )


def names_in(folder: Path) -> tuple[str, ...] | None:
    """The class of each number, one a line from 0 on, as a file of `NAME_FILES` has them; None without one.

    Raises:
        StriateError: it cannot be read as such.
    """
    file = next((folder / name for name in NAME_FILES if (folder / name).is_file()), None)
    if file is None:
        return None
    try:
        lines = read_file(file, _MAX_BYTES).decode("utf-8-sig").splitlines()
        names = [label_text(line) or "" for line in lines if line.strip()]
    except (BadPicture, UnicodeError, ValueError) as error:
        raise StriateError(f"{file} cannot be read as names, one a line: {error}.") from error
    if names[:1] == [_NOT_COUNTED]:
        names = names[1:]
    if not names or len(set(names)) < len(names):
        raise StriateError(f"{file} needs one name a line, no name twice; the first line is number 0.")
    require_numbers(file, names)
    return tuple(names)
