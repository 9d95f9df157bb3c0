"""What all data sets of picture files share: reading one of them, safely."""

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

    def content(self, row: int) -> bytes:
        """The bytes of item `row`'s file. Raises BadPicture."""
        found = self._files[row]
        if found.problem:
            raise BadPicture(found.problem)
        return read_file(found.path)

    def read(self, row: int) -> tuple[Picture, str | None]:
        """The decoded picture of item `row`, and what is wrong with it. Raises BadPicture."""
        return decode(self.content(row))
