"""What all data sets of encoded pictures share: reading one of them, safely."""

import os
from pathlib import Path

from striate.data.dataset import BadPicture, Item
from striate.data.decoding import decode
from striate.data.files import Found, read_file
from striate.shapes import Picture


class PictureFiles:
    """A data set whose items are picture files: `content` is the file, which `decode` understands."""

    path: Path
    layout: str
    classes: tuple[str, ...]
    items: tuple[Item, ...]
    ignored: int
    notes: tuple[str, ...] = ()

    def __init__(self, files: tuple[Found, ...]) -> None:
        self._files = files

    def path_of(self, row: int) -> str:
        """The absolute path of item `row`'s file, which may be missing."""
        return self._files[row].path

    def content(self, row: int) -> bytes:
        """The bytes of item `row`'s file. Raises BadPicture."""
        found = self._files[row]
        if found.problem:
            raise BadPicture(found.problem)
        return read_file(found.path)

    def read(self, row: int) -> tuple[Picture, str | None]:
        """The decoded picture of item `row`, and what is wrong with it. Raises BadPicture."""
        return decode(self.content(row))


def content_below(folder: Path, name: str) -> bytes:
    """The bytes of a picture that a table in `folder` names.

    A relative path must stay in the folder, after its links and `..` are resolved. An absolute one is read as
    it is: who writes it means that place.

    Raises:
        BadPicture: it leads outside, is no path at all, or cannot be read.
    """
    if "://" in name:
        raise BadPicture("it is a web address; pictures are read from this machine only")
    try:
        path = located(folder, name)
        real = os.path.realpath(path)
        root = os.path.realpath(folder)
        if not os.path.isabs(name) and os.path.commonpath([root, real]) != root:  # noqa: PTH117
            raise BadPicture(
                "its path leads outside the folder of the table, which is not followed; "
                "write the absolute path if it is meant"
            )
    except ValueError as error:  # a null character
        raise BadPicture("the name is not possible") from error
    return read_file(real)


def located(folder: Path, name: str) -> str:
    """Where a name in a table points; a backslash counts as a slash where no file has it in its name."""
    path = os.path.join(folder, name)  # noqa: PTH118 - pathlib would drop what is odd in a stranger's name
    if "\\" in name and not os.path.lexists(path):
        path = os.path.join(folder, name.replace("\\", "/"))  # noqa: PTH118
    return path
