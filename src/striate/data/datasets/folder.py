"""Class folders: `<class>/*`, or `{train, val|valid|validation, test}/<class>/*`, split by their author.

Which folders are parts `parts` decides. A file is a picture by its extension or by its first bytes.

Folders inside a class folder belong to that class. A class is a folder with at least one picture in any part:
an empty one is named in a note and is no class; one without training pictures is a class, and a note says so.
"""

import contextlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from striate.data.dataset import Part
from striate.data.datasets.labelled import Row, class_notes, numbered, split_words
from striate.data.datasets.parts import PartFolder, part_folders, parts_of_classes
from striate.data.datasets.picture_files import PictureFiles
from striate.data.decoding.headers import (
    CAMERA_SUFFIXES,
    FOREIGN_SUFFIXES,
    PICTURE_SUFFIXES,
    surely_a_picture,
)
from striate.data.paths.files import (
    Found,
    Listing,
    Reach,
    is_hidden,
    list_folder,
    list_or_reason,
    reach_of,
    walk,
)
from striate.data.wording import listed, one_line
from striate.errors import StriateError
from striate.files.run_mark import is_run


class FolderDataset(PictureFiles):
    """Class folders, split by their author or not.

    Attributes:
        ignored_suffixes: how many files of each extension were left out; "hidden" for those of the system.
        notes: what a person should know about what was found.
        flat: the parts that hold pictures directly, which have no class.
        links: the links to folders that were not followed.
    """

    def __init__(self, path: Path, gathered: "Gathered", layout: str) -> None:
        super().__init__(tuple(entry.file for entry in gathered.entries))
        self.path = path
        self.layout = layout
        rows = [Row(entry.file.name, entry.label, entry.part) for entry in gathered.entries]
        self.classes, self.items = numbered(rows)
        self.ignored = sum(gathered.ignored.values())
        self.ignored_suffixes: Mapping[str, int] = dict(gathered.ignored)
        self.flat, self.links = tuple(gathered.flat), tuple(gathered.links)
        raw = sum(count for suffix, count in gathered.ignored.items() if suffix in CAMERA_SUFFIXES)
        left = [f"raw pictures of cameras: {raw:,}, left out; export them as JPEG or PNG"] if raw else []
        if gathered.runs:
            named = listed(gathered.runs, most=3)
            left.append(f"runs that `striate train` wrote: {len(gathered.runs):,}, left out ({named})")
        declared = class_notes(self.classes, self.items, gathered.labels)
        self.notes = (*gathered.notes, *left, *declared)


@dataclass(frozen=True, slots=True)
class Entry:
    """A picture file, its class and its part."""

    file: Found
    label: str
    part: Part | None


@dataclass(slots=True)
class Gathered:
    """What the walk collects; `reach` is how far links may lead it."""

    reach: Reach
    entries: list[Entry] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)
    ignored: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    flat: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)


def open_folder(path: Path, *, follow_links: bool = False) -> FolderDataset:
    """The class folders in `path`; it may have no class at all, which its caller judges.

    Raises:
        StriateError: the folder cannot be listed, or two folders stand for one part.
    """
    reach = reach_of(path, follow_links=follow_links)
    try:
        top = list_folder(reach.roots[0], reach)
    except OSError as error:
        raise StriateError(f"{path} cannot be listed: {error.strerror}. Check its permissions.") from error
    gathered = Gathered(reach)
    beside = len(_pictures(top, gathered))
    for folder in [folder for folder in top.folders if _holds_only_runs(folder.path)]:
        top.folders.remove(folder)
        gathered.notes.append(
            f"folder '{one_line(folder.name)}' holds runs, not pictures of a class, and was left out"
        )
    if beside:
        gathered.notes.append(f"pictures beside the class folders, without a class: {beside:,}, left out")
    parts = part_folders(path, top.folders, reach, is_picture)
    if parts is not None:
        return FolderDataset(path, gathered, _gather_parts(top, parts, gathered))
    inner = parts_of_classes(top.folders, reach, is_picture)
    if inner is None:
        for folder in top.folders:
            _gather(folder, folder.name, None, gathered)
        return FolderDataset(path, gathered, "class folders, unsplit")
    for folder, several in inner.items():
        gathered.labels.add(folder.name)
        _pictures(_listed(folder, f"{folder.name}/", gathered), gathered)  # there are none: counts the rest
        for one in several:
            _gather(one.folder, folder.name, one.part, gathered)
    found = split_words(entry.part for entry in gathered.entries)
    return FolderDataset(path, gathered, f"class folders, each {found}")


