"""Pictures that a person names: files, folders, patterns such as `photos/**/*.jpg`.

Everything is found while it is asked for, folder by folder, so that a folder of millions costs no memory.
Links to folders are not followed, and a link to a file counts only below the folder that was named.
"""

import os
import re
from collections.abc import Callable, Iterator
from fnmatch import translate
from pathlib import Path

from striate.data.datasets.folder import is_picture
from striate.data.files import Found, Listing, list_or_reason, readable, walk
from striate.errors import StriateError

MAGIC = re.compile(r"[*?\[]")
Told = Callable[[str], None]


def _nobody(text: str) -> None:
    """Tell nobody."""


def picture_paths(given: str | os.PathLike[str], tell: Told = _nobody) -> Iterator[Found]:
    """The pictures that one word stands for, named as they were given and as a terminal can show them.

    A file is itself, whatever it is; a folder stands for the pictures in it and below; a word with `*`, `?`,
    `[...]` or `**` (any folders) that is no file stands for the pictures that it matches, and for those in
    folders that it matches without `**`. Folders that cannot be listed come as a `Found` with a problem.

    Args:
        given: a path or a pattern.
        tell: is told of links to folders, which are not followed.

    Raises:
        StriateError: at once, if a folder holds no picture or a pattern matches none.
    """
    word = os.fspath(given)
    path = Path(word)
    if not path.is_dir() and (os.path.lexists(word) or not MAGIC.search(word)):
        return iter([Found(readable(word), word)])
    if not path.is_dir():
        none = f"{readable(word)} matches no picture; quote the pattern, and look at its folder with ls."
        return _at_least_one(_matching(word, tell), none)
    none = f"{readable(word)} holds no pictures; name picture files, or a folder that has some."
    return _at_least_one(_below(word, readable(word), tell), none)


def starting_folder(given: str | os.PathLike[str]) -> Path | None:
    """The folder in which `picture_paths` looks, None for a single file."""
    path = Path(given)
    if path.is_dir():
        return path
    if os.path.lexists(given) or not MAGIC.search(os.fspath(given)):
        return None
    return Path(_pattern(os.fspath(given))[0] or ".")


def _at_least_one(found: Iterator[Found], message: str) -> Iterator[Found]:
    first = next(found, None)
    if first is None:
        raise StriateError(message)
    return _chained(first, found)


def _chained(first: Found, rest: Iterator[Found]) -> Iterator[Found]:
    yield first
    yield from rest


def _below(path: str, shown: str, tell: Told) -> Iterator[Found]:
    """The pictures in a folder and the folders in it."""
    root, prefix = os.path.realpath(path), _join(shown, "x")[:-1]
    for listing, reason in walk(root, root):
        if reason is not None:
            yield _unlistable(shown, reason)
        for linked in listing.linked_folders:
            tell(f"{shown}/{linked} is a link to a folder and is not followed")
        for file in listing.files:
            if is_picture(file):
                yield Found(prefix + file.name, file.path, file.problem)


def _unlistable(shown: str, reason: str) -> Found:
    name, _, problem = reason.rpartition(": ")
    return Found(_join(shown, name) if name else shown, "", f"the folder cannot be listed: {problem}")


def _join(shown: str, name: str) -> str:
    return str(Path(shown, name))


def _pattern(word: str) -> tuple[str, list[str]]:
    """The part before the first wildcard, and the pieces from there on."""
    pieces = word.split("/")
    first = next(index for index, piece in enumerate(pieces) if MAGIC.search(piece))
    base = "/".join(pieces[:first])
    return ("/" if first and not base else base), [
        piece for piece in pieces[first:] if piece not in ("", ".")
    ]


def _matching(word: str, tell: Told) -> Iterator[Found]:
    base, pieces = _pattern(word)
    folder = os.path.realpath(base or ".")
    if os.path.isdir(folder):  # noqa: PTH112 - a stranger's name stays as it is
        yield from _match(Found(readable(base), folder), pieces, folder, tell)


def _match(
    folder: Found, pieces: list[str], root: str, tell: Told, *, files_only: bool = False
) -> Iterator[Found]:
    """The pictures below `folder` that match the pieces of a pattern, one piece a level."""
    piece, rest = pieces[0], pieces[1:]
    listing, reason = list_or_reason(folder, root)
    if reason is not None:
        yield _unlistable(folder.name or ".", reason.rpartition(": ")[2])
    here = _named(listing, folder.name)
    if piece == "**":
        yield from _match(folder, rest or ["*"], root, tell, files_only=True)
        for inner in here.folders:
            yield from _match(inner, pieces, root, tell)
        return
    matches = re.compile(translate(piece)).match
    for inner in here.folders:
        if not matches(Path(inner.path).name):
            continue
        if rest:
            yield from _match(inner, rest, root, tell)
        elif not files_only:  # below ** every folder is looked at anyway
            yield from _below(inner.path, inner.name, tell)
    if not rest:
        yield from (file for file in here.files if matches(Path(file.path).name) and is_picture(file))


def _named(listing: Listing, shown: str) -> Listing:
    """The listing with names as a person wrote the folder."""

    def named(found: Found) -> Found:
        return Found(_join(shown, found.name), found.path, found.problem)

    return Listing(list(map(named, listing.files)), list(map(named, listing.folders)))
