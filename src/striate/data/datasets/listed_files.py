"""Pictures that lie below one folder and are named by their path in it, with whatever is known of them."""

import os
from collections.abc import Sequence
from pathlib import Path

from striate.data.dataset import BadPicture, Item
from striate.data.datasets.labelled import split_words
from striate.data.datasets.picture_files import PictureFiles, content_below, located
from striate.data.paths.files import reach_of


class ListedFiles(PictureFiles):
    """A data set of picture files whose items are named by their path below `folder`.

    A path that leaves the folder, or is absolute, is a bad picture; so is a missing file.
    """

    def __init__(
        self,
        path: Path,
        kind: str,
        items: Sequence[Item],
        folder: Path,
        *,
        classes: Sequence[str] = (),
        notes: Sequence[str] = (),
        ignored: int = 0,
        follow_links: bool = False,
    ) -> None:
        super().__init__(())
        self.path, self.ignored, self.notes = path, ignored, tuple(notes)
        self.items, self.classes = tuple(items), tuple(classes)
        self.layout = f"{kind}, {split_words(item.part for item in self.items)}"
        self._folder, self._reach = folder, reach_of(folder, follow_links=follow_links)

    def path_of(self, row: int) -> str:
        """The path of item `row`'s file, which may be missing."""
        return os.path.abspath(located(self._folder, self.items[row].name))  # noqa: PTH100

    def content(self, row: int) -> bytes:
        """The bytes of item `row`'s file. Raises BadPicture."""
        image = self.items[row].name
        if os.path.isabs(image):  # noqa: PTH117 - there may be millions
            raise BadPicture("its path is absolute; name it relative to the folder of the data set")
        return content_below(self._folder, image, self.limits.bytes, self._reach)

    def _problem(self, row: int) -> None:
        """Nothing is known of a file before it is read."""
