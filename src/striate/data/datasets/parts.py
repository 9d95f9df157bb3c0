"""Which folders of a data set are the parts that its author made, and which are classes.

train/<class>/*  test/<class>/*        parts, then classes; `train/train/<class>` too, as archives unpack
<class>/train/*  <class>/test/*        classes, each with parts
train/*  test/*                        parts without class folders: nothing in them has a class
train/*  car/*  bus/*                  classes, one of which is called train
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from striate.data.dataset import PART_NAMES, Part
from striate.data.paths.files import Found, Listing, Reach, list_or_reason, walk
from striate.errors import StriateError

IsPicture = Callable[[Found], bool]


@dataclass(frozen=True, slots=True)
class PartFolder:
    """A folder whose own folders are classes.

    Attributes:
        folder: named from the data set.
        given: the folder of the data set that it is or lies in.
    """

    folder: Found
    given: str
    part: Part


def part_folders(
    path: Path, folders: Sequence[Found], reach: Reach, is_picture: IsPicture
) -> list[PartFolder] | None:
    """The parts among the folders of a data set; None if they are classes.

    Two folders that are called like parts are parts. One may be a class beside others (vehicles have trains),
    unless it is `train` and holds class folders.

    Raises:
        StriateError: two folders stand for one part.
    """
    named = {f: PART_NAMES[f.name.lower()] for f in folders if f.name.lower() in PART_NAMES}
    if not named:
        return None
    if any(f not in named and _holds_pictures(f, reach, is_picture) for f in folders):
        train = next((f for f, part in named.items() if part == "train"), None)
        if train is None:
            return None
        inside, _ = list_or_reason(train, reach)
        mere = any(map(is_picture, inside.files)) or not inside.folders
        if mere and len(set(named.values())) == 1:
            return None
    for part in set(named.values()):
        same = [f.name for f, other in named.items() if other == part]
        if len(same) > 1:
            raise StriateError(
                f"{path} has {len(same)} folders for the {part} part: {', '.join(same)}. Keep one of them."
            )
    return [inner for f, part in named.items() for inner in _unfolded(f, part, reach, is_picture)]


def parts_of_classes(
    folders: Sequence[Found], reach: Reach, is_picture: IsPicture
) -> Mapping[Found, list[PartFolder]] | None:
    """For every class folder the parts in it, where all pictures of all classes lie in such; else None."""
    found = {}
    for folder in folders:
        inside, _ = list_or_reason(folder, reach, f"{folder.name}/")
        named = [PART_NAMES.get(_last(inner)) for inner in inside.folders]
        if None in named or any(map(is_picture, inside.files)):
            return None
        pairs = zip(inside.folders, named, strict=True)
        found[folder] = [PartFolder(inner, folder.name, part) for inner, part in pairs if part is not None]
    parts = {one.part for several in found.values() for one in several}
    return found if "train" in parts and len(parts) > 1 else None


def _unfolded(folder: Found, part: Part, reach: Reach, is_picture: IsPicture) -> list[PartFolder]:
    """The folder itself; if it holds nothing but folders that are called like parts, those."""
    waiting, found = [(folder, part)], []
    while waiting:
        here, meant = waiting.pop()
        inside: Listing = list_or_reason(here, reach, f"{here.name}/")[0]
        names = [PART_NAMES.get(_last(inner)) for inner in inside.folders]
        if not names or None in names or any(map(is_picture, inside.files)):
            found.append(PartFolder(here, folder.name, meant))
            continue
        for inner, name in zip(inside.folders, names, strict=True):
            waiting.append((inner, name if meant == "train" and name is not None else meant))
    return sorted(found, key=lambda one: one.folder.name)


def _last(folder: Found) -> str:
    return folder.name.rsplit("/", 1)[-1].lower()


def _holds_pictures(folder: Found, reach: Reach, is_picture: IsPicture) -> bool:
    return any(is_picture(found) for listing, _ in walk(folder.path, reach) for found in listing.files)
