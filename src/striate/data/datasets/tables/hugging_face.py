"""Hugging Face data sets on disk: what `save_to_disk` writes, and the Parquet files of the hub.

    save_to_disk, one part      dataset_info.json  state.json  data-00000-of-00001.arrow ...
    save_to_disk, several       dataset_dict.json  train/  test/ ...   each as above
    the hub's                   [data/]train-00000-of-00001.parquet ...

Arrow files are mapped, not loaded: pictures stay on the disk until they are asked for.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from striate.data.dataset import PART_NAMES, PARTS, Part
from striate.data.datasets.labelled import LARGEST_SET, Left, Row, too_many
from striate.data.datasets.tables.columns import Columns, choose_columns, extra_note, pyarrow
from striate.data.datasets.tables.csv_table import TableDataset
from striate.data.datasets.tables.encoded import EncodedDataset, Place, Shelf, absolute_paths
from striate.data.datasets.tables.parquet import Shard, open_parquet
from striate.data.paths.files import Listing, list_folder, natural, reach_of
from striate.data.wording import listed, one_line
from striate.errors import StriateError

LARGEST_JSON = 2**24  # bytes
_SHARD = re.compile(r"(?P<split>\w[\w.-]*?)-\d{5}-of-\d{5}(-\w+)?\.parquet")
_SAVED = ("dataset_dict.json", "state.json")


def is_saved(top: Listing) -> bool:
    """Whether a folder is one that `save_to_disk` wrote."""
    return any(found.name in _SAVED for found in top.files)


def hub_shards(path: Path, top: Listing) -> list[Shard]:
    """The Parquet files of a folder in the hub's layout, empty if it is none."""
    here = [found.name for found in top.files]
    if not any(_SHARD.fullmatch(name) for name in here) and any(f.name == "data" for f in top.folders):
        path = path / "data"
        try:
            here = [found.name for found in list_folder(str(path.resolve()), reach_of(path)).files]
        except OSError:
            return []
    matches = [match for match in map(_SHARD.fullmatch, sorted(here, key=natural)) if match]
    known = any(match["split"].lower() in PART_NAMES for match in matches)
    parts = [PART_NAMES.get(match["split"].lower()) for match in matches]
    pairs = zip(matches, parts, strict=True)
    shards = [Shard(path / match.string, part) for match, part in pairs if part or not known]
    return sorted(shards, key=lambda shard: PARTS.index(shard.part) if shard.part else 0)


def open_hub(path: Path, shards: Sequence[Shard]) -> TableDataset | EncodedDataset:
    """The data set in the hub's Parquet files. Raises StriateError, as `open_parquet`."""
    return open_parquet(path, shards, "Hugging Face data set, Parquet")


def open_saved(path: Path) -> EncodedDataset:
    """The data set that `save_to_disk` wrote.

    Raises:
        StriateError: pyarrow is missing, or a file is missing or damaged.
    """
    left, rows, places = Left(), [], []
    declared: list[str] = []
    notes: dict[str, None] = {}
    for folder, part, prefix in _parts(path, left):
        info = _read_json(folder / "dataset_info.json", missing={})
        names = _data_files(folder)
        number = 0
        for name in names:
            shelves, columns = _open_arrow(folder / name, info.get("features"))
            declared += columns.names or ()
            notes.update(dict.fromkeys(extra_note(columns)))
            for shelf in shelves:
                left.absolute += shelf.absolute()
                for at, (label, given) in enumerate(shelf.labels(columns)):
                    if label is None:
                        left.unlabelled += 1
                    else:
                        rows.append(Row(f"{prefix}#{number}", label, given or part))
                        places.append(Place(shelf, at))
                    number += 1
                if number > LARGEST_SET:
                    raise too_many(path)
    if not rows:
        raise StriateError(f"{path} holds no picture with a label.")
    left.notes += notes
    return EncodedDataset(path, "Hugging Face data set, saved to disk", rows, places, left, declared)


