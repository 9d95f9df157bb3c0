"""The pictures that a run was trained or measured on, read again from where they lie."""

from pathlib import Path

from striate.actions.evaluate import follows_links
from striate.actions.pictures_to_explain import Subject
from striate.data.dataset import Part, class_of
from striate.data.datasets.picture_files import set_limits
from striate.data.datasets.recognise import open_dataset
from striate.data.decoding import Limits
from striate.data.wording import composed
from striate.errors import StriateError
from striate.events import Listener
from striate.runs.folder import RunFolder


def own_pictures(run: Path, part: Part, limits: Limits, on_event: Listener) -> list[Subject]:
    """The pictures of one part of a run's data; of the test part validation's, where there is none.

    Raises:
        StriateError: the data is not there any more.
    """
    folder = RunFolder.open(run)
    record, resolved = folder.read_json("dataset.json"), folder.read_toml("config.toml").get("resolved", {})
    names, data, absolute = set(record["split"][part]), record["data"], resolved.get("data")
    if part == "test" and record["test_data"]:
        names, data = set(record["test_data"]["names"]), record["test_data"]["data"]
        absolute = resolved.get("test")
    elif part == "test" and not names:
        names = set(record["split"]["validation"])
    path = next((place for place in (Path(data), Path(str(absolute))) if place.exists()), None)
    if path is None:
        raise StriateError(f"the data of {run} is not at {data} any more; say where it is, after the run.")
    dataset = set_limits(open_dataset(path, on_event, follow_links=follows_links(folder)), limits)
    names = {composed(name) for name in names}
    return [
        Subject(item.name, (dataset, row), class_of(dataset, row))
        for row, item in enumerate(dataset.items)
        if composed(item.name) in names
    ]
