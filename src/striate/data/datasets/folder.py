"""Class folders: `<class>/*`, or `{train, val|valid|validation, test}/<class>/*`, split by their author.

Folders inside a class folder belong to that class. A class is a folder with at least one picture in any part:
an empty one is named in a note and is no class; one without training pictures is a class, and a note says so.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from striate.data.dataset import PART_NAMES, Part
from striate.data.datasets.labelled import Row, class_notes, numbered
from striate.data.datasets.picture_files import PictureFiles
from striate.data.files import Found, Listing, list_folder, list_or_reason, walk
from striate.data.headers import FOREIGN_SUFFIXES, PICTURE_SUFFIXES, sniff
from striate.data.wording import one_line
from striate.errors import StriateError


class FolderDataset(PictureFiles):
    """Class folders, split by their author or not.

    Attributes:
        ignored_suffixes: how many files of each extension were left out; "hidden" for those of the system.
        notes: what a person should know about what was found.
    """

    def __init__(self, path: Path, gathered: "Gathered", layout: str) -> None:
        super().__init__(tuple(entry.file for entry in gathered.entries))
        self.path = path
        self.layout = layout
        rows = [Row(entry.file.name, entry.label, entry.part) for entry in gathered.entries]
        self.classes, self.items = numbered(rows)
        self.ignored = sum(gathered.ignored.values())
        self.ignored_suffixes: Mapping[str, int] = dict(gathered.ignored)
        self.notes = (*gathered.notes, *class_notes(self.classes, self.items, gathered.labels))


@dataclass(frozen=True, slots=True)
class Entry:
    """A picture file, its class and its part."""

    file: Found
    label: str
    part: Part | None


@dataclass(slots=True)
class Gathered:
    """What the walk collects."""

    entries: list[Entry] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    ignored: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)


def open_folder(path: Path) -> FolderDataset:
    """The class folders in `path`; it may have no class at all, which its caller judges.

    Raises:
        StriateError: the folder cannot be listed, or two folders stand for one part.
    """
    root = str(path.resolve())
    try:
        top = list_folder(root, root)
    except OSError as error:
        raise StriateError(f"{path} cannot be listed: {error.strerror}. Check its permissions.") from error
    gathered = Gathered()
    _count(top, gathered)
    runs = [folder for folder in top.folders if _holds_runs(folder)]
    if runs:
        top.folders = [folder for folder in top.folders if folder not in runs]
        gathered.notes.append(
            f"folder '{one_line(runs[0].name)}' holds runs, not pictures of a class, and was left out"
        )
    beside = sum(is_picture(found) for found in top.files)
    if beside:
        gathered.notes.append(f"pictures beside the class folders, without a class: {beside}, left out")
    parts = _parts(path, top, root)
    if parts is None:
        for folder in top.folders:
            _gather(folder, folder.name, None, root, gathered)
        return FolderDataset(path, gathered, "class folders, unsplit")
    for folder in top.folders:
        if folder.name not in parts:
            gathered.notes.append(f"folder '{one_line(folder.name)}' is beside the parts and was left out")
            continue
        inside = _listed(folder, root, f"{folder.name}/", gathered)
        _count(inside, gathered)
        loose = sum(is_picture(found) for found in inside.files)
        if loose:
            gathered.notes.append(f"pictures in '{folder.name}' without a class folder: {loose}, left out")
        for inner in inside.folders:
            _gather(inner, inner.name.split("/", 1)[1], parts[folder.name], root, gathered)
    given = " + ".join(folder.name for folder in top.folders if folder.name in parts)
    return FolderDataset(path, gathered, f"class folders, split into {given}")


def _holds_runs(folder: Found) -> bool:
    """Whether a folder is one that `striate train` wrote into: <task>/<name>/format below it."""
    return next(Path(folder.path).glob("*/*/format"), None) is not None


def is_picture(found: Found) -> bool:
    """Whether a file is meant as a picture: by its extension, or by its first bytes if it has none."""
    suffix = PurePath(found.name).suffix.lower()
    if suffix:
        return suffix in PICTURE_SUFFIXES or suffix in FOREIGN_SUFFIXES
    if found.problem:
        return False
    try:
        with Path(found.path).open("rb") as file:
            return sniff(file.read(32)) is not None
    except OSError:
        return False


def _parts(path: Path, top: Listing, root: str) -> dict[str, Part] | None:
    """Which top folders are parts; None if they are classes (vehicles may have a class called train)."""
    parts = {f.name: PART_NAMES[f.name.lower()] for f in top.folders if f.name.lower() in PART_NAMES}
    alone = len(parts) == len(top.folders)
    if not parts or not ("train" in parts.values() or alone):
        return None
    inner = {f.name: list_or_reason(f, root)[0] for f in top.folders if f.name in parts}
    if not any(listing.folders for listing in inner.values()):
        return None
    if not alone and any(is_picture(found) for name in parts for found in inner[name].files):
        return None
    for part in set(parts.values()):
        same = [name for name, other in parts.items() if other == part]
        if len(same) > 1:
            raise StriateError(
                f"{path} has {len(same)} folders for the {part} part: {', '.join(same)}. Keep one of them."
            )
    return parts


def _gather(folder: Found, label: str, part: Part | None, root: str, gathered: Gathered) -> None:
    gathered.labels.add(label)
    for listing, problem in walk(folder.path, root, f"{folder.name}/"):
        _note(problem, gathered)
        _count(listing, gathered)
        for found in listing.files:
            if is_picture(found):
                gathered.entries.append(Entry(found, label, part))


def _listed(folder: Found, root: str, prefix: str, gathered: Gathered) -> Listing:
    listing, problem = list_or_reason(folder, root, prefix)
    _note(problem, gathered)
    return listing


def _note(problem: str | None, gathered: Gathered) -> None:
    if problem:
        gathered.notes.append(f"a folder could not be listed: {one_line(problem)}")


def _count(listing: Listing, gathered: Gathered) -> None:
    if listing.hidden:
        gathered.ignored["hidden"] += listing.hidden
    for name in listing.linked_folders:
        gathered.ignored["link"] += 1
        gathered.notes.append(f"'{one_line(name)}' is a link to a folder; links to folders are not followed")
    for found in listing.files:
        if not is_picture(found):
            gathered.ignored[PurePath(found.name).suffix.lower() or "no extension"] += 1