class BatchShelf(Shelf):
    """The cells of one record batch of a mapped Arrow file; `load` copies nothing."""

    def __init__(self, file: Path, batch: Any, columns: Columns) -> None:
        self.folder = file.parent
        self._file, self._batch, self._column = file, batch, columns.image

    def load(self) -> Sequence[Any]:
        """A view of the picture column."""
        return _Cells(self._batch.column(self._column))

    def absolute(self) -> int:
        """How many cells are absolute paths without bytes."""
        column = self._batch.column(self._column)
        types = pyarrow("pyarrow.types", self._file)
        if not types.is_struct(column.type) or column.field("bytes").null_count == 0:
            return 0
        return absolute_paths(
            column[at].as_py()
            for at, given in enumerate(column.field("bytes").is_valid())
            if not given.as_py()
        )

    def labels(self, columns: Columns) -> list[tuple[str | None, Part | None]]:
        """Label and part of every cell. Raises StriateError."""
        try:
            labels = [columns.label_of(value) for value in self._batch.column(columns.label).to_pylist()]
            if columns.split is None:
                return [(label, None) for label in labels]
            parts = [columns.part_of(value) for value in self._batch.column(columns.split).to_pylist()]
            return list(zip(labels, parts, strict=True))
        except ValueError as error:
            raise StriateError(f"{self._file}: {one_line(str(error))}.") from error


class _Cells(Sequence[Any]):
    """A column as a sequence of Python values, each made when it is asked for."""

    def __init__(self, column: Any) -> None:
        self._column = column

    def __len__(self) -> int:
        return len(self._column)

    def __getitem__(self, at: Any) -> Any:
        return self._column[at].as_py()


def _parts(path: Path, left: Left) -> list[tuple[Path, Part | None, str]]:
    """The folders of the parts, and what their pictures' names begin with."""
    file = path / "dataset_dict.json"
    if not file.exists():
        split = _read_json(path / "state.json").get("_split")
        part = PART_NAMES.get(split.lower()) if isinstance(split, str) else None
        return [(path, part, part or "picture")]
    splits = _read_json(file).get("splits")
    if not isinstance(splits, list) or not splits or not all(_is_name(name) for name in splits):
        raise _damaged(file, f"'splits' is {one_line(str(splits))[:80]}, expected a list of names")
    parts = {name: PART_NAMES.get(name.lower()) for name in splits}
    if not any(parts.values()):
        return [(path / name, None, name) for name in splits]
    beside = [name for name in splits if parts[name] is None]
    if beside:
        left.notes.append(f"parts that are none of train, validation and test, left out: {listed(beside)}")
    found = [part for part in parts.values() if part]
    twice = next((part for part in found if found.count(part) > 1), None)
    if twice:
        raise StriateError(f"{path} has two parts for {twice}: {listed(splits)}. Keep one of them.")
    return [(path / name, part, part) for name, part in parts.items() if part]


def _data_files(folder: Path) -> list[str]:
    state = folder / "state.json"
    entries = _read_json(state).get("_data_files")
    names = [entry.get("filename") if isinstance(entry, dict) else None for entry in entries or ()]
    # A name and nothing else: a state must not point outside its folder.
    if not names or not all(_is_name(name) for name in names):
        raise _damaged(state, "'_data_files' is no list of file names")
    return [str(name) for name in names]


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and name not in ("", ".", "..") and not set(name) & set("/\\:\0")


def _open_arrow(file: Path, features: Any) -> tuple[list[BatchShelf], Columns]:
    """The record batches of a mapped file, checked, so that no damaged offset is followed."""
    arrow, ipc = pyarrow("pyarrow", file), pyarrow("pyarrow.ipc", file)
    try:
        mapped = arrow.memory_map(str(file), "r")
        with ipc.open_stream(mapped) as stream:
            columns = choose_columns(stream.schema, file, features if isinstance(features, Mapping) else None)
            if not columns.encoded:
                raise StriateError(f"{file} holds paths, not pictures. Save the data set with its pictures.")
            shelves = []
            for batch in stream:
                for name in filter(None, (columns.image, columns.label, columns.split)):
                    batch.column(name).validate(full=True)
                shelves.append(BatchShelf(file, batch, columns))
            return shelves, columns
    except (arrow.lib.ArrowException, OSError, ValueError, KeyError) as error:
        raise StriateError(
            f"{file} cannot be read as Arrow ({one_line(str(error))[:200]}). Save or fetch it again."
        ) from error


def _read_json(file: Path, missing: dict[str, Any] | None = None) -> dict[str, Any]:
    try:
        if file.stat().st_size > LARGEST_JSON:
            raise _damaged(file, f"it is larger than {LARGEST_JSON:,} bytes")
        value = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        if missing is not None:
            return missing
        raise StriateError(
            f"{file} is missing; `save_to_disk` writes it. Save the data set again."
        ) from error
    except OSError as error:
        raise StriateError(f"{file} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise _damaged(file, "it is not JSON") from error
    if not isinstance(value, dict):
        raise _damaged(file, "it is no table of names and values")
    return value


def _damaged(file: Path, what: str) -> StriateError:
    return StriateError(f"{file} is damaged: {what}. Save or fetch the data set again.")
