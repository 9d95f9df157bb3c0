"""`ladder`: every rung of transfer learning on one split of a data set, side by side on one page."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from striate.actions.train import train
from striate.data.dataset import BadPicture
from striate.data.datasets.recognise import open_dataset
from striate.drawing.grid import picture_png
from striate.errors import StriateError, UnknownName
from striate.events import Listener, Note, silent
from striate.files.output_place import PAGE, refuse_inside, require_replaceable
from striate.files.possible_paths import possible_paths
from striate.models.catalog import find_entry
from striate.models.weights.table import available_weights
from striate.reports.ladder import write_ladder
from striate.runs.answers import read_answers
from striate.runs.folder import RunFolder
from striate.runs.record import RunRecord
from striate.tasks.catalog import find_task
from striate.trainer.options import TrainOptions, train_options
from striate.trainer.pictures.truths import open_to_check
from striate.trainer.plan import make_plan
from striate.trainer.preparing import require_start
from striate.trainer.resume import recorded_options
from striate.trainer.transferring.learning_curve import LearningCurve, learning_curve

# What each rung trains with, in the course's order; the first two do not use the network that is asked for.
RUNGS: dict[str, dict[str, Any]] = {
    "scratch": {"model": "book_cats_dogs", "weights": None},
    "augmented": {"model": "book_cats_dogs_dropout", "weights": None},
    "probe": {"transfer": "probe"},
    "features": {"transfer": "features"},
    "frozen": {"transfer": "frozen"},
    "finetune": {"transfer": "finetune"},
}
REPAIRED = 8  # pictures shown of each rung


@dataclass(frozen=True, slots=True)
class Rung:
    """A finished run of the ladder.

    Attributes:
        seconds: from the first picture that was read to the report.
        repaired: pictures that this rung has right and the one before had wrong.
        broken: the other way round.
    """

    name: str
    run: str
    model: str
    accuracy: float
    interval: tuple[float, float]
    seconds: float
    pictures: int
    epochs: tuple[dict[str, Any], ...]
    repaired: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ladder:
    """All rungs in order, the curve if it was asked for, and the page."""

    data: str
    split: str
    rungs: tuple[Rung, ...]
    curve: LearningCurve | None
    page: Path

    def to_dict(self) -> dict[str, Any]:
        """`to_json`, by the name that every answer has."""
        return self.to_json()

    def to_json(self) -> dict[str, Any]:
        """What `ladder --json` prints."""
        rungs = [{k: v for k, v in asdict(rung).items() if k != "epochs"} for rung in self.rungs]
        curve = None if self.curve is None else asdict(self.curve)
        return {"rungs": rungs, "split": self.split, "curve": curve, "page": str(self.page)}


@possible_paths
def ladder(
    data: str | PathLike[str],
    *,
    model: str = "auto",
    weights: str | PathLike[str] | None = None,
    rungs: Sequence[str] | None = None,
    curve: bool = False,
    minutes: float | None = None,
    seed: int = 0,
    follow_links: bool = False,
    out: str | PathLike[str] = "runs",
    overwrite: bool = False,
    on_event: Listener = silent,
) -> Ladder:
    """Train every rung, or take what an earlier call has finished, and write the page.

    Args:
        data: as for `train`.
        model: of the rungs that start from weights.
        weights: as for `train`; without them those on ImageNet, where they are on this machine.
        rungs: names of `RUNGS`; all by default.
        curve: also measure the probe on parts of the training pictures.
        minutes: for each rung that is trained step by step.
        seed: of the split and of every training.
        follow_links: as for `train`.
        out: the rungs are runs in `out/ladder/<data>-seed<seed>`.
        overwrite: replace a page there that Striate did not write, too.
        on_event: is told what happens.

    Raises:
        StriateError: a rung is unknown, the data is wrong or for another task, or no weights are on this
            machine.
    """
    names = list(RUNGS) if rungs is None else list(rungs)
    for name in names:
        if name not in RUNGS:
            raise UnknownName("rung", name, RUNGS, f"There are: {', '.join(RUNGS)}.")
    open_to_check(None, Path(data), on_event, follow_links=follow_links)[0].require("climb")
    start = _start(model, weights, names)
    given = {"data": Path(data), "model": model, "weights": start, "minutes": minutes, "seed": seed}
    given["follow_links"] = follow_links or None
    _require_weights(names, given)
    home = Path(out) / "ladder" / f"{Path(data).resolve().stem or 'data'}-seed{seed}"
    page = home / "ladder.html"
    refuse_inside(out, [data], "the runs' pictures", "--out")
    require_replaceable(page, PAGE, "--out", overwrite=overwrite)
    folders = [_rung(name, given, home, on_event) for name in names]
    found = _compared(names, folders)
    split = RunRecord(folders[0]).result.split
    grown = None
    if curve:
        wanted = {**given, "transfer": "probe", "minutes": None}
        grown = learning_curve(train_options(_said(wanted)), on_event)
    pictures = _pictures(Path(data), found, follow_links=follow_links)
    write_ladder(page, str(data), split, [asdict(rung) for rung in found], pictures, _plain(grown))
    on_event(Note(f"page: {page}"))
    return Ladder(str(data), split, found, grown, page)


def _start(model: str, weights: str | PathLike[str] | None, names: Sequence[str]) -> str | None:
    """The weights of a named network, looked for before the first rung and not at the third."""
    if weights is not None:
        return str(weights)
    needed = [name for name in names if "transfer" in RUNGS[name]]
    if model == "auto" or not needed:
        return None
    if find_entry(model).weights and available_weights(model) is not None:
        return "imagenet"
    raise StriateError(
        f"the rungs {', '.join(needed)} start from weights, and {model} has none on this machine: add "
        "--weights imagenet, a file or a run, or leave these rungs out with --rungs."
    )


def _require_weights(names: Sequence[str], given: dict[str, Any]) -> None:
    """Refuse wrong weights of one's own before the first rung, which would not use them."""
    first = next((name for name in names if "transfer" in RUNGS[name]), None)
    if first is not None and given["weights"] is not None:
        options = train_options(_said({**given, **RUNGS[first]}))
        dataset = open_dataset(options.data, follow_links=options.follow_links)
        task = find_task(options.task)
        require_start(make_plan(task, options.of_network, options.of_schedule, dataset), dataset)


