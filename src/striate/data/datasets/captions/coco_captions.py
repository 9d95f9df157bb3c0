"""COCO's captions: the lists `images` and `annotations`, whose entries have an `image_id` and a `caption`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from striate.data.dataset import Part
from striate.data.datasets.captions.sentences import captioned, sentence
from striate.data.datasets.listed_files import ListedFiles
from striate.data.datasets.objects.coco import coco_files, coco_part, located_picture, read_json
from striate.data.datasets.objects.object_data import MOST_OBJECTS
from striate.data.wording import one_line
from striate.errors import StriateError


def open_coco_captions(path: Path, *, follow_links: bool = False) -> ListedFiles:
    """A file of captions, or a folder with such files in `annotations` (or beside the pictures).

    Raises:
        StriateError: there is none, it is too large or no such file, with the place that is wrong.
    """
    folder, files = coco_files(path, "captions")
    captions: dict[str, list[str]] = {}
    parts: dict[str, Part | None] = {}
    for file in files:
        part = coco_part(file.stem)
        for name, said in _read(file, folder, part).items():
            if name in captions:
                raise StriateError(f"{file}: '{one_line(name)}' is in another file too. Keep one.")
            captions[name], parts[name] = said, part
    items = captioned(captions, parts)
    return ListedFiles(path, "COCO captions", items, folder, follow_links=follow_links)


def _read(file: Path, folder: Path, part: Part | None) -> dict[str, list[str]]:
    whole: Mapping[str, Any] = read_json(file)
    images, annotations = whole.get("images"), whole.get("annotations")
    if not isinstance(images, list) or not isinstance(annotations, list):
        raise StriateError(f"{file} is no COCO file of captions: it needs the lists images and annotations.")
    if len(annotations) > MOST_OBJECTS:
        raise StriateError(f"{file} has {len(annotations):,} captions; at most {MOST_OBJECTS:,} are read.")
    at = "images"
    try:
        names = {int(one["id"]): str(one["file_name"]) for one in images}
        if len(names) < len(images):
            raise ValueError("two pictures have one id")
        found: dict[int, list[str]] = {identity: [] for identity in names}
        for number, one in enumerate(annotations):
            at = f"annotations[{number}] (id {one.get('id')})"
            if said := sentence(str(one["caption"])):
                found[int(one["image_id"])].append(said)
    except KeyError as error:
        raise StriateError(f"{file}, {at}: there is no {error.args[0]!r} that it names or needs.") from error
    except (TypeError, ValueError, AttributeError, OverflowError) as error:
        raise StriateError(f"{file}, {at}: {one_line(str(error))}.") from error
    return {located_picture(folder, file, name, part): found[identity] for identity, name in names.items()}
