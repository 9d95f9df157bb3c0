"""What a run folder holds, read once; a file that is missing or damaged is a sentence, not an error."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from striate.errors import StriateError
from striate.runs.answers import SavedAnswer, read_answers
from striate.runs.default_task import DEFAULT_TASK
from striate.runs.folder import RunFolder
from striate.runs.record import RunRecord

PARTS = ("train", "validation", "test")
MEANING = {
    "config.toml": "the settings",
    "dataset.json": "the data set and its split",
    "environment.json": "the machine and versions",
    "metrics.jsonl": "the epochs",
    "task.json": "what the task keeps",
    "calibration.json": "the temperature that calibrates probabilities",
    "engine.json": "what serves the run",
    "preprocess.json": "the preprocessing",
    "evaluation.json": "the evaluation",
    "result.json": "the summary that ends a training",
}


@dataclass(frozen=True)
class Contents:
    """The parsed files of a run by name, `{}` for those that are not there, and why they are not."""

    folder: RunFolder
    files: dict[str, dict[str, Any]]
    epochs: list[dict[str, Any]]
    absent: dict[str, str]
    given: list[SavedAnswer] | None = None

    @property
    def answers(self) -> list[SavedAnswer]:
        """The single answers of a classifier; those of the run where no others were given."""
        if self.given is not None:
            return self.given
        try:
            return read_answers(self.folder, "predictions.csv")
        except StriateError:
            return []

    def __getitem__(self, name: str) -> dict[str, Any]:
        return self.files[name]

    @property
    def name(self) -> str:
        return self.folder.path.resolve().name

    @property
    def run(self) -> str:
        """The run as a command line names it."""
        told = str(self["result.json"].get("run", ""))
        return told if _same_place(told, self.folder.path) else str(self.folder.path)

    @property
    def resolved(self) -> dict[str, Any]:
        return _mapping(self["config.toml"].get("resolved"))

    @property
    def metrics(self) -> dict[str, Any]:
        """The figures of the evaluation; the summary has the same ones."""
        return _mapping(self["evaluation.json"].get("metrics")) or _mapping(
            self["result.json"].get("metrics")
        )

    @property
    def split(self) -> str:
        """`test`, or `validation` where no test part could be made."""
        return str(self["evaluation.json"].get("split") or self["result.json"].get("split") or "test")

    @property
    def task(self) -> str:
        """The name of the run's task."""
        told = self["result.json"].get("task") or self["config.toml"].get("task")
        return told if isinstance(told, str) else DEFAULT_TASK

    @property
    def in_percent(self) -> tuple[str, ...]:
        """The figures of its epochs that are shares of 1; older runs do not say it."""
        told = self["task.json"].get("in_percent")
        return ("accuracy",) if told is None else tuple(told)

    @property
    def parts(self) -> dict[str, int | None]:
        """Pictures in train, validation, test and skipped."""
        told = self["result.json"].get("pictures")
        if isinstance(told, dict):
            return {name: told.get(name) for name in (*PARTS, "skipped")}
        dataset = self["dataset.json"]
        if not dataset:
            return dict.fromkeys((*PARTS, "skipped"))
        parts: dict[str, int | None] = {**self.pictures_of_parts}
        return parts | {"skipped": len(dataset.get("skipped") or [])}

    @property
    def pictures_of_parts(self) -> dict[str, int]:
        """Pictures in train, validation and test, as dataset.json lists them, or its own test set."""
        dataset = self["dataset.json"]
        names = {**(dataset.get("split") or {})}
        if dataset.get("test_data"):
            names["test"] = dataset["test_data"].get("names")
        counts = dataset.get("counts") or {}
        return {part: len(names.get(part) or []) or sum((counts.get(part) or {}).values()) for part in PARTS}

    @property
    def evaluated(self) -> int:
        """How many pictures the evaluation is of."""
        told = self["evaluation.json"].get("pictures")
        return int((self.parts.get(self.split) if told is None else told) or 0)

    @property
    def engine(self) -> dict[str, str] | None:
        """Name, precision and reason of the engine that serves the run; None for torch."""
        found = {key: self["engine.json"].get(key) for key in ("engine", "precision", "reason")}
        if found["engine"] == "torch" or not all(isinstance(value, str) for value in found.values()):
            return None
        return {key: str(value) for key, value in found.items()}

    @property
    def best_epoch(self) -> int | None:
        """The position (from 1) of the last epoch that was better than all before it."""
        return max((n for n, epoch in enumerate(self.epochs, 1) if epoch.get("best")), default=None)


def read_contents(folder: RunFolder) -> Contents:
    """Everything a report needs of a run."""
    record = RunRecord(folder)
    files: dict[str, dict[str, Any]] = {}
    absent: dict[str, str] = {}
    for name, meaning in MEANING.items():
        if name == "metrics.jsonl":
            continue
        files[name] = {}
        if not record.has(name):
            absent[name] = f"{name} ({meaning}) is not there"
            continue
        try:
            files[name] = record.table(name)
        except StriateError:
            absent[name] = f"{name} ({meaning}) is damaged"
    epochs: list[dict[str, Any]] = []
    try:
        epochs = list(record.epochs)
    except StriateError:
        absent["metrics.jsonl"] = "metrics.jsonl (the epochs) is damaged"
    if not epochs:
        absent.setdefault("metrics.jsonl", "metrics.jsonl (the epochs) is not there yet")
    return Contents(folder, files, epochs, absent)


def _same_place(told: str, path: Path) -> bool:
    """Whether a run still lies where it was made; a moved one lies where it is."""
    try:
        return Path(told).resolve() == path.resolve()
    except (OSError, ValueError):
        return False


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
