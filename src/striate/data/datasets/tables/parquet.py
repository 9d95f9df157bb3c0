"""Parquet: the same columns as a CSV, with paths, or with the encoded pictures inside.

Pictures inside are read a row group at a time, when one of its pictures is asked for; at most `KEPT_BYTES` of
them stay in memory, and no row group of more than `LARGEST_GROUP` bytes is read.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from striate.data.dataset import BadPicture, Part
from striate.data.datasets.labelled import LARGEST_SET, Left, Row, too_many
from striate.data.datasets.tables.columns import Columns, choose_columns, extra_note, pyarrow
from striate.data.datasets.tables.csv_table import TableDataset
from striate.data.datasets.tables.encoded import EncodedDataset, Place, Shelf, absolute_paths, bytes_of
from striate.data.wording import one_line
from striate.errors import StriateError

SUFFIXES = (".parquet", ".pq")
LARGEST_GROUP = 2**30  # bytes of pictures in one row group
LARGEST_LABELS = 2**28  # bytes of labels in one row group
AT_ONCE = 2**28  # bytes that one step of a reader may need at most, however well a column is compressed
STEP = 4096  # rows


@dataclass(frozen=True, slots=True)
class Shard:
    """One Parquet file of a data set, and the part it was made for; None if it does not say."""

    path: Path
    part: Part | None = None


def open_parquet(
    path: Path, shards: Sequence[Shard], kind: str, *, follow_links: bool = False
) -> TableDataset | EncodedDataset:
    """The pictures of one or several Parquet files with the same columns.

    Args:
        path: what the user gave: the one file, or the folder of all.
        kind: what was recognised, for people.

    Raises:
        StriateError: pyarrow is missing, or a file is damaged, too large, or without pictures and labels.
    """
    left, rows, places = Left(), [], []
    numbers: Counter[str] = Counter()
    chosen: list[Columns] = []
    for shard in shards:
        with _opened(shard.path) as table:
            columns = choose_columns(table.schema_arrow, shard.path)
            if chosen and columns.encoded != chosen[0].encoded:
                raise StriateError(
                    f"{shard.path} and {shards[0].path.name} hold their pictures in different ways. Open "
                    "them one at a time."
                )
            chosen.append(columns)
            shelves = [GroupShelf(shard.path, group, columns.image) for group in range(table.num_row_groups)]
            for group, at, row in _labels(table, shard, columns, left, numbers):
                rows.append(row)
                places.append(Place(shelves[group], at))
            if columns.encoded:
                left.absolute += _absolute(table, shard, columns.image)
            if len(rows) > LARGEST_SET:
                raise too_many(path)
    if not rows:
        raise StriateError(f"{path} holds no picture with a label.")
    left.notes += extra_note(chosen[0])
    declared = [name for columns in chosen for name in columns.names or ()]
    if chosen[0].encoded:
        return EncodedDataset(path, kind, rows, places, left, declared, follow_links=follow_links)
    if len(shards) > 1:
        raise StriateError(f"{path} holds several tables of paths. Give one of them: {shards[0].path}.")
    return TableDataset(path, kind, rows, left, declared, follow_links=follow_links)


class GroupShelf(Shelf):
    """The pictures of one row group."""

    def __init__(self, path: Path, group: int, column: str) -> None:
        self.folder = path.parent
        self._path, self._group, self._column = path, group, column

    def load(self) -> list[Any]:
        """The cells of the picture column. Raises BadPicture."""
        try:
            with _opened(self._path) as table:
                found: list[Any] = []
                total = 0
                for batch in _batches(table, self._group, [self._column], LARGEST_GROUP):
                    cells = batch.column(0).to_pylist()
                    total += bytes_of(cells)  # not the batch's: a dictionary unfolds here at the latest
                    if total > LARGEST_GROUP:
                        raise BadPicture(_too_large(self._group, total))
                    found += cells
                return found
        except StriateError as error:
            raise BadPicture(one_line(str(error))) from error
        except _errors() as error:
            raise BadPicture(f"its row group cannot be read ({one_line(str(error))[:200]})") from error


def _labels(
    table: Any, shard: Shard, columns: Columns, left: Left, numbers: Counter[str]
) -> Iterator[tuple[int, int, Row]]:
    """Row group, place in it and row of every picture with a label. Raises StriateError.

    `numbers` counts the pictures of each name over all shards.
    """
    prefix = shard.part or shard.path.stem
    wanted = [columns.label] + ([columns.split] if columns.split else [])
    wanted += [] if columns.encoded else [columns.image]
    done = 0
    errors: tuple[type[Exception], ...] = (BadPicture, *_errors())
    try:
        for group in range(table.num_row_groups):
            at = 0
            for batch in _batches(table, group, wanted, LARGEST_LABELS):
                lists = [batch.column(name).to_pylist() for name in wanted]
                for values in zip(*lists, strict=True):
                    label = columns.label_of(values[0])
                    part = columns.part_of(values[1]) if columns.split else shard.part
                    name = f"{prefix}#{numbers[prefix]}" if columns.encoded else values[-1]
                    numbers[prefix] += 1
                    if label is None or name is None:
                        left.unlabelled += 1
                    else:
                        yield group, at, Row(name, label, part)
                    at, done = at + 1, done + 1
                if done > LARGEST_SET:
                    raise too_many(shard.path)
    except errors as error:
        raise StriateError(
            f"{shard.path}, row {done + 1} or after it: {one_line(str(error))[:300]}."
        ) from error


def _absolute(table: Any, shard: Shard, column: str) -> int:
    """How many cells are absolute paths without bytes; pictures that are in the table are not read for it."""
    total = 0
    errors: tuple[type[Exception], ...] = (BadPicture, *_errors())
    try:
        for group in range(table.num_row_groups):
            meta = table.metadata.row_group(group)
            chunks = {meta.column(at).path_in_schema: meta.column(at) for at in range(meta.num_columns)}
            bytes_chunk, path_chunk = chunks.get(f"{column}.bytes"), chunks.get(f"{column}.path")
            if path_chunk is None or bytes_chunk is None or _has_all(bytes_chunk):
                continue
            for batch in _batches(table, group, [column], LARGEST_GROUP):
                total += absolute_paths(batch.column(0).to_pylist())
    except errors as error:
        raise StriateError(
            f"{shard.path}: its pictures cannot be read ({one_line(str(error))[:200]})."
        ) from error
    return total


def _has_all(chunk: Any) -> bool:
    found = chunk.statistics
    return found is not None and found.has_null_count and found.null_count == 0


def _batches(table: Any, group: int, columns: list[str], limit: int) -> Iterator[Any]:
    """Record batches of some columns of a row group, in steps that cannot explode.

    A dictionary may stand for its largest value in every row: a step reads so few rows that even then it
    needs no more than `AT_ONCE`, or one value.
    """
    meta = table.metadata.row_group(group)
    roots = set(columns)
    chunks = [meta.column(at) for at in range(meta.num_columns)]
    sizes = [c.total_uncompressed_size for c in chunks if c.path_in_schema.split(".")[0] in roots]
    if sum(sizes) > limit:
        raise BadPicture(_too_large(group, sum(sizes), limit))
    step = max(1, min(STEP, AT_ONCE // max(1, *sizes)))
    yield from table.iter_batches(step, row_groups=[group], columns=columns, use_threads=False)


def _too_large(group: int, size: int, limit: int = LARGEST_GROUP) -> str:
    return (
        f"row group {group} holds {size:,} bytes, at most {limit:,} are read; write the file with smaller "
        "row groups (row_group_size=1000)"
    )


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    parquet = pyarrow("pyarrow.parquet", path)
    try:
        table = parquet.ParquetFile(path, memory_map=True)
    except _errors() as error:
        raise StriateError(
            f"{path} cannot be read as Parquet ({one_line(str(error))[:200]}). Fetch or write it again."
        ) from error
    with table:
        yield table


def _errors() -> tuple[type[Exception], ...]:
    """How pyarrow fails on damaged files."""
    lib = pyarrow("pyarrow.lib", "Parquet")
    arrow: type[Exception] = lib.ArrowException
    return (arrow, OSError, ValueError, KeyError, NotImplementedError)
