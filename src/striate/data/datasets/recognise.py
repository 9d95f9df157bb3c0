"""From a path to a `Dataset`, by what stands there; else an error: what was found and what is accepted."""

from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path

from striate.data.dataset import PART_NAMES, Dataset
from striate.data.datasets.folder import FolderDataset, is_picture, open_folder
from striate.data.datasets.idx import IdxDataset, is_idx_name, open_idx
from striate.data.datasets.sheets import SheetDataset
from striate.data.files import Listing, list_folder
from striate.errors import StriateError

ACCEPTED = (
    "Accepted: a folder with a folder of pictures for each class, split into train, val and test folders or "
    "not, or a folder with MNIST's IDX files"
)
_NO_CLASSES = {"images", "labels", "masks", "annotations"}


def open_dataset(path: str | Path) -> Dataset:
    """The data set at `path`, recognised by its structure. No picture is opened.

    Raises:
        StriateError: there is nothing that can be read as classes of pictures.
    """
    path = Path(path)
    _check_exists(path)
    if path.is_file():
        if is_idx_name(path.name):
            return _with_two_classes(open_idx(path))
        raise StriateError(f"{path} is a file. {ACCEPTED}.{_advice_for_file(path)}")
    if not path.is_dir():
        raise StriateError(f"{path} is neither a folder nor a file. {ACCEPTED}.")
    root = str(path.resolve())
    try:
        top = list_folder(root, root)
    except OSError as error:
        raise StriateError(f"{path} cannot be listed: {error.strerror}. Check its permissions.") from error
    if any(is_idx_name(found.name) for found in top.files):
        return _with_two_classes(open_idx(path))
    if any(found.name == "index.json" for found in top.files) and not top.folders:
        return SheetDataset(path)
    _refuse_other_tasks(path, top)
    dataset = open_folder(path)
    if not dataset.items:
        raise StriateError(_nothing(path, top, dataset))
    if {name.lower() for name in dataset.classes} <= _NO_CLASSES:
        raise StriateError(
            f"{path} has the folders {', '.join(dataset.classes)}: it looks like a data set for detection or "
            f"segmentation, which is not supported for classification yet. {ACCEPTED}."
        )
    return _with_two_classes(dataset)


def _check_exists(path: Path) -> None:
    try:
        if path.exists():
            return
    except OSError as error:  # a name too long, a folder that may not be entered
        raise StriateError(f"{path} cannot be opened: {error.strerror}.") from error
    except ValueError as error:
        raise StriateError(f"{str(path)!r} is not a possible path.") from error
    try:
        beside = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        beside = []
    near = get_close_matches(path.name, beside, n=2, cutoff=0.6)
    guess = f" Did you mean {' or '.join(str(path.parent / name) for name in near)}?" if near else ""
    raise StriateError(f"{path} does not exist.{guess} {ACCEPTED}.")


def _advice_for_file(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix in (".csv", ".parquet"):
        return " Tables of pictures are not read yet: put the pictures of each class into a folder."
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


def _has(path: Path, top: Listing, folder_name: str, suffix: str) -> bool:
    folder = next(f for f in top.folders if f.name.lower() == folder_name)
    root = str(path.resolve())
    inside = list_folder(folder.path, root)
    deeper = [list_folder(inner.path, root) for inner in inside.folders]
    return any(f.name.lower().endswith(suffix) for listing in (inside, *deeper) for f in listing.files)


def _nothing(path: Path, top: Listing, dataset: FolderDataset) -> str:
    pictures = sum(is_picture(found) for found in top.files)
    if pictures:
        return (
            f"{path} holds {pictures} pictures directly and no class folders. Make a folder for each class "
            f"in it and move the pictures there. {ACCEPTED}."
        )
    if not top.files and not top.folders:
        hidden = f" (but {top.hidden} hidden)" if top.hidden else ""
        linked = f" (but {len(top.linked_folders)} links to folders, which are not followed)"
        return f"{path} is empty{hidden}{linked if top.linked_folders else ''}. {ACCEPTED}."
    kinds = ", ".join(f"{count} {suffix}" for suffix, count in dataset.ignored_suffixes.items()) or "no files"
    folders = f"{len(top.folders)} folders with " if top.folders else ""
    return f"{path} holds no pictures; found {folders}{kinds}. {ACCEPTED}."


def _with_two_classes(dataset: FolderDataset | IdxDataset) -> Dataset:
    if len(dataset.classes) > 1:
        return dataset
    path, name = dataset.path, dataset.classes[0]
    inner = path / name
    if isinstance(dataset, FolderDataset) and inner.is_dir():
        root = str(inner.resolve())
        deeper = [found.name for found in list_folder(root, root).folders]
        if name.lower() in PART_NAMES or len(deeper) > 1:
            shown = ", ".join(deeper[:3]) + (", ..." if len(deeper) > 3 else "")
            raise StriateError(
                f"{path} has only one class folder, '{name}', which itself holds folders ({shown}). "
                f"Did you mean {inner}?"
            )
    raise StriateError(
        f"{path} has only one class, '{name}'; a classifier needs at least two. Add a folder with pictures "
        "of something else."
    )
