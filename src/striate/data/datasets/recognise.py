"""From a path to a `Dataset`, by what stands there; else an error: what was found and what is accepted."""

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from pathlib import Path

from striate.data.dataset import PART_NAMES, Dataset
from striate.data.datasets.arrays.cifar import cifar_version, open_cifar
from striate.data.datasets.arrays.idx import is_idx_name, open_idx
from striate.data.datasets.arrays.sheets import SheetDataset
from striate.data.datasets.folder import FolderDataset, is_picture, open_folder
from striate.data.datasets.named import NAMED_SETS, find_named
from striate.data.datasets.objects.recognise import open_objects
from striate.data.datasets.tables import csv_table, hugging_face, parquet
from striate.data.paths.files import Found, Listing, list_folder, list_or_reason, reach_of
from striate.data.wording import counted, listed, one_line
from striate.errors import StriateError
from striate.events import Listener, silent
from striate.files.run_mark import is_run

ACCEPTED = (
    "Accepted: a folder with a folder of pictures for each class, split into train, val and test folders or "
    "not; a CSV or Parquet file with the columns image and label; a folder with MNIST's IDX files, CIFAR's "
    f"batches or a Hugging Face data set; or a name: {', '.join(NAMED_SETS)}"
)
_NO_CLASSES = {"images", "labels", "masks", "annotations"}


def open_dataset(
    path: str | Path,
    on_event: Listener = silent,
    *,
    classes: int = 2,
    truths: Sequence[str] = ("label",),
    follow_links: bool = False,
) -> Dataset:
    """The data set at `path`, recognised by its structure. No picture is opened.

    Args:
        path: a folder, a file, or a name of `NAMED_SETS`; what stands on the disk wins over a name.
        on_event: is told if a named data set must be fetched.
        classes: with pictures, at least. Two can be told apart; one can be measured.
        truths: the fields of `Truth` that are wanted; without `label` those are of objects or points.
        follow_links: links to folders, and to files outside, are followed.

    Raises:
        StriateError: there is nothing that can be read as classes of pictures.
        WorkFailed: a named data set is not on this machine and could not be fetched.
    """
    path = Path(path)
    if _is_name(path):
        path = find_named(str(path).lower(), on_event)
    _check_exists(path)
    if "label" not in truths:
        return open_objects(path, follow_links=follow_links)
    if path.is_file():
        return _with_classes(_open_file(path, follow_links=follow_links), classes)
    if not path.is_dir():
        raise StriateError(f"{path} is neither a folder nor a file. {ACCEPTED}.")
    return _with_classes(_open_folder(path, follow_links=follow_links), classes)


def found_again(given: str, absolute: str | None) -> Path | None:
    """Where the data of a run is now: at the path as it was given, at the absolute one, or behind its name.

    Args:
        given: what `open_dataset` was called with.
        absolute: the same from any folder; a name stays a name.
    """
    if absolute is not None and _is_name(Path(absolute)):
        return Path(absolute)
    places = [Path(given)] if absolute is None else [Path(given), Path(absolute)]
    return next((place for place in places if _is_name(place) or _is_there(place)), None)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long, or with a zero byte; a folder that may not be entered
        return False


def from_anywhere(path: Path) -> str:
    """The absolute path of a data set; a name as it is."""
    return str(path) if _is_name(path) else str(path.resolve())


def _is_name(path: Path) -> bool:
    try:
        return str(path).lower() in NAMED_SETS and not path.exists()
    except OSError:
        return False


def _open_file(path: Path, *, follow_links: bool) -> Dataset:
    suffix = path.suffix.lower()
    if is_idx_name(path.name):
        return open_idx(path)
    if suffix in csv_table.SUFFIXES:
        return csv_table.open_csv(path, follow_links=follow_links)
    if suffix in parquet.SUFFIXES:
        kind = f"Parquet table ({one_line(path.name)})"
        return parquet.open_parquet(path, [parquet.Shard(path)], kind, follow_links=follow_links)
    raise StriateError(f"{path} is a file. {ACCEPTED}.{_advice_for_file(path)}")


