"""All 79 awkward files in one class folder: `check`, `train` and `predict` do with each what its row says.

The oracle is `manifest.csv`: "ok" is used without a word, "repairable" is used and named, "rejected" is never
used, and named unless it is a hidden or system file, or a folder. The command line runs in processes of its
own with a time limit: a hang is a failure.
"""

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from striate.data.paths.files import readable

LIMIT = 240  # seconds on a busy machine; each takes 5 s on a quiet one
# The row leaves the choice: "must be scaled or refused with a clear message".
REFUSED_THOUGH_OK = {"float32.tif"}
SILENT = {".hidden.jpg", "._resource_fork.jpg", "Thumbs.db", ".DS_Store", "desktop.ini"}
FOLDERS = {"empty_folder/.keep", "folder_loop/up", "folder.jpg"}

pytestmark = pytest.mark.skipif(os.name == "nt", reason="such names and links are impossible there")


@dataclass(frozen=True, slots=True)
class Rows:
    """The manifest's names, as Striate writes them, by what is expected."""

    ok: frozenset[str]
    damaged: frozenset[str]
    unreadable: frozenset[str]
    folder: Path


@pytest.fixture(scope="module")
def hostile(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rows]:
    """A data set of two classes: the awkward files with good ones, and good ones alone."""
    place = tmp_path_factory.mktemp("hostile")
    data = place / "data"
    subprocess.run(
        [sys.executable, str(shared / "tools" / "make_broken.py"), str(data / "awkward")],
        check=True,
        capture_output=True,
    )
    (data / "plain").mkdir()
    textures = sorted((shared / "data" / "textures" / "wood").glob("*.jpg"))
    for number, picture in enumerate(textures[:20:2]):
        shutil.copy(picture, data / ("plain" if number < 8 else "awkward") / f"good {number}.jpg")
    with (data / "awkward" / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    (data / "awkward" / "manifest.csv").unlink()
    assert len(rows) == 79
    by: dict[str, set[str]] = {"ok": set(), "repairable": set(), "rejected": set()}
    for row in rows:
        by["rejected" if row["file"] in REFUSED_THOUGH_OK else row["expected"]].add(row["file"])
    can_open = os.access(data / "awkward" / "unreadable.jpg", os.R_OK)
    by["rejected"] -= SILENT | FOLDERS
    if can_open:  # "readable all the same if you are root"
        by["rejected"].remove("unreadable.jpg")
        by["ok"].add("unreadable.jpg")
    yield Rows(frozenset(by["ok"]), frozenset(by["repairable"]), frozenset(by["rejected"]), data)
    for folder in (data, *(path for path in data.rglob("*") if path.is_dir() and not path.is_symlink())):
        folder.chmod(0o700)


def everything(folder: Path) -> dict[str, str]:
    """Each path below a folder with its kind, permissions, and target or content; no link is followed."""
    found = {}
    names = os.fsencode(folder)
    for parent, folders, files in os.walk(names):
        for name in folders + files:
            path = os.path.join(parent, name)  # noqa: PTH118 - bytes: not all of the names are text
            status = os.lstat(path)
            what = f"{status.st_mode:o}"
            if os.path.islink(path):  # noqa: PTH114
                what += f" to {os.readlink(path)!r}"  # noqa: PTH115
            elif name in files and status.st_mode & 0o170000 == 0o100000 and os.access(path, os.R_OK):
                with open(path, "rb") as file:  # noqa: PTH123
                    what += hashlib.sha256(file.read()).hexdigest()
            found[os.path.relpath(path, names).hex()] = f"{what} {status.st_mtime_ns}"
    return found


def striate(arguments: list[str], code: int, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The command's output; it must end in time with this exit status and without a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "striate", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        timeout=LIMIT,
        cwd=cwd,
        check=False,
    )
    assert done.returncode == code, done.stderr[-3000:]
    assert "Traceback" not in done.stderr
    return done


def in_awkward(names: frozenset[str]) -> set[str]:
    return {f"awkward/{readable(name)}" for name in names}


def files_of(entries: list[dict[str, str]]) -> set[str]:
    return {entry["file"] for entry in entries}


def test_check_names_what_the_manifest_names_and_leaves_the_folder_as_it_was(hostile: Rows, tmp_path: Path):
    before = everything(hostile.folder)
    found = json.loads(striate(["check", str(hostile.folder), "--json"], 0, tmp_path).stdout)
    problems: dict[str, list[dict[str, str]]] = found["problems"]
    assert files_of(problems["unreadable"]) == in_awkward(hostile.unreadable)
    named = files_of(problems["damaged"]) | files_of(problems["wrong_extension"])
    assert named == in_awkward(hostile.damaged)
    assert all(entry["reason"] for kind in ("unreadable", "damaged") for entry in problems[kind])
    assert found["pictures"] == len(hostile.ok) + len(hostile.damaged) + 10
    assert any("folder_loop/up" in note and "not followed" in note for note in found["notes"])
    assert everything(hostile.folder) == before
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def trained(hostile: Rows, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any], str]:
    """A run on the hostile folder, its record of the data, and what training said."""
    place = tmp_path_factory.mktemp("trained")
    before = everything(hostile.folder)
    size = ["--model", "lenet5", "--image-size", "32", "--epochs", "1"]
    done = striate(
        ["train", str(hostile.folder), *size, "--out", str(place), "--name", "run", "--json"], 0, place
    )
    assert everything(hostile.folder) == before
    run = Path(json.loads(done.stdout)["run"])
    return run, json.loads((run / "dataset.json").read_text(encoding="utf-8")), done.stderr


