"""The run folder: the contract between training and everything that reads a network.

runs/<task>/<name>/
  format                  a version number; newer ones are refused by name
  config.toml             every option, resolved; under [resolved] what was derived: model, reason, steps...
  dataset.json            path, layout, fingerprint, classes, counts, split {part: [names]}, digests, skipped
  environment.json        versions, platform, CPU, threads
  metrics.jsonl           a line an epoch: epoch, stage, losses, accuracy, lr, seconds, best
  checkpoint.safetensors  all that exact resume needs
  task.json               which figures are shares of 1, and what the task counted in the training part
  best.safetensors  preprocess.json  labels.json  calibration.json      + task.json: all that inference needs
  engine.json             engine and precision that serve the run, and how they agreed with torch
  int8.onnx               the network in 8-bit integers, where `--engine openvino-int8` was asked for
  evaluation.json         split, pictures, metrics, per_class, confusion, mistakes
  predictions.csv         file, label, predicted, probability of every picture that was evaluated
  validation.csv          the same of the validation part, from which thresholds follow
  result.json             the summary that `train --json` prints; written last, so it marks a finished run
  report.html  pictures/
  evaluations/            a file an evaluation of other data, called after date and time
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomli_w

from striate.errors import StriateError, WorkFailed
from striate.files.leftovers import remove_leftovers
from striate.files.run_mark import MARK
from striate.files.writing import write_text
from striate.runs.bounded import parse_json, parse_toml, read_bytes, read_parsed
from striate.runs.finite_json import json_text

FORMAT = 1
BEGUN = ("config.toml", "dataset.json", "environment.json", "labels.json", "preprocess.json")  # in this order
LEARNED = ("metrics.jsonl", "checkpoint.safetensors", "best.safetensors", "result.json")


def name_after(data: Path) -> str:
    """How a run is called after its data: as the folder, or as the file without its suffix."""
    place = data.resolve()
    return (place.stem if place.is_file() else place.name) or "data"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The path of a run and typed access to its files."""

    path: Path

    @classmethod
    def create(cls, out: Path, task: str, name: str) -> "RunFolder":
        """Make `out/task/name`, or `name-2`, `name-3`... if that is taken: no run is ever overwritten."""
        safe = re.sub(r"[^\w.+-]+", "-", name).strip("-.") or "run"
        base = out / task
        number = 1
        while True:
            path = base / (safe if number == 1 else f"{safe}-{number}")
            try:
                path.mkdir(parents=True)
                break
            except FileExistsError:
                if not base.is_dir():
                    raise StriateError(f"{base} is not a folder; choose another with --out.") from None
                number += 1
            except OSError as error:
                raise WorkFailed(
                    f"{path} could not be made: {error.strerror}. Choose another --out."
                ) from error
        folder = cls(path)
        write_text(path / MARK, f"{FORMAT}\n")
        return folder

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """The run at `path`; a clear error where there is none or a newer Striate wrote it."""
        marker = path / MARK
        if not marker.is_file():
            raise StriateError(
                f"{path} is not a run: it has no file 'format'. "
                "A run is a folder that `striate train` wrote, such as runs/classify/photos-resnet18."
            )
        text = read_bytes(marker).decode(errors="backslashreplace").strip()
        if not re.fullmatch("[0-9]{1,9}", text) or int(text) > FORMAT:
            raise StriateError(
                f"{path} has run format '{text[:20]}', this Striate reads up to {FORMAT}; "
                "install a newer one."
            )
        return cls(path)

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    @property
    def finished(self) -> bool:
        """Whether training and evaluation came to their end."""
        needed = ("result.json", "evaluation.json", "predictions.csv")
        return all((self.path / name).is_file() for name in needed)

    def clean(self) -> None:
        """Delete what a killed process had half written; `resume` starts with it."""
        remove_leftovers(self.path)

    def write_json(self, name: str, value: Any) -> None:
        """Write `value` whole as readable JSON."""
        write_text(self.path / name, json_text(value, indent=1) + "\n")

    def read_json(self, name: str) -> Any:
        """The content of a JSON file of this run."""
        return self._parsed(name, parse_json)

    def write_toml(self, name: str, value: dict[str, Any]) -> None:
        """Write `value` whole as TOML; None has no TOML form, so such keys are left out.

        Nor have paths that are no UTF-8: their bytes are written as `\\udce9`, which `read_toml` understands.
        """
        write_text(self.path / name, tomli_w.dumps(_for_toml(value)))

    def read_toml(self, name: str) -> dict[str, Any]:
        """The content of a TOML file of this run."""
        read: dict[str, Any] = _from_toml(self._parsed(name, parse_toml))
        return read

    def append_metrics(self, line: dict[str, Any]) -> None:
        """Add one epoch to metrics.jsonl."""
        try:
            with (self.path / "metrics.jsonl").open("a", encoding="utf-8") as file:
                file.write(_metrics_line(line))
                file.flush()
        except OSError as error:
            raise WorkFailed(
                f"{self.path / 'metrics.jsonl'} could not be written: {error.strerror}."
            ) from error

    def read_metrics(self) -> list[dict[str, Any]]:
        """The epochs so far; a last line that a kill left unfinished is not one."""
        try:
            read: list[dict[str, Any]] = read_parsed(self.path / "metrics.jsonl", _parse_lines)
        except FileNotFoundError:
            return []
        return read

    def cut_metrics(self, lines: int) -> None:
        """Keep the first `lines` epochs: what the checkpoint knows of."""
        kept = self.read_metrics()[:lines]
        write_text(self.path / "metrics.jsonl", "".join(map(_metrics_line, kept)))

    @property
    def not_written(self) -> str | None:
        """What a training that was killed at its very start did not write; None for a run that began."""
        learned = any((self.path / name).exists() for name in LEARNED)
        return None if learned else next((n for n in BEGUN if not (self.path / n).exists()), None)

    def missing(self, name: str) -> StriateError:
        """The error where a file is not there."""
        if (absent := self.not_written) is not None:
            return StriateError(
                f"{self.path} never began: its training was stopped before the first step, and {absent} was "
                "not written. Nothing is lost: delete this folder and train again."
            )
        return StriateError(
            f"{self.path / name} is missing; this run is not complete. Resume or train it again."
        )

    def _parsed(self, name: str, parse: Callable[[str], Any]) -> Any:
        try:
            return read_parsed(self.path / name, parse)
        except FileNotFoundError as error:
            raise self.missing(name) from error


