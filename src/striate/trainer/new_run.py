"""The folder of a new run, with everything that is known before the first step."""

from datetime import UTC, datetime
from shlex import quote

from striate.data.dataset import Part
from striate.data.transforms.presets import on_one_line
from striate.drawing.svg.range_chart import range_chart
from striate.events import Listener, Warned
from striate.files.writing import write_text
from striate.machine.description import describe
from striate.models.catalog import short_name
from striate.runs.folder import RunFolder, name_after
from striate.runs.record import RunRecord
from striate.trainer.options import TrainOptions
from striate.trainer.pictures.data_record import dataset_record
from striate.trainer.preparing import Prepared
from striate.trainer.setup import resolved

SEEN: tuple[Part, ...] = ("train", "validation")  # parts that train or select a network


def new_run(options: TrainOptions, prepared: Prepared, on_event: Listener) -> RunFolder:
    """Make the folder and write config, data, environment, labels and preprocessing."""
    plan, data = prepared.plan, prepared.data
    name = options.name or f"{name_after(options.data)}-{short_name(plan.model)}"
    folder = RunFolder.create(options.out, options.task, name)
    chosen = options.model_dump(mode="json")
    derived = resolved(options, plan, data, prepared.setup)
    folder.write_toml("config.toml", {**chosen, "command": command(options), "resolved": derived})
    record = dataset_record(options, data)
    for note in _seen_before(prepared):
        on_event(Warned(note))
        record["notes"].append(f"warning: {note}")
    folder.write_json("dataset.json", record)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    folder.write_json("environment.json", {**describe(), "started": started})
    folder.write_json("labels.json", list(data.dataset.classes))
    write_text(folder / "preprocess.json", data.preprocessing.to_json())
    test = prepared.test
    if test is not None:
        (folder / "pictures").mkdir(exist_ok=True)
        chart = range_chart(test.rates, test.losses, test.lowest, test.chosen)
        write_text(folder / "pictures" / "learning-rate.svg", chart)
    return folder


def command(options: TrainOptions) -> str:
    """The command line that does the same again."""
    words = ["striate", "train", quote(str(options.data))]
    for key, field in TrainOptions.model_fields.items():
        value = getattr(options, key)
        if key == "data" or value == field.default:
            continue
        words.append(f"--{key.replace('_', '-')}")
        if value is not True:
            words.append(quote(on_one_line(value) if isinstance(value, dict) else str(value)))
    return " ".join(words)


def _seen_before(prepared: Prepared) -> list[str]:
    """A warning if the run whose weights these are has learned from pictures that now measure."""
    parent, data = prepared.plan.parent, prepared.data
    if parent is None:
        return []
    digests = RunRecord.open(parent).dataset.digests
    known = {digest for part in SEEN for digest in digests.get(part, [])}
    seen = sum(data.scan.rows[row].digest in known for row in data.split.test)
    if not seen:
        return []
    told = f"{seen} of {len(data.split.test)} test pictures were training or validation pictures of {parent}"
    return [f"{told}; figures on the test part may be too good"]
