"""What stands at the path of a data set, looked at once, for those who recognise it."""

from dataclasses import dataclass
from pathlib import Path

from striate.data.paths.files import Found, Listing


@dataclass(frozen=True, slots=True)
class Place:
    """A path that exists, and what is wanted of it.

    Attributes:
        path: of a file or a folder.
        truths: the fields of `Truth` that are wanted.
        top: what a folder holds; None of a file.
        follow_links: links to folders, and to files outside, are followed.
    """

    path: Path
    truths: tuple[str, ...]
    top: Listing | None
    follow_links: bool

    @property
    def suffix(self) -> str:
        """Of a file, in small letters; empty of a folder."""
        return self.path.suffix.lower() if self.top is None else ""

    @property
    def files(self) -> list[Found]:
        """Those of a folder."""
        return [] if self.top is None else self.top.files

    @property
    def file_names(self) -> set[str]:
        """In small letters."""
        return {found.name.lower() for found in self.files}

    @property
    def folder_names(self) -> set[str]:
        """In small letters."""
        return set() if self.top is None else {found.name.lower() for found in self.top.folders}
