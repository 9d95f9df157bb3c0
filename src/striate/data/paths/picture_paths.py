"""Pictures that a person names: files, folders, patterns such as `photos/**/*.jpg`.

Everything is found while it is asked for, folder by folder, so that a folder of millions costs no memory.
Links to folders are not followed, and a link to a file counts only below the folder that was named.
"""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from fnmatch import translate
from pathlib import Path

from striate.data.datasets.folder import is_picture
from striate.data.paths.files import Found, Listing, Reach, list_or_reason, reach_of, readable, walk
from striate.errors import StriateError

MAGIC = re.compile(r"[*?\[]")
Told = Callable[[str], None]


def _nobody(text: str) -> None:
    """Tell nobody."""


def picture_paths(
    given: str | os.PathLike[str], tell: Told = _nobody, *, follow_links: bool = False
) -> Iterator[Found]:
    """The pictures that one word stands for, named as they were given and as a terminal can show them.

    A file is itself, whatever it is; a folder stands for the pictures in it and below; a word with `*`, `?`,
    `[...]` or `**` (any folders) that is no file stands for the pictures that it matches, and for those in
    folders that it matches without `**`. Folders that cannot be listed come as a `Found` with a problem.

    Args:
        given: a path or a pattern.
        tell: is told of links to folders that are not followed.
        follow_links: links are followed wherever they lead.

    Raises:
        StriateError: at once, if a folder holds no picture or a pattern matches none.
    """
    word = os.fspath(given)
    folder = os.path.isdir(word)  # noqa: PTH112 - False for a word that no file can have, too
    if not folder and (os.path.lexists(word) or not MAGIC.search(word)):
        return iter([Found(readable(word), word)])
    if not folder:
        none = f"{readable(word)} matches no picture; quote the pattern, and look at its folder with ls."
        return _at_least_one(_matching(word, tell, follow_links=follow_links), none)
    none = f"{readable(word)} holds no pictures; name picture files, or a folder that has some."
    reach = reach_of(word, follow_links=follow_links)
    return _at_least_one(_below(word, readable(word), tell, reach), none)


def paths_or_problem(
    given: str | os.PathLike[str], tell: Told = _nobody, *, alone: bool, follow_links: bool = False
) -> Iterator[Found]:
    """`picture_paths` for one of several words: without pictures it is a `Found` with a problem.

    Args:
        alone: the word is the only one, so that there is nothing to go on with.

    Raises:
        StriateError: the only word stands for no picture.
    """
    try:
        yield from picture_paths(given, tell, follow_links=follow_links)
    except StriateError as error:
        if alone:
            raise
        shown = readable(os.fspath(given))
        yield Found(shown, "", str(error).removeprefix(f"{shown} "))


def starting_folder(given: str | os.PathLike[str]) -> Path | None:
    """The folder in which `picture_paths` looks, None for a single file."""
    if os.path.isdir(given):  # noqa: PTH112 - False for a word that no file can have, too
        return Path(given)
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


def _below(path: str, shown: str, tell: Told, reach: Reach) -> Iterator[Found]:
    """The pictures in a folder and the folders in it."""
    root, prefix = os.path.realpath(path), _join(shown, "x")[:-1]
    for listing, reason in walk(root, reach):
        if reason is not None:
            yield _unlistable(shown, reason)
        for linked in listing.linked_folders:
            why = "was read already" if reach.follow else "is not followed"
            tell(f"{shown}/{linked} is a link to a folder and {why}")
        for run in listing.runs:
            tell(f"{shown}/{run.name} is a run that `striate train` wrote and is left out")
        for file in listing.files:
            if is_picture(file):
                yield Found(prefix + file.name, file.path, file.problem)


def _unlistable(shown: str, reason: str) -> Found:
    name, _, problem = reason.rpartition(": ")
    return Found(_join(shown, name) if name else shown, "", f"the folder cannot be listed: {problem}")


def _join(shown: str, name: str) -> str:
    return str(Path(shown, name))


def _pattern(word: str) -> tuple[str, list[str]]:
    """The part before the first wildcard, and the pieces from there on; a folder `a[1]` is no wildcard."""
    pieces = word.split("/")
    wild = [index for index, piece in enumerate(pieces) if MAGIC.search(piece)]
    # A word that is there as a whole is none for patterns, so one of its pieces is a wildcard.
    first = next(at for at in wild if not os.path.isdir("/".join(pieces[: at + 1])) or at == wild[-1])  # noqa: PTH112
    base = "/".join(pieces[:first])
    return ("/" if first and not base else base), [
        piece for piece in pieces[first:] if piece not in ("", ".")
    ]


def _matching(word: str, tell: Told, *, follow_links: bool) -> Iterator[Found]:
    base, pieces = _pattern(word)
    folder = os.path.realpath(base or ".")
    if os.path.isdir(folder):  # noqa: PTH112 - a stranger's name stays as it is
        reach = reach_of(folder, follow_links=follow_links)
        yield from _match(Found(readable(base), folder), pieces, reach, tell)


def _match(
    folder: Found, pieces: list[str], reach: Reach, tell: Told, *, files_only: bool = False
) -> Iterator[Found]:
    """The pictures below `folder` that match the pieces of a pattern, one piece a level."""
    piece, rest = pieces[0], pieces[1:]
    listing, reason = list_or_reason(folder, reach)
    if reason is not None:
        yield _unlistable(folder.name or ".", reason.rpartition(": ")[2])
    here = _named(listing, folder.name)
    if piece == "**":
        reach = replace(reach, follow=False)  # else links in a circle would be followed round
        yield from _match(folder, rest or ["*"], reach, tell, files_only=True)
        for inner in here.folders:
            yield from _match(inner, pieces, reach, tell)
        return
    matches = re.compile(translate(piece)).match
    for inner in [*here.folders, *(here.runs if rest else ())]:  # a run only where its pieces are named
        if not matches(Path(inner.path).name):
            continue
        if rest:
            yield from _match(inner, rest, reach, tell)
        elif not files_only:  # below ** every folder is looked at anyway
            yield from _below(inner.path, inner.name, tell, reach_of(inner.path, follow_links=reach.follow))
    if not rest:
        yield from (file for file in here.files if matches(Path(file.path).name) and is_picture(file))


def _named(listing: Listing, shown: str) -> Listing:
    """The listing with names as a person wrote the folder."""

    def named(found: Found) -> Found:
        return Found(_join(shown, found.name), found.path, found.problem)

    files, folders, runs = (
        list(map(named, found)) for found in (listing.files, listing.folders, listing.runs)
    )
    return Listing(files, folders, runs=runs)
