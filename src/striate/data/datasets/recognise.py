"""From a path to a `Dataset`, by what stands there; else an error: what was found and what is accepted."""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from striate.data.dataset import Dataset
from striate.data.datasets.class_folders import ACCEPTED, with_classes
from striate.data.datasets.named import NAMED_SETS, find_named
from striate.data.datasets.place import Place
from striate.data.datasets.readers import READERS, Reader
from striate.data.datasets.tables import csv_table
from striate.data.paths.files import Listing, list_folder, reach_of
from striate.data.whole_truths import TRUTH_WORDS
from striate.data.wording import one_line
from striate.errors import StriateError
from striate.events import Listener, silent
from striate.files.run_mark import is_run


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
        truths: the fields of `Truth` that are wanted; the first of `READERS` that fills them and recognises
            what is there reads it.
        follow_links: links to folders, and to files outside, are followed.

    Raises:
        StriateError: there is nothing that can be read as pictures with these truths.
        WorkFailed: a named data set is not on this machine and could not be fetched.
    """
    path = Path(path)
    if _is_name(path):
        path = find_named(str(path).lower(), on_event)
    _check_exists(path)
    place = _looked_at(path, tuple(truths), follow_links=follow_links)
    for reader in _suiting(truths):
        if found := reader.recognises(place):
            dataset = reader.open(place, found)
            return with_classes(dataset, classes) if "label" in truths else dataset
    raise _refusal(place)


def _suiting(truths: Sequence[str]) -> list[Reader]:
    """The readers whose pictures may have all of these truths."""
    return [reader for reader in READERS if set(truths) <= set(reader.fills)]


def _looked_at(path: Path, truths: tuple[str, ...], *, follow_links: bool) -> Place:
    """What stands at a path.

    Raises:
        StriateError: it cannot be listed, or is no data set whatever it holds.
    """
    if path.is_file():
        return Place(path, truths, None, follow_links)
    if not path.is_dir():
        raise StriateError(f"{path} is neither a folder nor a file. {_accepted(truths)}.")
    try:
        top = list_folder(str(path.resolve()), reach_of(path, follow_links=follow_links))
    except OSError as error:
        raise StriateError(f"{path} cannot be listed: {error.strerror}. Check its permissions.") from error
    _refuse_hub_cache(path, top)
    if is_run(str(path)):
        raise StriateError(
            f"{path} is a run that `striate train` wrote, not a data set. {_accepted(truths)}."
        )
    return Place(path, truths, top, follow_links)


def _accepted(truths: Sequence[str]) -> str:
    """What is read where these truths are wanted."""
    if tuple(truths) == ("label",):
        return ACCEPTED
    return f"Accepted: {'; '.join(reader.accepts for reader in _suiting(truths)) or 'no format yet'}"


def _refusal(place: Place) -> StriateError:
    """What is said where no reader knows what stands there."""
    path, accepted = place.path, _accepted(place.truths)
    if place.top is None:
        return StriateError(f"{path} is a file of another kind. {accepted}.{_advice_for_file(path)}")
    tables = [one for one in place.files if one.name.lower().endswith(csv_table.SUFFIXES)]
    beside = f" If {one_line(tables[0].name)} lists the pictures, give it." if tables else ""
    wanted = " or ".join(TRUTH_WORDS.get(name, name) for name in place.truths)
    return StriateError(f"{path} has no {wanted}.{beside} {accepted}.")


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


def _refuse_hub_cache(path: Path, top: Listing) -> None:
    """A repository in Hugging Face's cache holds each file twice: as a blob, and as a link in a snapshot."""
    if {"blobs", "snapshots"} <= {found.name for found in top.folders}:
        inside = sorted(inner.name for inner in (path / "snapshots").iterdir())
        meant = f"Did you mean {' or '.join(str(path / 'snapshots' / name) for name in inside[:3])}?"
        raise StriateError(
            f"{path} is a repository in Hugging Face's cache; its data set is a snapshot. "
            f"{meant if inside else 'It has none: fetch it again.'}"
        )