def _open_folder(path: Path, *, follow_links: bool) -> Dataset:
    try:
        top = list_folder(str(path.resolve()), reach_of(path, follow_links=follow_links))
    except OSError as error:
        raise StriateError(f"{path} cannot be listed: {error.strerror}. Check its permissions.") from error
    _refuse_hub_cache(path, top)
    if is_run(str(path)):
        raise StriateError(f"{path} is a run that `striate train` wrote, not a data set. {ACCEPTED}.")
    packed = _packed(path, top)
    if packed is not None:
        return packed
    _refuse_other_tasks(path, top)
    dataset = open_folder(path, follow_links=follow_links)
    if not dataset.items:
        raise StriateError(_nothing(path, top, dataset))
    if {name.lower() for name in dataset.classes} <= _NO_CLASSES:
        raise StriateError(
            f"{path} has the {_folders(len(dataset.classes))} {', '.join(dataset.classes)}: it looks like a "
            f"data set for detection or segmentation, which is not supported for classification yet. "
            f"{ACCEPTED}.{_tables(path, top)}"
        )
    return dataset


def _packed(path: Path, top: Listing) -> Dataset | None:
    """The data set in files that hold many pictures each, None if there are none."""
    if any(is_idx_name(found.name) for found in top.files):
        return open_idx(path)
    if any(found.name == "index.json" for found in top.files) and not top.folders:
        return SheetDataset(path)
    if hugging_face.is_saved(top):
        return hugging_face.open_saved(path)
    if shards := hugging_face.hub_shards(path, top):
        return hugging_face.open_hub(path, shards)
    if version := cifar_version(top):
        return open_cifar(path, top, version)
    return None


def _check_exists(path: Path) -> None:
    try:
        if path.exists():
            return
    except OSError as error:  # a name too long, a folder that may not be entered
        raise StriateError(f"{path} cannot be opened: {error.strerror}.") from error
    except ValueError as error:
        raise StriateError(f"{str(path)!r} is not a possible path.") from error
    try:
        beside = {entry.name: str(path.parent / entry.name) for entry in path.parent.iterdir()}
    except OSError:
        beside = {}
    if path.name == str(path):
        beside |= {name: name for name in NAMED_SETS}
    near = get_close_matches(path.name, beside, n=2, cutoff=0.6)
    guess = f" Did you mean {' or '.join(beside[name] for name in near)}?" if near else ""
    raise StriateError(f"{path} does not exist.{guess} {ACCEPTED}.")


def _advice_for_file(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix in (".zip", ".tar", ".gz", ".tgz", ".7z", ".rar"):
        return " Unpack it first, then give the folder."
    if suffix in (".png", ".jpg", ".jpeg"):
        return " Give the folder that holds the class folders."
    return ""


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


def _refuse_hub_cache(path: Path, top: Listing) -> None:
    """A repository in Hugging Face's cache holds each file twice: as a blob, and as a link in a snapshot."""
    if {"blobs", "snapshots"} <= {found.name for found in top.folders}:
        inside = sorted(inner.name for inner in (path / "snapshots").iterdir())
        meant = f"Did you mean {' or '.join(str(path / 'snapshots' / name) for name in inside[:3])}?"
        raise StriateError(
            f"{path} is a repository in Hugging Face's cache; its data set is a snapshot. "
            f"{meant if inside else 'It has none: fetch it again.'}"
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


def _with_classes(dataset: Dataset, least: int) -> Dataset:
    if len(dataset.classes) > 1:
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
    if least == 1:
        return dataset
    empty = next((f" ({note})" for note in dataset.notes if note.startswith("classes without pict")), "")
    raise StriateError(
        f"{path} has only one class with pictures, '{one_line(name)}'{empty}{_links(dataset)}; a classifier "
        "needs at least two. Add pictures of something else."
    )
