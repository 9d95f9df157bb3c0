"""File and folder names that every system accepts, made from labels and names of strangers."""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from striate.data.paths.files import is_hidden
from striate.data.wording import one_line

LONGEST = 120  # bytes of UTF-8, so that a path stays below Windows' 260 characters in most places

_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u2028\u2029\ud800-\udfff]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?", re.IGNORECASE)


def safe_name(name: str) -> str:
    """A name without separators, control characters and Windows' reserved words; never empty or hidden.

    What is safe already stays as it is.
    """
    safe = _shortened(_UNSAFE.sub("_", name)).rstrip(". ").lstrip(" ")
    if not safe or is_hidden(safe) or _RESERVED.fullmatch(safe):
        safe = f"_{safe}"
    return safe


class SingleNames:
    """Gives names of which no two differ in case only: `a.png`, then `a-2.png` for `A.png`."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    @property
    def has_any(self) -> bool:
        """Whether a name was given already."""
        return bool(self._taken)

    def single(self, name: str) -> str:
        """The safe form of `name`, numbered if it was given before."""
        safe = safe_name(name)
        path = PurePosixPath(safe)
        given = safe
        while given.casefold() in self._taken:
            number = self._next.get(safe.casefold(), 1) + 1
            self._next[safe.casefold()] = number
            given = f"{path.stem}-{number}{path.suffix}"
        self._taken.add(given.casefold())
        return given


def class_folders(labels: Iterable[str], reserved: Iterable[str] = ()) -> dict[str, str]:
    """A folder for every class, no two the same: its name, where every system takes that and no other has it.

    Args:
        reserved: names that no class gets.
    """
    names, folders = SingleNames(), {}
    for name in reserved:
        names.single(name)
    labels = list(labels)
    for label in sorted(labels, key=lambda label: safe_name(label) != label):  # those that keep theirs first
        folders[label] = names.single(label)
    return {label: folders[label] for label in labels}


def renamed_folders(folders: Mapping[str, str]) -> list[str]:
    """A sentence about every class whose folder is called otherwise."""
    return [
        f"class '{one_line(label)}' is in the folder '{folder}': "
        + ("another folder has its name" if safe_name(label) == label else "not every system takes its name")
        for label, folder in folders.items()
        if label != folder
    ]


def _shortened(name: str) -> str:
    """At most `LONGEST` bytes, with the extension kept."""
    if len(name.encode()) <= LONGEST:
        return name
    suffix = PurePosixPath(name).suffix if len(PurePosixPath(name).suffix) <= 10 else ""
    stem = name[: len(name) - len(suffix)] if suffix else name
    kept = stem.encode()[: LONGEST - len(suffix.encode())].decode(errors="ignore")
    return kept + suffix