@pytest.mark.promise
def test_train_uses_the_fine_and_the_damaged_and_records_what_it_skipped(
    hostile: Rows, trained: tuple[Path, dict[str, Any], str]
):
    _, record, said = trained
    used = {name for part in record["split"].values() for name in part}
    assert files_of(record["skipped"]) == in_awkward(hostile.unreadable)
    assert used & in_awkward(hostile.unreadable) == set()
    assert {name for name in used if "/good " not in name} == in_awkward(hostile.ok | hostile.damaged)
    assert len(used) == len(hostile.ok) + len(hostile.damaged) + 10
    assert files_of(record["damaged"]) <= in_awkward(hostile.damaged)
    first = sorted(in_awkward(hostile.unreadable))[0]
    assert (
        f"skipped: {first}: " in said and "damaged, used all the same: awkward/truncated_half.jpg: " in said
    )


@pytest.mark.promise
def test_predict_answers_for_every_picture_and_names_every_bad_one(
    hostile: Rows, trained: tuple[Path, dict[str, Any], str], tmp_path: Path
):
    before = everything(hostile.folder)
    folder = hostile.folder / "awkward"
    done = striate(["predict", str(trained[0]), str(folder), "--json"], 1, tmp_path)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    by_name = {answer["file"].removeprefix(f"{folder.parent}/"): answer for answer in answers}
    assert len(by_name) == len(answers)
    refused = {name for name, answer in by_name.items() if answer.get("error")}
    assert refused == in_awkward(hostile.unreadable)
    labelled = {name for name, answer in by_name.items() if answer.get("label") and "/good " not in name}
    assert labelled == in_awkward(hostile.ok | hostile.damaged)
    told = {name for name, answer in by_name.items() if answer.get("damaged")}
    assert "awkward/truncated_half.jpg" in told and told <= in_awkward(hostile.damaged)
    assert everything(hostile.folder) == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.promise
def test_strict_training_stops_with_the_first_bad_file_and_starts_no_run(hostile: Rows, tmp_path: Path):
    before = everything(hostile.folder)
    done = striate(["train", str(hostile.folder), "--model", "lenet5", "--strict"], 2, tmp_path)
    first = sorted(in_awkward(hostile.unreadable))[0]
    assert f"the first: {first}: " in done.stderr and "--strict" in done.stderr
    assert list(tmp_path.iterdir()) == []
    assert everything(hostile.folder) == before
