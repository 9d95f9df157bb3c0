"""`evaluate`: what a run is worth on its own test part, or on other pictures with known labels."""

from os import PathLike
from pathlib import Path

import torch

from striate.actions.evaluation import Evaluation, evaluation_of
from striate.actions.load import Network, load
from striate.data.dataset import BadPicture, Dataset, Problem
from striate.data.datasets.recognise import open_dataset
from striate.data.fingerprint import digest
from striate.errors import StriateError
from striate.events import Listener, Progress, Warned, silent
from striate.runs.folder import RunFolder

NO_TEST = "there is no test part: the figures are of the validation part, which selection has seen"
CHUNK = 256  # pictures in memory at a time


def evaluate(
    run: str | PathLike[str], data: str | PathLike[str] | None = None, *, on_event: Listener = silent
) -> Evaluation:
    """Measure a run.

    Args:
        run: a Run or the path of one.
        data: None is the run's own test part (validation where it has none). Otherwise a data set: its test
            part if it has one, else every picture; classes match by name.
        on_event: is told what happens.

    Raises:
        StriateError: the data is not there any more, or shares no class with the run.
    """
    folder = RunFolder.open(Path(run))
    network = load(folder.path)
    if data is not None:
        dataset = open_dataset(Path(data))
        _warn_of_training_pictures(folder, dataset, on_event)
        return judge_dataset(network, dataset, on_event=on_event)[0]
    return _own_part(folder, network, on_event)


def judge_dataset(
    network: Network, dataset: Dataset, *, on_event: Listener = silent
) -> tuple[Evaluation, list[Problem]]:
    """Figures on a data set's test part if it has one, else on all of it; and the pictures it skipped."""
    rows = [row for row, item in enumerate(dataset.items) if item.part == "test"]
    split = "test" if rows else "all"
    return _judge(network, dataset, rows or list(range(len(dataset.items))), split, on_event)


def _own_part(folder: RunFolder, network: Network, on_event: Listener) -> Evaluation:
    record = folder.read_json("dataset.json")
    resolved = folder.read_toml("config.toml").get("resolved", {})
    part = "test" if record["split"]["test"] else "validation"
    path = next((p for p in (Path(record["data"]), Path(str(resolved.get("data")))) if p.exists()), None)
    if path is None:
        raise StriateError(
            f"the data of {folder.path} is not at {record['data']} any more; say where it is: "
            f"`striate evaluate {folder.path} DATA`."
        )
    dataset = open_dataset(path)
    wanted = set(record["split"][part])
    rows = [row for row, item in enumerate(dataset.items) if item.name in wanted]
    if len(rows) < len(wanted):
        on_event(
            Warned(f"{len(wanted) - len(rows):,} of the {len(wanted):,} {part} pictures are gone from {path}")
        )
    if part == "validation":
        on_event(Warned(NO_TEST))
    return _judge(network, dataset, rows, part, on_event)[0]


def _judge(
    network: Network, dataset: Dataset, rows: list[int], split: str, on_event: Listener
) -> tuple[Evaluation, list[Problem]]:
    place = {label: index for index, label in enumerate(network.labels)}
    known = [row for row in rows if dataset.classes[dataset.items[row].truth.label or 0] in place]
    _report_unknown(network, dataset, len(rows) - len(known), bool(known), on_event)
    names, labels, scores, skipped = [], [], [], []
    for start in range(0, len(known), CHUNK):
        pictures = []
        for row in known[start : start + CHUNK]:
            item = dataset.items[row]
            try:
                picture, _ = dataset.read(row)
            except BadPicture as error:
                skipped.append(Problem(item.name, str(error)))
                on_event(Warned(f"skipped {item.name}: {error}"))
                continue
            pictures.append(network.preprocessing.fit_picture(picture))
            names.append(item.name)
            labels.append(place[dataset.classes[item.truth.label or 0]])
        if pictures:
            scores.append(network.scores(torch.stack(pictures)))
        on_event(Progress("evaluating", min(start + CHUNK, len(known)), len(known)))
    if not scores:
        raise StriateError(
            f"{dataset.path} has no picture that can be measured on; `striate check` says why."
        )
    return evaluation_of(network, split, names, torch.cat(scores), torch.tensor(labels)), skipped


def _report_unknown(
    network: Network, dataset: Dataset, pictures: int, any_known: bool, on_event: Listener
) -> None:
    unknown = sorted(set(dataset.classes) - set(network.labels))
    if not any_known:
        raise StriateError(
            f"{dataset.path} shares no class with the run: it has {_some(dataset.classes)}, the run knows "
            f"{_some(network.labels)}. Classes match by name."
        )
    if unknown:
        on_event(
            Warned(f"{pictures:,} pictures left out: the run does not know their classes {_some(unknown)}")
        )


def _some(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _warn_of_training_pictures(folder: RunFolder, dataset: Dataset, on_event: Listener) -> None:
    record = folder.read_json("dataset.json")
    seen = set(record["digests"]["train"]) | set(record["digests"]["validation"])
    has_test = any(item.part == "test" for item in dataset.items)
    rows = [row for row, item in enumerate(dataset.items) if item.part == "test" or not has_test]
    shared = 0
    for row in rows:
        try:
            shared += digest(dataset.content(row)) in seen
        except BadPicture:
            continue
    if shared:
        on_event(
            Warned(
                f"{shared:,} of these {len(rows):,} pictures trained or selected this network; "
                "it knows them already"
            )
        )
