"""The folder of a new run, with everything that is known before the first step."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from striate.drawing.svg.range_chart import range_chart
from striate.events import Listener, Warned
from striate.files.writing import write_text
from striate.machine.description import describe
from striate.models.catalog import short_name
from striate.runs.folder import RunFolder, name_after
from striate.trainer.pictures.data_record import dataset_record
from striate.trainer.preparing import Prepared


def new_run(
    prepared: Prepared, chosen: Mapping[str, Any], out: Path, name: str | None, on_event: Listener
) -> RunFolder:
    """Make the folder and write config, data, environment, labels and preprocessing.

    Args:
        prepared: the training.
        chosen: the options, and the command that gives them again, for `config.toml`.
        out: where runs are kept.
        name: of the run; None is that of data and network.
        on_event: is told of pictures that were seen before.
    """
    plan, data = prepared.plan, prepared.data
    usual = f"{name_after(data.options.data)}-{short_name(plan.model)}"
    folder = RunFolder.create(out, plan.task.name, name or usual)
    folder.write_toml("config.toml", {**chosen, "resolved": prepared.resolved})
    record = dataset_record(data, plan.task)
    for note in _seen_before(prepared):
        on_event(Warned(note))
        record["notes"].append(f"warning: {note}")
    folder.write_json("dataset.json", record)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    folder.write_json("environment.json", {**describe(), "started": started})
    kept = {"in_percent": list(plan.task.in_percent), "learned": prepared.setup.context.learned}
    folder.write_json("task.json", kept)
    folder.write_json("labels.json", list(plan.task.classes(data.dataset)))
    write_text(folder / "preprocess.json", data.preprocessing.to_json())
    test = prepared.test
    if test is not None:
        (folder / "pictures").mkdir(exist_ok=True)
        chart = range_chart(test.rates, test.losses, test.lowest, test.chosen)
        write_text(folder / "pictures" / "learning-rate.svg", chart)
    return folder


def _seen_before(prepared: Prepared) -> list[str]:
    """A warning if the run whose weights these are has learned from pictures that now measure."""
    parent, data = prepared.plan.parent, prepared.data
    if parent is None:
        return []
    seen = sum(data.scan.rows[row].digest in parent.seen for row in data.split.test)
    if not seen:
        return []
    told = f"{seen} of {len(data.split.test)} test pictures were training or validation pictures"
    return [f"{told} of {parent.path}; figures on the test part may be too good"]
