"""Writes composed scenes as a new folder, in COCO's or VOC's form; it appears when all is written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from PIL import Image

from striate.data.composing.captions import captions_of
from striate.data.composing.material import Stock
from striate.data.composing.parts import Shares, divided
from striate.data.composing.scene import Scene, SceneOptions, compose_scene
from striate.data.dataset import PARTS, Part
from striate.data.wording import counted
from striate.data.writers.coco import CocoPart
from striate.data.writers.voc import MOST, SETS, annotation_xml, classes_png, objects_png
from striate.errors import StriateError, WorkFailed
from striate.events import Listener, Progress, Warned, silent
from striate.files.csv_cells import csv_text
from striate.files.leftovers import temporary
from striate.files.output_place import require_new_folder
from striate.shapes import Picture

Format = Literal["coco", "voc"]


@dataclass(frozen=True, slots=True)
class Numbered:
    """One scene to write: its part, and its number in the whole set, from 0."""

    part: Part
    index: int

    @property
    def stem(self) -> str:
        """The name of its files."""
        return f"{self.index:06}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be written.

    Attributes:
        form: of the folder.
        count: of all parts together.
        shares: of the parts.
        seed: of the scenes.
        captions: whether sentences are written too.
        info: about the set, for the annotations.
    """

    form: Format
    count: int
    shares: Shares
    seed: int
    captions: bool
    info: Mapping[str, Any]


def write_scenes(
    out: Path, stock: Stock, options: SceneOptions, wanted: Wanted, on_event: Listener = silent
) -> tuple[Path, ...]:
    """Compose scenes and write them.

    Args:
        out: must not exist, or be an empty folder, and not inside what is composed.
        stock: what scenes are made of.
        options: what they look like.
        wanted: how many, in which form.
        on_event: receives `Progress`, and a warning about things for which scenes had no room.

    Returns:
        All files, pictures first.

    Raises:
        StriateError: `out` is taken.
        WorkFailed: the disk is full or the folder cannot be written; nothing is left behind.
    """
    if wanted.form == "voc" and max(len(stock.classes), options.objects[1]) > MOST:
        raise StriateError(f"VOC's masks count {MOST} classes and objects at most. Use --format coco.")
    write = _write_coco if wanted.form == "coco" else _write_voc
    counts = divided(wanted.count, wanted.shares)
    todo = [part for part in PARTS for _ in range(counts[part])]

    left_out: list[int] = []  # of scenes that have fewer things than they should

    def scenes() -> Iterator[tuple[Numbered, Scene]]:
        for index, part in enumerate(todo):
            stuff = stock.parts[part]
            scene = compose_scene(stuff.cut_outs, stuff.backgrounds, options, seed=wanted.seed, index=index)
            if scene.left_out:
                left_out.append(scene.left_out)
            yield Numbered(part, index), scene
            on_event(Progress("composing", index + 1, len(todo), "scenes"))

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with temporary(out, folder=True) as place:
            place.chmod(0o755)
            files = write(place, scenes(), stock.classes, wanted.info, captions=wanted.captions)
            place.replace(out)
        if left_out:
            on_event(Warned(_without_place(sum(left_out), len(left_out), len(todo))))
        return tuple(out / file for file in files)
    except OSError as error:
        raise WorkFailed(
            f"{out} could not be written: {error.strerror or error}. Free some space or choose another "
            "--out; nothing was left behind."
        ) from error


def _without_place(things: int, scenes: int, of: int) -> str:
    return (
        f"{counted(things, 'thing')} found no place without hiding too much of others, in "
        f"{counted(scenes, 'scene')} of {of:,}: these have fewer than were drawn; ask for fewer --objects to "
        "have all"
    )


def check_place(out: Path, sources: Sequence[Path]) -> None:
    """Refuse a place that is taken, or lies in what is read: before anything is composed."""
    require_new_folder(out, sources, "the scenes", "--out")


def _write_coco(
    place: Path,
    scenes: Iterator[tuple[Numbered, Scene]],
    classes: Sequence[str],
    info: Mapping[str, Any],
    *,
    captions: bool,
) -> list[Path]:
    pictures: list[Path] = []
    parts: dict[Part, CocoPart] = {}
    last: CocoPart | None = None
    for one, scene in scenes:
        if one.part not in parts:
            first = last.next_object if last is not None else 1
            parts[one.part] = CocoPart(classes, {**info, "part": one.part}, first)
            (place / one.part).mkdir()
        last = parts[one.part]
        name = f"{one.stem}.png"
        _save(scene.picture, place / one.part / name)
        pictures.append(Path(one.part, name))
        last.add(one.index + 1, name, scene, captions_of(scene) if captions else ())
    annotations = []
    (place / "annotations").mkdir()
    for part, found in parts.items():
        texts = {"instances": found.instances()} | ({"captions": found.captions()} if captions else {})
        for kind, content in texts.items():
            annotations.append(Path("annotations", f"{kind}_{part}.json"))
            (place / annotations[-1]).write_bytes(content)
    return pictures + annotations


def _write_voc(
    place: Path,
    scenes: Iterator[tuple[Numbered, Scene]],
    classes: Sequence[str],
    info: Mapping[str, Any],
    *,
    captions: bool,
) -> list[Path]:
    pictures, others = [], []
    sets: dict[Part, list[str]] = {}
    sentences: list[tuple[str, str, str]] = []
    for folder in ("JPEGImages", "Annotations", "SegmentationObject", "SegmentationClass", "ImageSets/Main"):
        (place / folder).mkdir(parents=True)
    (place / "ImageSets" / "Segmentation").mkdir()
    for one, scene in scenes:
        pictures.append(Path("JPEGImages", f"{one.stem}.png"))
        _save(scene.picture, place / pictures[-1])
        contents = {
            Path("Annotations", f"{one.stem}.xml"): annotation_xml(pictures[-1].name, scene, classes, info),
            Path("SegmentationObject", f"{one.stem}.png"): objects_png(scene),
            Path("SegmentationClass", f"{one.stem}.png"): classes_png(scene),
        }
        for file, content in contents.items():
            (place / file).write_bytes(content)
        others += list(contents)
        sets.setdefault(one.part, []).append(one.stem)
        if captions:
            sentences += [(pictures[-1].as_posix(), text, one.part) for text in captions_of(scene)]
    for part, stems in sets.items():
        for kind in ("Main", "Segmentation"):
            others.append(Path("ImageSets", kind, f"{SETS[part]}.txt"))
            (place / others[-1]).write_text("".join(f"{stem}\n" for stem in stems))
    others.append(Path("class_names.txt"))
    (place / others[-1]).write_text(
        "".join(f"{name}\n" for name in ("background", *classes)), encoding="utf-8"
    )
    if captions:
        others.append(Path("captions.csv"))
        table = csv_text([("image", "caption", "split"), *sentences])
        (place / others[-1]).write_text(table, encoding="utf-8")
    return pictures + others


def _save(picture: Picture, path: Path) -> None:
    Image.fromarray(picture.permute(1, 2, 0).contiguous().numpy()).save(path, "PNG", compress_level=4)