def _rung(name: str, given: dict[str, Any], home: Path, on_event: Listener) -> RunFolder:
    """The rung's finished run: an earlier one with the same options, one that goes on, or a new one."""
    wanted = train_options(_said({**given, **RUNGS[name], "out": home, "name": name}))
    for path in sorted((home / wanted.task).glob(f"{name}*")):
        if not (path / "config.toml").is_file() or not _same(recorded_options(RunFolder.open(path)), wanted):
            continue
        if RunFolder.open(path).finished:
            on_event(Note(f"rung {name}: finished before, {path}"))
        else:
            on_event(Note(f"rung {name}: going on with {path}"))
            train(resume=path, on_event=on_event)
        return RunFolder.open(path)
    on_event(Note(f"rung {name}"))
    run = train(**_said(wanted.model_dump(exclude_unset=True)), on_event=on_event)
    return RunFolder.open(run.path)


def _said(given: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if value is not None}


def _same(recorded: TrainOptions, wanted: TrainOptions) -> bool:
    """Whether a run has the options of a rung; where it lies does not matter."""
    left_out = {"out", "name", "data"}
    same_data = recorded.data.resolve() == wanted.data.resolve()
    return same_data and recorded.model_dump(exclude=left_out) == wanted.model_dump(exclude=left_out)


def _compared(names: Sequence[str], folders: Sequence[RunFolder]) -> tuple[Rung, ...]:
    rungs: list[Rung] = []
    before: dict[str, bool] | None = None
    for name, folder in zip(names, folders, strict=True):
        record = RunRecord(folder)
        result, answers = record.result, read_answers(folder, "predictions.csv")
        accuracy, (low, high) = result.metrics.accuracy, result.metrics.accuracy_interval or (None, None)
        if accuracy is None or low is None or high is None:
            raise StriateError(
                f"{folder.path} was measured on no picture: there are too few to keep some for a test."
            )
        right = {answer.file: answer.right for answer in answers}
        shared = [file for file in right if before is not None and file in before]
        rungs.append(
            Rung(
                name=name,
                run=str(folder.path),
                model=str(result.model),
                accuracy=accuracy,
                interval=(low, high),
                seconds=result.total_seconds or 0.0,
                pictures=len(answers),
                epochs=record.epochs,
                repaired=tuple(file for file in shared if right[file] and not (before or {})[file]),
                broken=tuple(file for file in shared if not right[file] and (before or {})[file]),
            )
        )
        before = right
    return tuple(rungs)


def _pictures(data: Path, rungs: Sequence[Rung], *, follow_links: bool) -> dict[str, bytes]:
    """PNG files of the first pictures that each rung repairs."""
    wanted = {file for rung in rungs for file in rung.repaired[:REPAIRED]}
    dataset = open_dataset(data, follow_links=follow_links)
    found: dict[str, bytes] = {}
    for row, item in enumerate(dataset.items):
        if item.name in wanted:
            try:
                found[item.name] = picture_png(_small(dataset.read(row)[0]))
            except BadPicture:
                continue
    return found


def _small(picture: Any) -> Any:
    from torchvision.transforms.v2 import functional as geometry

    height, width = picture.shape[1:]
    ratio = min(1.0, 160 / max(height, width))
    return geometry.resize(picture, [max(1, round(height * ratio)), max(1, round(width * ratio))])


def _plain(curve: LearningCurve | None) -> dict[str, Any] | None:
    return None if curve is None else asdict(curve)
