"""From a path to a data set whose pictures have boxes, masks or points, by what stands there."""

from pathlib import Path

from striate.data.dataset import Dataset
from striate.data.datasets.objects.coco import open_coco
from striate.data.datasets.objects.object_tables import open_object_table
from striate.data.datasets.objects.voc import open_voc
from striate.data.datasets.tables import csv_table
from striate.data.paths.files import list_folder, reach_of
from striate.data.wording import one_line
from striate.errors import StriateError
from striate.files.run_mark import is_run

ACCEPTED_OBJECTS = (
    "Accepted: a COCO folder or its JSON; a folder in VOC's layout; a CSV with the columns image, x1, y1, "
    "x2, y2, label (boxes) or image, x1, y1, x2, y2, ... (points), and split if there are parts"
)


def open_objects(path: Path, *, follow_links: bool = False) -> Dataset:
    """The data set at a path that exists. No picture is opened.

    Raises:
        StriateError: there is nothing that can be read as pictures with objects or points.
    """
    if path.is_file():
        suffix = path.suffix.lower()
        if suffix == ".json":
            return open_coco(path, follow_links=follow_links)
        if suffix in csv_table.SUFFIXES:
            return open_object_table(path, follow_links=follow_links)
        raise StriateError(f"{path} is a file of another kind. {ACCEPTED_OBJECTS}.")
    if is_run(str(path)):
        raise StriateError(f"{path} is a run that `striate train` wrote, not a data set. {ACCEPTED_OBJECTS}.")
    try:
        top = list_folder(str(path.resolve()), reach_of(path, follow_links=follow_links))
    except OSError as error:
        raise StriateError(f"{path} cannot be listed: {error.strerror}. Check its permissions.") from error
    folders = {found.name.lower() for found in top.folders}
    if "annotations" in folders and folders & {"jpegimages", "imagesets"}:
        return open_voc(path, follow_links=follow_links)
    jsons = any(found.name.lower().endswith(".json") for found in top.files)
    if "annotations" in folders or jsons:
        return open_coco(path, follow_links=follow_links)
    table = next((one for one in top.files if one.name.lower().endswith(csv_table.SUFFIXES)), None)
    beside = "" if table is None else f" If {one_line(table.name)} lists the pictures, give it."
    raise StriateError(f"{path} has no annotations of boxes or points.{beside} {ACCEPTED_OBJECTS}.")
