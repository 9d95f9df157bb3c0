"""The formats that are read, in the order in which they are tried: what each looks like, and what it says.

A new format is a file of its own and a row here. The first row is taken that fills all truths a task wants
and recognises what stands there; its opener says what is wrong with it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from striate.data.dataset import PART_NAMES, Dataset
from striate.data.datasets.arrays.cifar import cifar_version, open_cifar
from striate.data.datasets.arrays.idx import is_idx_name, open_idx
from striate.data.datasets.arrays.sheets import SheetDataset
from striate.data.datasets.captions.caption_table import open_caption_table
from striate.data.datasets.captions.coco_captions import open_coco_captions
from striate.data.datasets.class_folders import open_class_folders
from striate.data.datasets.maps.class_maps import IMAGES, MASKS, open_map_folders, open_voc_maps
from striate.data.datasets.objects.coco import open_coco
from striate.data.datasets.objects.object_tables import open_object_table
from striate.data.datasets.objects.voc import open_voc
from striate.data.datasets.place import Place
from striate.data.datasets.plain_pictures import open_pictures
from striate.data.datasets.tables import csv_table, hugging_face, parquet
from striate.data.wording import one_line

LABELS = ("label",)
OBJECTS = ("boxes", "box_labels", "masks")


@dataclass(frozen=True, slots=True)
class Reader:
    """One format.

    Attributes:
        accepts: what it reads, for people.
        fills: the fields of `Truth` that its pictures may have.
        recognises: whether a place looks like it, without opening a picture; what is found is handed on.
        open: the data set there.
    """

    accepts: str
    fills: tuple[str, ...]
    recognises: Callable[[Place], Any]
    open: Callable[[Place, Any], Dataset]


def _is_table(place: Place) -> bool:
    return place.suffix in csv_table.SUFFIXES


def _is_idx(place: Place) -> bool:
    names = [place.path.name] if place.top is None else [found.name for found in place.files]
    return any(map(is_idx_name, names))


def _is_voc(place: Place) -> bool:
    return "annotations" in place.folder_names and bool(place.folder_names & {"jpegimages", "imagesets"})


def _is_coco(place: Place) -> bool:
    if place.suffix == ".json" or _is_voc(place):
        return place.suffix == ".json"
    return "annotations" in place.folder_names or any(name.endswith(".json") for name in place.file_names)


def _has_map_folders(place: Place) -> bool:
    if {IMAGES, MASKS} <= place.folder_names:
        return True
    parts = [place.path / one.name for one in (place.top.folders if place.top else ())]
    return any(
        one.name.lower() in PART_NAMES and (one / IMAGES).is_dir() and (one / MASKS).is_dir() for one in parts
    )


def _hub(place: Place) -> Any:
    return None if place.top is None else hugging_face.hub_shards(place.path, place.top)


def _parquet(place: Place, _: Any) -> Dataset:
    kind = f"Parquet table ({one_line(place.path.name)})"
    shards = [parquet.Shard(place.path)]
    return parquet.open_parquet(place.path, shards, kind, follow_links=place.follow_links)


def _coco(place: Place, _: Any) -> Dataset:
    return open_coco(place.path, maps="class_map" in place.truths, follow_links=place.follow_links)


def _cifar(place: Place, version: Any) -> Dataset:
    assert place.top is not None  # its recogniser saw a folder
    return open_cifar(place.path, place.top, version)


READERS = (
    Reader("a folder with MNIST's IDX files", LABELS, _is_idx, lambda place, _: open_idx(place.path)),
    Reader(
        "a CSV file with the columns image and label",
        LABELS,
        _is_table,
        lambda place, _: csv_table.open_csv(place.path, follow_links=place.follow_links),
    ),
    Reader(
        "a Parquet file with the columns image and label",
        LABELS,
        lambda place: place.suffix in parquet.SUFFIXES,
        _parquet,
    ),
    Reader(
        "sheets of pictures that Striate wrote",
        LABELS,
        lambda place: "index.json" in {one.name for one in place.files} and not place.folder_names,
        lambda place, _: SheetDataset(place.path),
    ),
    Reader(
        "a data set of Hugging Face",
        LABELS,
        lambda place: place.top is not None and hugging_face.is_saved(place.top),
        lambda place, _: hugging_face.open_saved(place.path),
    ),
    Reader(
        "a repository of Hugging Face",
        LABELS,
        _hub,
        lambda place, shards: hugging_face.open_hub(place.path, shards),
    ),
    Reader(
        "a folder with CIFAR's batches",
        LABELS,
        lambda place: None if place.top is None else cifar_version(place.top),
        _cifar,
    ),
    Reader(
        "a folder in VOC's layout",
        (*OBJECTS, "difficult"),
        _is_voc,
        lambda place, _: open_voc(place.path, follow_links=place.follow_links),
    ),
    Reader(
        "a folder in VOC's layout with SegmentationClass",
        ("class_map",),
        lambda place: {"jpegimages", "segmentationclass"} <= place.folder_names,
        lambda place, _: open_voc_maps(place.path, follow_links=place.follow_links),
    ),
    Reader(
        "folders `images` and `masks`, with a PNG of class numbers for each picture",
        ("class_map",),
        _has_map_folders,
        lambda place, _: open_map_folders(place.path, follow_links=place.follow_links),
    ),
    Reader(
        "a COCO folder or its JSON", (*OBJECTS, "crowd", "points", "visible", "class_map"), _is_coco, _coco
    ),
    Reader(
        "a CSV with the columns image, x1, y1, x2, y2, label (boxes) or image, x1, y1, x2, y2, ... (points), "
        "and split if there are parts",
        ("label", "boxes", "box_labels", "points", "visible"),
        _is_table,
        lambda place, _: open_object_table(place.path, follow_links=place.follow_links),
    ),
    Reader(
        "a CSV with the columns image and caption, and split if there are parts",
        ("captions",),
        _is_table,
        lambda place, _: open_caption_table(place.path, follow_links=place.follow_links),
    ),
    Reader(
        "a COCO folder of captions or its JSON",
        ("captions",),
        _is_coco,
        lambda place, _: open_coco_captions(place.path, follow_links=place.follow_links),
    ),
    Reader(
        "a folder of pictures",
        (),
        lambda place: place.top is not None,
        lambda place, _: open_pictures(place.path, follow_links=place.follow_links),
    ),
    Reader(
        "a folder with a folder of pictures for each class",
        LABELS,
        lambda place: place.top is not None,
        lambda place, _: open_class_folders(place),
    ),
)
