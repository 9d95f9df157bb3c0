"""A CSV with the columns image and caption, one caption a line; a picture may have several lines.

    image,caption,split
    a.jpg,A dog runs over grass.,train

Paths are relative to the file. `compose --captions` writes such a table.
"""

import csv
from collections.abc import Sequence
from pathlib import Path

from striate.data.dataset import Part
from striate.data.datasets.captions.sentences import captioned, sentence
from striate.data.datasets.labelled import LARGEST_SET, part_named, too_many
from striate.data.datasets.listed_files import ListedFiles
from striate.data.datasets.tables.csv_table import IMAGE_COLUMNS, SPLIT_COLUMNS
from striate.data.datasets.tables.lines import cell, read_lines
from striate.data.paths.files import readable
from striate.data.wording import counted, one_line
from striate.errors import StriateError

CAPTION_COLUMNS = ("caption", "captions", "sentence", "text", "comment")


def open_caption_table(path: Path, *, follow_links: bool = False) -> ListedFiles:
    """The pictures that a CSV names, with their captions.

    Raises:
        StriateError: it cannot be read, or a line is wrong, which is named by its number.
    """
    captions: dict[str, list[str]] = {}
    parts: dict[str, Part | None] = {}

    def parse(table: "csv._reader") -> int:
        image, caption, split = _columns(next(table, []))
        empty = 0
        for count, values in enumerate(table):
            if count > LARGEST_SET:
                raise too_many(path)
            if not any(value.strip() for value in values):
                continue
            if not (name := readable(cell(values, image))):
                raise ValueError("there is no image")
            part, said = part_named(cell(values, split)), sentence(cell(values, caption))
            if parts.setdefault(name, part) != part:
                raise ValueError(f"'{name}' is in the {parts[name] or 'train'} part too")
            captions.setdefault(name, [])
            empty += not said
            if said and said not in captions[name]:
                captions[name].append(said)
        return empty

    empty = read_lines(path, parse)
    if not captions:
        raise StriateError(f"{path} names no picture. Each line holds an image and a caption.")
    notes = [f"{counted(empty, 'line')} without a caption"] if empty else []
    kind = f"CSV of captions ({one_line(path.name)})"
    items = captioned(captions, parts)
    return ListedFiles(path, kind, items, path.parent, notes=notes, follow_links=follow_links)


def _columns(names: Sequence[str]) -> tuple[int, int, int | None]:
    """Where image, caption and split stand."""
    lowered = [name.strip().lower() for name in names]

    def column(known: Sequence[str]) -> int | None:
        return next((lowered.index(name) for name in known if name in lowered), None)

    image, caption = column(IMAGE_COLUMNS), column(CAPTION_COLUMNS)
    if image is None or caption is None:
        found = ", ".join(one_line(readable(name))[:40] for name in names[:6]) or "nothing"
        raise ValueError(f"expected the columns image and caption (and split), found {found}")
    return image, caption, column(SPLIT_COLUMNS)
