"""Class folders as a data set, or a line that says what stands there instead and what is accepted."""

from collections.abc import Callable
from pathlib import Path

from striate.data.dataset import PART_NAMES, Dataset
from striate.data.datasets.folder import FolderDataset, is_picture, open_folder
from striate.data.datasets.named import NAMED_SETS
from striate.data.datasets.place import Place
from striate.data.datasets.tables import csv_table, parquet
from striate.data.paths.files import Found, Listing, list_or_reason, reach_of
from striate.data.wording import counted, listed, one_line
from striate.errors import StriateError

ACCEPTED = (
    "Accepted: a folder with a folder of pictures for each class, split into train, val and test folders or "
    "not; a CSV or Parquet file with the columns image and label; a folder with MNIST's IDX files, CIFAR's "
    f"batches or a Hugging Face data set; or a name: {', '.join(NAMED_SETS)}"
)
_NO_CLASSES = {"images", "labels", "masks", "annotations"}


def open_class_folders(place: Place) -> FolderDataset:
    """The class folders at a place.

    Raises:
        StriateError: there are none; says what is there.
    """
    path, top = place.path, place.top
    if top is None:
        raise StriateError(f"{path} is a file. {ACCEPTED}.")
    _refuse_other_tasks(path, top)
    dataset = open_folder(path, follow_links=place.follow_links)
    if not dataset.items:
        raise StriateError(_nothing(path, top, dataset))
    if {name.lower() for name in dataset.classes} <= _NO_CLASSES:
        raise StriateError(
            f"{path} has the {_folders(len(dataset.classes))} {', '.join(dataset.classes)}: it looks like a "
            f"data set for detection or segmentation, which is not supported for classification yet. "
            f"{ACCEPTED}.{_tables(path, top)}"
        )
    return dataset


def with_classes(dataset: Dataset, least: int) -> Dataset:
    """The data set, if it has as many classes as its task needs.

    Raises:
        StriateError: it has one, and two are needed, or its only class looks like a folder too high.
    """
    if len(dataset.classes) != 1:
        return dataset
    path, name = dataset.path, dataset.classes[0]
    inner = path / name
    if isinstance(dataset, FolderDataset) and inner.is_dir():
        deeper = [found.name for found in list_or_reason(Found("", str(inner)), reach_of(inner))[0].folders]
        if name.lower() in PART_NAMES or len(deeper) > 1:
            raise StriateError(
                f"{path} has only one class folder, '{name}', which itself holds "
                f"{_folders(len(deeper))} ({listed(deeper, most=3)}). Did you mean {inner}?"
            )
    if least <= 1:
        return dataset
    empty = next((f" ({note})" for note in dataset.notes if note.startswith("classes without pict")), "")
    raise StriateError(
        f"{path} has only one class with pictures, '{one_line(name)}'{empty}{_links(dataset)}; a classifier "
        "needs at least two. Add pictures of something else."
    )


def _refuse_other_tasks(path: Path, top: Listing) -> None:
    """Sets with boxes or masks look like class folders and are none."""
    folders = {found.name.lower() for found in top.folders}
    files = {found.name.lower() for found in top.files}
    kinds: tuple[tuple[str, Callable[[], bool]], ...] = (
        ("VOC", lambda: "annotations" in folders and bool(folders & {"jpegimages", "imagesets"})),
        ("COCO", lambda: any(n.endswith(".json") and ("coco" in n or "instances" in n) for n in files)),
        ("COCO", lambda: "annotations" in folders and _has(path, top, "annotations", ".json")),
        (
            "YOLO",
            lambda: bool(files & {"data.yaml", "data.yml", "dataset.yaml"}) and "classes" not in folders,
        ),
        ("YOLO", lambda: {"images", "labels"} <= folders and _has(path, top, "labels", ".txt")),
    )
    for kind, found in kinds:
        if found():
            raise StriateError(
                f"{path} looks like a {kind} data set for detection or segmentation, which is not supported "
                f"for classification yet. {ACCEPTED}."
            )


def _has(path: Path, top: Listing, folder_name: str, suffix: str) -> bool:
    folder = next(f for f in top.folders if f.name.lower() == folder_name)
    reach = reach_of(path)
    inside, _ = list_or_reason(folder, reach)
    deeper = [list_or_reason(inner, reach)[0] for inner in inside.folders]
    return any(f.name.lower().endswith(suffix) for listing in (inside, *deeper) for f in listing.files)


def _nothing(path: Path, top: Listing, dataset: FolderDataset) -> str:
    pictures, tables = sum(is_picture(found) for found in top.files), _tables(path, top)
    unlisted = next((f" {note}." for note in dataset.notes if "could not be listed" in note), "")
    if dataset.flat:
        return (
            f"{path} is split into parts, and {' and '.join(dataset.flat)} "
            f"{'holds' if len(dataset.flat) == 1 else 'hold'} pictures directly and no class folders. Make a "
            f"folder for each class there and move the pictures into it. {ACCEPTED}.{tables}"
        )
    if pictures:
        return (
            f"{path} holds {counted(pictures, 'picture')} directly and no class folders. Make a folder for "
            f"each class in it and move the pictures there. {ACCEPTED}.{tables}"
        )
    if not top.files and not top.folders:
        hidden = f" (but {top.hidden} hidden)" if top.hidden else ""
        return f"{path} is empty{hidden}{_links(dataset)}. {ACCEPTED}."
    kinds = ", ".join(
        f"{count:,} {one_line(suffix)}" for suffix, count in list(dataset.ignored_suffixes.items())[:12]
    )
    folders = f"{len(top.folders):,} {_folders(len(top.folders))} with " if top.folders else ""
    found = f"{folders}{kinds or 'no files'}{_links(dataset)}"
    return f"{path} holds no pictures; found {found}.{unlisted} {ACCEPTED}.{tables}"


def _links(dataset: Dataset) -> str:
    """What stands in brackets about links to folders that were not followed, with the way to follow them."""
    links = dataset.links if isinstance(dataset, FolderDataset) else ()
    if not links:
        return ""
    many = counted(len(links), "link to a folder", "links to folders")
    return f" (but {many}, not followed: {listed(list(links))}; --follow-links follows them)"


def _folders(count: int) -> str:
    return "folder" if count == 1 else "folders"


def _tables(path: Path, top: Listing) -> str:
    """A sentence about a table beside the pictures, which is read only when it is the path given."""
    suffixes = (*csv_table.SUFFIXES, *parquet.SUFFIXES)
    found = next((f for f in top.files if f.name.lower().endswith(suffixes)), None)
    return (
        f" If {one_line(found.name)} lists the pictures, give it: {path / one_line(found.name)}."
        if found
        else ""
    )
