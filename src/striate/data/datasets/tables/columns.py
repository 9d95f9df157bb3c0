"""Which columns of a Parquet or Arrow schema are picture, label and split, and what their values mean.

A picture is a path (text), its encoded bytes, or a struct of `bytes` and `path` as Hugging Face writes it. A
label is a word, or a number that the `ClassLabel` names of Hugging Face's metadata turn into a word.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from striate.data.dataset import Part
from striate.data.datasets.labelled import label_text, part_named
from striate.data.datasets.tables.csv_table import IMAGE_COLUMNS, LABEL_COLUMNS, SPLIT_COLUMNS
from striate.data.wording import listed, one_line
from striate.errors import StriateError

IMAGES = (*IMAGE_COLUMNS, "img", "jpg", "png")
LABELS = (*LABEL_COLUMNS, "fine_label")


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table by their meaning.

    Attributes:
        encoded: whether the pictures are in the table, not only their paths.
        names: what the numbers of the label column stand for, None if they are not named.
        extra: the columns that are not read.
    """

    image: str
    encoded: bool
    label: str
    names: tuple[str, ...] | None
    split: str | None
    extra: tuple[str, ...]

    def label_of(self, value: Any) -> str | None:
        """A label cell as text, None if it is empty or -1 of a `ClassLabel`. Raises ValueError."""
        if self.names is None or not isinstance(value, int):
            return label_text(value)
        if value == -1:  # what `datasets` writes for a picture of unknown class
            return None
        if not 0 <= value < len(self.names):
            raise ValueError(f"label {value} has no name; there are {len(self.names)}")
        return label_text(self.names[value])

    def part_of(self, value: Any) -> Part | None:
        """A split cell as a part. Raises ValueError."""
        return None if value is None else part_named(str(value))


def pyarrow(module: str, origin: object) -> Any:
    """A module of pyarrow, which is an extra; `origin` is what is to be read."""
    try:
        return import_module(module)
    except ImportError as error:
        raise StriateError(
            f'{origin} needs pyarrow, which is not installed: pip install "striate[parquet]"'
        ) from error


def choose_columns(schema: Any, origin: object, features: Mapping[str, Any] | None = None) -> Columns:
    """Find picture, label and split in a schema of pyarrow.

    Args:
        origin: the file or folder, for the error.
        features: Hugging Face's, where they are not in the schema's own metadata.

    Raises:
        StriateError: there is no picture or no label column; says which columns there are.
    """
    types = pyarrow("pyarrow.types", origin)
    features = _features(schema) or features or {}
    kinds = {field.name: field.type for field in schema}

    def kind_of(name: str) -> str:
        kind = kinds[name]
        if types.is_dictionary(kind):
            kind = kind.value_type
        if types.is_struct(kind):
            return "struct" if "bytes" in {field.name for field in kind} else "other"
        if types.is_binary(kind) or types.is_large_binary(kind):
            return "bytes"
        return "text" if types.is_string(kind) or types.is_large_string(kind) else "other"

    marked = [name for name in kinds if _is(features.get(name), "Image")]
    named = _known(kinds, IMAGES)
    pictures = [name for name in (*marked, *named) if kind_of(name) != "other"]
    pictures += [name for name in kinds if kind_of(name) in ("struct", "bytes")]
    labels = _known(kinds, LABELS) + [name for name in kinds if _is(features.get(name), "ClassLabel")]
    if not pictures or not labels:
        raise StriateError(
            f"{origin} has no column of {'labels' if pictures else 'pictures'}: expected image and label "
            f"(and split), found {listed(list(kinds), most=8) or 'nothing'}."
        )
    image, label = pictures[0], labels[0]
    split = next(iter(_known(kinds, SPLIT_COLUMNS)), None)
    extra = tuple(name for name in kinds if name not in (image, label, split))
    return Columns(image, kind_of(image) != "text", label, _class_names(features.get(label)), split, extra)


def extra_note(columns: Columns) -> list[str]:
    """A sentence about the columns that are not read, if there are any."""
    return [f"columns that are not read: {listed(list(columns.extra))}"] if columns.extra else []


def _known(kinds: Mapping[str, Any], words: Sequence[str]) -> list[str]:
    return [name for word in words for name in kinds if name.strip().lower() == word]


def _is(feature: Any, kind: str) -> bool:
    return isinstance(feature, Mapping) and feature.get("_type") == kind


def _class_names(feature: Any) -> tuple[str, ...] | None:
    names = feature.get("names") if isinstance(feature, Mapping) and _is(feature, "ClassLabel") else None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        return None
    return tuple(one_line(name) for name in names)


def _features(schema: Any) -> Mapping[str, Any] | None:
    """Hugging Face's description of the columns, which it keeps in the schema's metadata."""
    try:
        stored = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        features = stored["info"]["features"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return features if isinstance(features, dict) else None
