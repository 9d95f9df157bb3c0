"""Where an output may go: the one rule of every command that writes. See docs/decisions/0013-outputs.md.

- A file has a suffix of its kind; a folder stands for a file of the usual name in it.
- What is there is replaced only if Striate wrote it, which the file itself says, or with `overwrite`.
- The data that is read is never replaced, and nothing that holds pictures is written into it: they would be
  found as pictures of the data the next time.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from striate.errors import StriateError, WorkFailed

AnyPath = str | os.PathLike[str]

DEFAULT_RUNS = "runs"  # in the current folder, where a training may read `.`; readers leave runs out
PICTURES = (".png", ".jpg", ".jpeg")
_HEAD = 8_192  # bytes of a file in which it says who wrote it


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file that Striate writes.

    Attributes:
        name: what people call it.
        suffixes: the first is the usual one.
        marks: one of these stands in the first bytes of such a file; a CSV begins with it.
        line_end: how the first line of a CSV ends.
    """

    name: str
    suffixes: tuple[str, ...]
    marks: tuple[bytes, ...]
    line_end: bytes = b""

    def wrote(self, path: Path) -> bool:
        """Whether Striate wrote the file at `path` as one of this kind; an empty one is nobody's."""
        try:
            with path.open("rb") as file:
                head = file.read(_HEAD)
        except OSError:
            return False
        if not head:
            return True
        if path.suffix.lower() == ".csv":
            first = head.partition(b"\n")[0]
            return first.endswith(self.line_end) and any(head.startswith(mark) for mark in self.marks)
        return any(mark in head for mark in self.marks)


PAGE_MARK = b'<meta name="generator" content="Striate'
PICTURE_MARK = "Striate"  # the text `Software` of a PNG, the comment of a JPEG
PAGE = Kind("page", (".html", ".htm"), (PAGE_MARK,))
PICTURE = Kind("picture", (".png",), (PICTURE_MARK.encode(),))
ARRAY = Kind("array", (".npy",), ())  # it cannot say who wrote it; the picture beside it does
SHEET = Kind("sheet", (".png", ".jpg", ".jpeg", ".html"), (PICTURE_MARK.encode(), PAGE_MARK))


def output_file(
    given: AnyPath,
    kind: Kind,
    usual: str,
    option: str,
    *,
    data: Iterable[AnyPath] = (),
    overwrite: bool = False,
) -> Path:
    """The file to write, once it may be written; its folder is made.

    Args:
        given: a file, or a folder for a file called `usual`.
        option: what a person calls this place, for the errors.
        data: the folders and files that are read.
        overwrite: replace what another program wrote, too.

    Raises:
        StriateError: another kind of file is asked for, or what is there is not to be replaced.
        WorkFailed: the folder cannot be made.
    """
    path = Path(given)
    if "\0" in os.fspath(given):
        raise StriateError(f"{os.fspath(given)!r} is not a possible path; name another with {option}.")
    try:
        if path.is_dir() or os.fspath(given).endswith(("/", os.sep)):
            path = path / usual
        if path.exists() and not path.is_file():  # a device: a rename would put the file in its place
            raise StriateError(f"{path} is not a file. Name a file or a folder with {option}.")
        if path.suffix.lower() not in kind.suffixes:
            raise StriateError(
                f"{path}: a {kind.name} is {_suffixes(kind)} file{_kept(path)}. Name one with {option}."
            )
        if path.suffix.lower() in PICTURES:
            refuse_inside(path, data, f"the {kind.name}", option)
        require_replaceable(path, kind, option, data=data, overwrite=overwrite)
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkFailed(
            f"{path} could not be written: {error.strerror}. Choose another {option}."
        ) from error
    return path


def require_replaceable(
    path: Path, kind: Kind, option: str, *, data: Iterable[AnyPath] = (), overwrite: bool | None = False
) -> None:
    """Refuse a file that is there, unless Striate wrote it and does not read it now, or `overwrite` is set.

    Args:
        overwrite: None where the command has no such option.

    Raises:
        StriateError: the file stays as it is.
    """
    if overwrite or not path.exists():
        return
    why = None if kind.wrote(path) else f"is there and is no {kind.name} that Striate wrote"
    for source in data:
        if os.path.isfile(source) and path.samefile(source):  # noqa: PTH113 - any text may be given
            why = "is what is read"
    if why is not None:
        forced = "" if overwrite is None else ", or add --overwrite"
        raise StriateError(
            f"{path} {why}, so it is not overwritten. Name another place with {option}{forced}."
        )


def refuse_inside(out: AnyPath, data: Iterable[AnyPath], what: str, option: str) -> None:
    """Refuse a place for pictures that lies in a folder of data.

    `runs` of the current folder may: it is where runs are kept by default, and readers leave runs out.

    Args:
        out: the file or folder that would hold pictures.
        data: what is read; only its folders matter.
        what: the pictures, in the error.

    Raises:
        StriateError: it lies there.
    """
    place, runs = Path(os.path.realpath(out)), Path(os.path.realpath(DEFAULT_RUNS))
    for source in data:
        if not os.path.isdir(source):  # noqa: PTH112 - any text may be given
            continue
        folder = Path(os.path.realpath(source))
        if not place.is_relative_to(folder):
            continue
        if place.is_relative_to(runs) and not folder.is_relative_to(runs):
            continue
        inside = "is" if place == folder else "is inside"
        raise StriateError(
            f"{out} {inside} the data set {source}, whose pictures are read: {what} would be read too, the "
            f"next time. Choose a place elsewhere with {option}."
        )


def require_new_folder(out: Path, data: Iterable[AnyPath], what: str, option: str) -> None:
    """Refuse a folder that holds something, or is a link, or lies in a folder of data.

    Args:
        out: the folder that would be made; an empty one may be there.
        data: what is read.
        what: the pictures that would be in it, in the error.

    Raises:
        StriateError: it is refused.
    """
    if out.is_symlink() or (out.exists() and (not out.is_dir() or next(out.iterdir(), None) is not None)):
        raise StriateError(f"{out} exists; nothing is overwritten. Name a new folder with {option}.")
    refuse_inside(out, data, what, option)


def followed(path: Path) -> Path:
    """Where a file is written whose place a person named: through a link, not in its place."""
    return path.resolve() if path.is_symlink() else path


def _suffixes(kind: Kind) -> str:
    *others, last = kind.suffixes if len(kind.suffixes) < 3 else (".png", ".jpg", ".html")
    named = f"{', '.join(others)} or {last}" if others else last
    return f"an {named}" if kind is PAGE else f"a {named}"


def _kept(path: Path) -> str:
    return ", and what is there is not overwritten" if path.exists() else ""
