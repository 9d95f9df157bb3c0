"""Folders and files of strangers: nothing outside is read, nothing hangs, nothing is followed in circles."""

import errno
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from striate.data.dataset import BadPicture
from striate.files.run_mark import is_run

MAX_BYTES = 100_000_000

_SYSTEM_NAMES = frozenset(
    {"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "$recycle.bin", "@eadir", "icon\r", "lost+found"}
)


def readable(name: str) -> str:
    """A file name as text that any file or terminal can hold: bytes that are no UTF-8 appear as `\\xe9`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def natural(name: str) -> tuple[tuple[str | int, ...], str]:
    """A sorting key for people: s2 before s10."""
    pieces = re.split(r"([0-9]+)", name.casefold())
    return tuple(int(piece) if odd % 2 else piece for odd, piece in enumerate(pieces)), name


def is_hidden(name: str) -> bool:
    """Whether a system made this entry, not its owner."""
    return name.startswith(".") or name.lower() in _SYSTEM_NAMES


def read_file(path: str | Path, max_bytes: int = MAX_BYTES) -> bytes:
    """The content of a regular file.

    Raises:
        BadPicture: it is missing, no regular file, too large, or may not be read.
    """
    try:
        # Without O_NONBLOCK, opening a named pipe waits for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except ValueError as error:  # a null character in the name
        raise BadPicture("the name is not possible") from error
    except OSError as error:
        raise BadPicture(_plain(error)) from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise BadPicture(f"{_kind(status.st_mode)}, not a file")
        if status.st_size > max_bytes:
            raise BadPicture(f"the file has {status.st_size:,} bytes; at most {max_bytes:,} are read")
        # Not `max_bytes`: room for as much as is asked for is made before anything is read.
        content = os.read(handle, status.st_size)
        while len(content) < status.st_size and (more := os.read(handle, status.st_size - len(content))):
            content += more  # the file lies on a network
        return content
    except OSError as error:
        raise BadPicture(_plain(error)) from error
    finally:
        os.close(handle)


@dataclass(frozen=True, slots=True)
class Found:
    """A file of a folder.

    Attributes:
        name: its path relative to the folder that was walked, with forward slashes, readable.
        path: where it is, for the operating system.
        problem: why it must not be opened, None if it may.
    """

    name: str
    path: str
    problem: str | None = None


@dataclass(slots=True)
class Listing:
    """What stands in one folder: sorted as people sort, hidden entries only counted, runs apart."""

    files: list[Found] = field(default_factory=list)
    folders: list[Found] = field(default_factory=list)
    hidden: int = 0
    linked_folders: list[str] = field(default_factory=list)
    runs: list[Found] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far links may lead.

    Attributes:
        roots: folders, absolute and without links themselves; a link to a file below one of them counts as
            the file.
        follow: links are followed wherever they lead, those to folders too.
    """

    roots: tuple[str, ...]
    follow: bool = False

    def allows(self, target: str) -> bool:
        """Whether a file may be read that a link leads to; `target` has no links."""
        return self.follow or any(os.path.commonpath([root, target]) == root for root in self.roots)


def reach_of(path: str | Path, *, follow_links: bool = False) -> Reach:
    """The reach of a data set in a folder: itself, and the blobs that a hub's snapshot links to."""
    root = os.path.realpath(path)
    return Reach((root, *_hub_blobs(Path(root))), follow_links)


def _hub_blobs(root: Path) -> list[str]:
    """`<repository>/blobs` for `<repository>/snapshots/...`, the layout of Hugging Face's cache."""
    repository = next((place.parent for place in (root, *root.parents) if place.name == "snapshots"), None)
    if repository is None or not repository.name.startswith(("datasets--", "models--")):
        return []
    blobs = repository / "blobs"
    return [str(blobs)] if blobs.is_dir() and not blobs.is_symlink() else []


def list_folder(path: str, reach: Reach, prefix: str = "") -> Listing:
    """The entries of one folder; links count where `reach` lets them.

    A link to a folder that holds the link leads round in a circle and is never followed.

    Raises:
        OSError: the folder cannot be listed.
    """
    listing = Listing()
    with os.scandir(path) as entries:
        for entry in sorted(entries, key=lambda e: natural(e.name)):
            found = Found(prefix + readable(entry.name), entry.path)
            if is_hidden(entry.name):
                listing.hidden += 1
            elif entry.is_symlink():
                _follow(found, reach, listing)
            elif entry.is_dir(follow_symlinks=False):
                (listing.runs if is_run(entry.path) else listing.folders).append(found)
            elif entry.is_file(follow_symlinks=False):
                listing.files.append(found)
            else:
                kind = _kind(entry.stat(follow_symlinks=False).st_mode)
                listing.files.append(Found(found.name, found.path, f"{kind}, not a file"))
    return listing


def list_or_reason(folder: Found, reach: Reach, prefix: str = "") -> tuple[Listing, str | None]:
    """`list_folder`, or an empty listing and the reason why the folder cannot be listed, with its name."""
    try:
        return list_folder(folder.path, reach, prefix), None
    except OSError as error:
        return Listing(), f"{folder.name.rstrip('/')[-200:]}: {_plain(error)}"


def walk(path: str, reach: Reach, prefix: str = "") -> Iterator[tuple[Listing, str | None]]:
    """`list_folder` for a folder and all folders in it, top down; or the reason why one cannot be listed.

    Where links are followed no folder comes twice; the second way to it is listed as a link.
    """
    waiting = [Found(prefix, path)]
    seen: set[str] = set()
    while waiting:
        here = waiting.pop()
        if reach.follow:
            place = os.path.realpath(here.path)
            if place in seen:
                yield Listing(linked_folders=[here.name.rstrip("/")]), None
                continue
            seen.add(place)
        listing, reason = list_or_reason(here, reach, here.name)
        waiting += [Found(f"{folder.name}/", folder.path) for folder in reversed(listing.folders)]
        yield listing, reason


def _follow(found: Found, reach: Reach, listing: Listing) -> None:
    try:
        mode = os.stat(found.path).st_mode  # noqa: PTH116 - entries are plain strings, for speed
    except OSError as error:
        looped = error.errno == errno.ELOOP
        reason = "a symbolic link that leads round in a circle" if looped else "a symbolic link to nothing"
        listing.files.append(Found(found.name, found.path, reason))
        return
    if stat.S_ISDIR(mode):
        if reach.follow and not _round(found.path):
            (listing.runs if is_run(found.path) else listing.folders).append(found)
        else:
            listing.linked_folders.append(found.name)
        return
    outside = not reach.allows(os.path.realpath(found.path))
    reason_or_none = "a symbolic link that leads outside the data set" if outside else None
    if not stat.S_ISREG(mode):
        reason_or_none = f"a symbolic link to {_kind(mode)}, not to a file"
    listing.files.append(Found(found.name, found.path, reason_or_none))


def _round(link: str) -> bool:
    """Whether a link leads to a folder that it lies in."""
    target, place = os.path.realpath(link), os.path.realpath(os.path.dirname(link))  # noqa: PTH120
    return os.path.commonpath([target, place]) == target


def _kind(mode: int) -> str:
    kinds = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a named pipe"), (stat.S_ISSOCK, "a socket"))
    return next((name for test, name in kinds if test(mode)), "a device")


def _plain(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, PermissionError):
        return "permission to read it is missing"
    if error.errno == errno.ELOOP:
        return "a symbolic link that leads round in a circle"
    return (error.strerror or str(error)).lower()
