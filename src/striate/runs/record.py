"""Everything in a run folder, typed: the one way in which a run is read.

A run may come from anybody and may be damaged. Each file is read when it is asked for, with a limit of bytes,
and its kinds and ranges are checked; the rest of the program uses what comes from here without checks.
"""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from striate.errors import StriateError
from striate.runs import records
from striate.runs.evaluations import kept_evaluations
from striate.runs.folder import RunFolder

KINDS: dict[str, type[records.Record]] = {
    "config.toml": records.Config,
    "dataset.json": records.Dataset,
    "environment.json": records.Environment,
    "preprocess.json": records.Input,
    "task.json": records.OfTask,
    "calibration.json": records.Calibration,
    "engine.json": records.Engine,
    "evaluation.json": records.Evaluation,
    "result.json": records.Result,
}


@dataclass(frozen=True, slots=True)
class RunRecord:
    """The contents of a run. Every property reads its file, and raises a StriateError of one line."""

    folder: RunFolder

    @classmethod
    def open(cls, path: str | PathLike[str]) -> "RunRecord":
        """The run at `path`; see `RunFolder.open`."""
        return cls(RunFolder.open(Path(path)))

    def require_begun(self) -> None:
        """Refuse a run that was killed before its settings were written.

        Raises:
            StriateError: says what to do.
        """
        if (name := self.folder.not_written) is not None:
            raise self.folder.missing(name)

    def has(self, name: str) -> bool:
        """Whether something has this name; what is no file is an error when it is read."""
        return (self.folder / name).exists()

    def table(self, name: str) -> dict[str, Any]:
        """A checked file as it stands there, for those who show all of it."""
        read = self.folder.read_toml(name) if name.endswith(".toml") else self.folder.read_json(name)
        records.checked(KINDS[name], read, self.folder / name)
        found: dict[str, Any] = read
        return found

    @property
    def config(self) -> records.Config:
        """Options and what followed from them."""
        return records.checked(
            records.Config, self.folder.read_toml("config.toml"), self.folder / "config.toml"
        )

    @property
    def dataset(self) -> records.Dataset:
        """Which pictures went to which part."""
        return self._json(records.Dataset, "dataset.json")

    @property
    def environment(self) -> records.Environment:
        """Versions and machine."""
        return self._json(records.Environment, "environment.json")

    @property
    def labels(self) -> tuple[str, ...]:
        """The classes in the order of the scores."""
        path = self.folder / "labels.json"
        found = records.checked(records.Labels, {"labels": self.folder.read_json("labels.json")}, path)
        return tuple(found.labels)

    @property
    def input(self) -> records.Input:
        """How a picture becomes an input; `read_preprocessing` makes use of it."""
        return self._json(records.Input, "preprocess.json")

    @property
    def learned(self) -> dict[str, Any]:
        """What the task counted in the training part; nothing in runs of versions that kept nothing."""
        return dict(self._json(records.OfTask, "task.json").learned) if self.has("task.json") else {}

    @property
    def temperature(self) -> float:
        """Scores are divided by it before softmax; 1 in a run that is not calibrated yet."""
        return self.calibration.temperature if self.has("calibration.json") else 1.0

    @property
    def calibration(self) -> records.Calibration:
        """The temperature and how it was found."""
        return self._json(records.Calibration, "calibration.json")

    @property
    def calibration_table(self) -> dict[str, Any]:
        """What calibration.json says, checked; empty for a task without any, or before calibration."""
        if not self.has("calibration.json") or self.folder.read_json("calibration.json") == {}:
            return {}
        return self.table("calibration.json")

    @property
    def engine(self) -> records.Engine | None:
        """What serves the run; None in a run that is older than engines, or not finished."""
        return self._json(records.Engine, "engine.json") if self.has("engine.json") else None

    @property
    def evaluation(self) -> records.Evaluation:
        """Figures of the run's own part."""
        return self._json(records.Evaluation, "evaluation.json")

    @property
    def kept_evaluations(self) -> tuple[list[records.KeptEvaluation], list[str]]:
        """Those of other data, oldest first, and a sentence about each file that is damaged."""
        return kept_evaluations(self.folder)

    @property
    def result(self) -> records.Result:
        """The summary of a finished run."""
        return self._json(records.Result, "result.json")

    @property
    def epochs(self) -> tuple[dict[str, Any], ...]:
        """The lines of metrics.jsonl, each checked."""
        path, lines = self.folder / "metrics.jsonl", self.folder.read_metrics()
        for number, line in enumerate(lines, 1):
            records.checked(records.Epoch, line, f"{path}, line {number},")
        return tuple(lines)

    def architecture(self, value: Any) -> records.Architecture:
        """What the weights say of their network, checked."""
        return records.checked(records.Architecture, value, self.folder / "best.safetensors")

    def places_of(self, part: records.Name) -> tuple[str, str | None]:
        """Where the data of a part lay: as it was given, and its absolute path or name."""
        dataset, resolved = self.dataset, self.config.resolved
        elsewhere = part == "test" and dataset.test_data is not None
        return dataset.place_of(part), resolved.test if elsewhere else resolved.data

    def require_outputs(self, labels: tuple[str, ...], outputs: int) -> None:
        """Refuse names that do not belong to a network's outputs.

        Raises:
            StriateError: there are too few or too many.
        """
        if len(labels) != outputs:
            raise StriateError(
                f"{self.folder / 'labels.json'} names {len(labels):,} classes, and the network has "
                f"{outputs:,} outputs; the run is damaged, train it again."
            )

    def _json(self, kind: type[records.R], name: str) -> records.R:
        return records.checked(kind, self.folder.read_json(name), self.folder / name)