def _gather_parts(top: Listing, parts: Sequence[PartFolder], gathered: Gathered) -> str:
    """Collect what is in the class folders of each part; the layout in words."""
    given = [folder.name for folder in top.folders if any(one.given == folder.name for one in parts)]
    for folder in top.folders:
        if folder.name not in given:
            gathered.notes.append(f"folder '{one_line(folder.name)}' is beside the parts and was left out")
    for one in parts:
        name = one.folder.name
        inside = _listed(one.folder, f"{name}/", gathered)
        loose = len(_pictures(inside, gathered))
        if loose:
            gathered.flat.append(name)
            gathered.notes.append(f"pictures in '{name}' without a class folder: {loose:,}, left out")
        for inner in inside.folders:
            _gather(inner, inner.name.removeprefix(f"{name}/"), one.part, gathered)
    return f"class folders, split into {' + '.join(given)}"


def _holds_only_runs(path: str) -> bool:
    """Whether there are runs below a folder and no picture beside them; the first picture ends the search."""
    found, waiting = False, [path]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if is_hidden(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    if is_run(entry.path):
                        found = True
                    else:
                        waiting.append(entry.path)
                elif is_picture(Found(entry.name, entry.path)):
                    return False
    return found


def is_picture(found: Found) -> bool:
    """Whether a file is meant as a picture: by its extension, else by its first bytes."""
    suffix = PurePath(found.name).suffix.lower()
    if suffix in PICTURE_SUFFIXES or suffix in FOREIGN_SUFFIXES:
        return True
    if found.problem or suffix in CAMERA_SUFFIXES:
        return False
    try:
        with Path(found.path).open("rb") as file:
            return surely_a_picture(file.read(64))
    except OSError:
        return False


def _gather(folder: Found, label: str, part: Part | None, gathered: Gathered) -> None:
    before, runs = len(gathered.entries), len(gathered.runs)
    for listing, problem in walk(folder.path, gathered.reach, f"{folder.name}/"):
        _note(problem, gathered)
        gathered.entries += [Entry(found, label, part) for found in _pictures(listing, gathered)]
    if len(gathered.entries) > before or len(gathered.runs) == runs:  # a folder of runs is no class
        gathered.labels.add(label)


def _listed(folder: Found, prefix: str, gathered: Gathered) -> Listing:
    listing, problem = list_or_reason(folder, gathered.reach, prefix)
    _note(problem, gathered)
    return listing


def _note(problem: str | None, gathered: Gathered) -> None:
    if problem:
        gathered.notes.append(f"a folder could not be listed: {one_line(problem)}")


def _pictures(listing: Listing, gathered: Gathered) -> list[Found]:
    """The pictures in a folder; everything else is counted, and links to folders are named."""
    if listing.hidden:
        gathered.ignored["hidden"] += listing.hidden
    for run in listing.runs:
        gathered.ignored["run"] += 1
        gathered.runs.append(run.name)
    for name in listing.linked_folders:
        gathered.ignored["link"] += 1
        gathered.links.append(name)
        if gathered.reach.follow:
            why = "it was read already, or leads round in a circle"
        else:
            why = "links to folders are not followed"
        gathered.notes.append(f"'{one_line(name)}' is a link to a folder; {why}")
    pictures = []
    for found in listing.files:
        if is_picture(found):
            pictures.append(found)
        else:
            gathered.ignored[PurePath(found.name).suffix.lower() or "no extension"] += 1
    return pictures