def _metrics_line(line: dict[str, Any]) -> str:
    return json_text(line, ascii_only=True) + "\n"


def _parse_lines(text: str) -> list[dict[str, Any]]:
    """A line an epoch; a last line that a kill left unfinished is not one."""
    lines = [parse_json(line) for line in text.split("\n")[:-1]]
    wrong = next((n for n, line in enumerate(lines, 1) if not isinstance(line, dict)), None)
    if wrong is not None:
        raise ValueError(f"line {wrong} is no table of figures")
    return lines


def _for_toml(value: Any) -> Any:
    """Without None, and paths as text; TOML has no escape for bytes that are no UTF-8, they get one here."""
    if isinstance(value, dict):
        return {k: _for_toml(v) for k, v in value.items() if v is not None}
    if isinstance(value, (list, tuple)):
        return [_for_toml(v) for v in value]
    if isinstance(value, (str, Path)):
        # A backslash that would read as the start of such an escape is written as one itself.
        text = re.sub(r"\\(?=udc[0-9a-f]{2})", r"\\udc5c", str(value))
        return text.encode(errors="backslashreplace").decode()
    return value


def _from_toml(value: Any) -> Any:
    """The reverse of `_for_toml`."""
    if isinstance(value, dict):
        return {k: _from_toml(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_from_toml(v) for v in value]
    return re.sub(r"\\udc([0-9a-f]{2})", _byte, value) if isinstance(value, str) else value


def _byte(escape: re.Match[str]) -> str:
    """What Python makes of a byte in a file name: ASCII as it is, others as lone surrogates."""
    return bytes.fromhex(escape[1]).decode("ascii", "surrogateescape")
