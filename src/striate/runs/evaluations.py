"""`evaluations/` in a run: every evaluation of other data, a file each, called after its date and time."""

import os
import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from striate.errors import StriateError, WorkFailed
from striate.files.writing import write_text
from striate.runs import records
from striate.runs.bounded import MIB, parse_json, read_parsed
from striate.runs.finite_json import json_text
from striate.runs.folder import RunFolder

FOLDER = "evaluations"
MOST_FILES = 1000  # that are read, the newest ones
MOST_BYTES = 16 * MIB  # of one
_NAME = re.compile(r"\d{8}T\d{6}Z(-\d{1,4})?\.json", re.ASCII)


def keep_evaluation(folder: RunFolder, value: dict[str, Any], now: datetime) -> Path:
    """Write one evaluation whole as a new file, and return its path.

    Args:
        folder: the run.
        value: what `records.KeptEvaluation` holds, without the date.
        now: with its time zone.

    Raises:
        WorkFailed: the folder cannot be written, or is a link, which may lead anywhere.
    """
    place, moment = folder / FOLDER, now.astimezone(UTC)
    if place.is_symlink():
        raise WorkFailed(f"{place} is a link, so nothing is written through it.")
    try:
        place.mkdir(exist_ok=True)
    except OSError as error:
        raise WorkFailed(f"{place} could not be made: {error.strerror}.") from error
    stem = f"{moment:%Y%m%dT%H%M%SZ}"
    names = [f"{stem}.json", *(f"{stem}-{number}.json" for number in range(2, 10_000))]
    path = next((place / name for name in names if not os.path.lexists(place / name)), None)
    if path is None:
        raise WorkFailed(f"{place} has no free name for this second.")
    write_text(path, json_text({"date": moment.isoformat(timespec="seconds"), **value}, indent=1) + "\n")
    return path


def kept_evaluations(folder: RunFolder) -> tuple[list[records.KeptEvaluation], list[str]]:
    """The newest evaluations of a run, oldest first, and a sentence about each file that is damaged."""
    found, problems = [], []
    for path in _files(folder / FOLDER):
        try:
            read = read_parsed(path, parse_json, MOST_BYTES)
            found.append(records.checked(records.KeptEvaluation, read, path))
        except (StriateError, OSError) as error:
            problems.append(str(error).replace("train the run again", "it is left out"))
    return found, problems


def _files(place: Path) -> list[Path]:
    """Files with such a name, in the order of their dates; nothing of a link, or of what is no folder."""
    names: list[str] = []
    if place.is_symlink():
        return []
    with suppress(OSError), os.scandir(place) as entries:
        names = sorted((entry.name for entry in entries if _NAME.fullmatch(entry.name)), key=_order)
    return [place / name for name in names[-MOST_FILES:]]


def _order(name: str) -> tuple[str, int]:
    """Date and time, then the number: -10 comes after -9."""
    stem, _, number = name.removesuffix(".json").partition("-")
    return stem, int(number or 1)
