"""The pictures that a run was trained or measured on, read again from where they lie."""

from pathlib import Path

from striate.data.dataset import Part
from striate.data.datasets.picture_files import set_limits
from striate.data.datasets.recognise import found_again
from striate.data.decoding.decode import Limits
from striate.data.wording import composed
from striate.errors import StriateError
from striate.events import Listener
from striate.inference.judging.judge import open_own_data
from striate.inference.network_of_run import task_of
from striate.inference.pictures.subjects import Subject
from striate.runs.record import RunRecord


def own_pictures(run: Path, part: Part, limits: Limits, on_event: Listener) -> list[Subject]:
    """The pictures of one part of a run's data; of the test part validation's, where there is none.

    Raises:
        StriateError: the data is not there any more.
    """
    record = RunRecord.open(run)
    recorded = record.dataset
    shown = recorded.measured_part if part == "test" else part
    path = found_again(*record.places_of(shown))
    if path is None:
        raise StriateError(
            f"the data of {run} is not at {recorded.place_of(shown)} any more; say where it is, after "
            "the run."
        )
    task = task_of(record)
    dataset = set_limits(open_own_data(record, path, task, on_event), limits)
    names = {composed(name) for name in recorded.of_part(shown)}
    return [
        Subject(item.name, (dataset, row), task.class_name(dataset, row))
        for row, item in enumerate(dataset.items)
        if composed(item.name) in names
    ]
