"""The page of `striate check`: what is wrong with a data set, with its pictures side by side, worst first."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from striate.data.audit.audit import OF_SOME, Audit, Entry, Looked, SmallClass, Suspect
from striate.data.audit.odd_labels import OddLabel
from striate.data.dataset import BadPicture, Dataset, class_of
from striate.files.writing import write_text
from striate.reports.check_charts import size_chart, small_uri
from striate.reports.check_words import SECTIONS, Section
from striate.reports.page import render

GROUPS = 60  # of a section that are drawn
IN_GROUP = 6  # pictures of a group that are drawn
DRAWN = 480  # pictures on the whole page: about 3 MB
LISTED = 200  # lines of a table of files
CLASSES = 100  # classes with a bar


def write_check_page(
    dataset: Dataset, looked: Looked, audit: Audit, path: Path, *, doubtable: bool = True
) -> Path:
    """Write the page whole to `path`; see `check_html`."""
    write_text(path, check_html(dataset, looked, audit, doubtable=doubtable))
    return path


def check_html(dataset: Dataset, looked: Looked, audit: Audit, *, doubtable: bool = True) -> str:
    """The page as a text; the pictures that it shows are read again, one by one.

    `doubtable` says that a run can look for wrong labels in such a data set.
    """
    album = _Album(dataset, looked)
    kinds = audit.problems.by_kind()
    sections = [_section(section, kinds[section.kind], album) for section in SECTIONS if kinds[section.kind]]
    values = {
        "data": dataset.path.name or str(dataset.path),
        "path": shlex.quote(str(dataset.path)),
        "audit": audit,
        "problems": audit.problems.count(),
        "summary": [
            (section, len(kinds[section.kind]))
            for section in SECTIONS
            if kinds[section.kind] or section.kind not in OF_SOME
        ],
        "sections": sections,
        "classes": _classes(audit),
        "more_classes": max(0, len(audit.classes) - CLASSES),
        "sizes": Markup(size_chart(_sizes(looked), {album.row(p.file) for p in audit.problems.odd_sizes})),
        "different_sizes": len(set(_sizes(looked).values())),
        "compared": int(looked.scan.comparable.sum()),
        "split": any(item.part is not None for item in dataset.items),
        "doubtable": doubtable,
        "fingerprint": looked.scan.fingerprint,
        "album": album,
    }
    return render("check.html.j2", values)


@dataclass(slots=True)
class _Album:
    """Pictures of the data set by name, as the page shows them, until the page is full."""

    dataset: Dataset
    looked: Looked
    rows: Mapping[str, int]
    drawn: int

    def __init__(self, dataset: Dataset, looked: Looked) -> None:
        self.dataset, self.looked, self.drawn = dataset, looked, 0
        self.rows = {item.name: row for row, item in enumerate(dataset.items)}

    @property
    def full(self) -> bool:
        """Whether no more pictures are drawn."""
        return self.drawn >= DRAWN

    def row(self, name: str) -> int:
        """The row of a picture."""
        return self.rows[name]

    def picture(self, name: str, note: str = "", *, told: bool = False) -> dict[str, Any]:
        """A picture for the template; `told` marks its note as what is wrong."""
        row = self.row(name)
        height, width = self.looked.scan.rows[row].size_hw
        return {
            "uri": self._uri(row),
            "file": name,
            "label": class_of(self.dataset, row),
            "part": self.dataset.items[row].part,
            "size": f"{width} × {height}" if width else "",
            "note": note,
            "told": told,
        }

    def _uri(self, row: int) -> str | None:
        try:
            picture, _ = self.dataset.read(row)
        except BadPicture:
            return None
        self.drawn += 1
        return small_uri(picture)


def _section(section: Section, entries: Sequence[Entry], album: _Album) -> dict[str, Any]:
    groups: list[dict[str, Any]] = []
    pictures: list[dict[str, Any]] = []
    lines: list[tuple[str, str]] = []
    for entry in entries:
        if isinstance(entry, tuple):
            if len(groups) < GROUPS and not album.full:
                groups.append(_group(entry, album))
        elif isinstance(entry, SmallClass):
            lines.append((entry.label, f"{entry.pictures} different"))
        elif isinstance(entry, OddLabel):
            lines.append((", ".join(entry.labels), entry.reason))
        elif isinstance(entry, Suspect):
            if len(pictures) < GROUPS and not album.full:
                pictures.append(_suspect(entry, album))
        else:
            lines.append((entry.file, entry.reason))
            if section.shown and len(pictures) < GROUPS and not album.full:
                pictures.append(album.picture(entry.file, entry.reason, told=True))
    drawn = len(groups) or len(pictures)
    if pictures and section.shown:
        lines = []  # the pictures carry them
    return {
        "section": section,
        "count": len(entries),
        "groups": groups,
        "pictures": pictures,
        "lines": lines[:LISTED],
        "more": len(entries) - (drawn or min(len(lines), LISTED)),
    }


def _group(names: tuple[str, ...], album: _Album) -> dict[str, Any]:
    digests = [album.looked.scan.rows[album.row(name)].digest for name in names]
    pictures = []
    for at, name in enumerate(names[:IN_GROUP]):
        copy = at > 0 and digests[at] in digests[:at]
        pictures.append(album.picture(name, "exact copy" if copy else ""))
    labels = {class_of(album.dataset, album.row(name)) for name in names}
    parts = {album.dataset.items[album.row(name)].part for name in names} - {None}
    return {
        "pictures": pictures,
        "more": len(names) - len(pictures),
        "labels": len(labels) > 1,
        "parts": len(parts) > 1,
    }


def _suspect(entry: Suspect, album: _Album) -> dict[str, Any]:
    picture = album.picture(entry.file)
    return picture | {"predicted": entry.predicted, "probability": entry.probability, "seen": entry.part}


def _sizes(looked: Looked) -> dict[int, tuple[int, int]]:
    return {row: looked.scan.rows[row].size_hw for row in looked.scan.usable}


def _classes(audit: Audit) -> list[dict[str, Any]]:
    most = max(1, *audit.classes.values()) if audit.classes else 1
    return [
        {
            "label": label,
            "count": count,
            "share": round(100 * count / most, 1),
            "parts": [audit.parts[part].get(label, 0) for part in audit.parts],
        }
        for label, count in list(audit.classes.items())[:CLASSES]
    ]
