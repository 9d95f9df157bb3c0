"""A run may come from anybody: with whatever damage, every command answers with sense or one line.

Each file of one small run is damaged in each way; the oracle is arithmetic: probabilities are finite, lie in
[0, 1] and sum to 1, and everything else is a StriateError of one line that names the run.
"""

import json
import math
import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from safetensors import safe_open
from safetensors.torch import save_file
from tests.conftest import write_digits

from striate.actions.compare import compare
from striate.actions.evaluate import evaluate
from striate.actions.explain import explain
from striate.actions.inspect import inspect
from striate.actions.predict import predict
from striate.actions.report import report
from striate.actions.train import train
from striate.errors import StriateError
from striate.runs.finite_json import json_text

pytestmark = [pytest.mark.promise, pytest.mark.skipif(os.name == "nt", reason="no pipes there")]
LIMIT = 60  # seconds of one command; a hang is a failure


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run of LeNet-5 on a few digits, and its data."""
    home = tmp_path_factory.mktemp("damaged")
    data = write_digits(home / "data", "01", 12)
    train(data, model="lenet5", epochs=1, seed=3, out=home, name="good")
    return home


def put(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for at in range(len(content) // 3, len(content), max(1, len(content) // 7)):
        content[at] ^= 0xFF
    path.write_bytes(bytes(content))


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def link(to: str) -> Callable[[Path], None]:
    def linked(path: Path) -> None:
        path.unlink()
        path.symlink_to(to)

    return linked


ANY: dict[str, Callable[[Path], None]] = {
    "removed": Path.unlink,
    "empty": put(b""),
    "cut": cut,
    "flipped": flipped,
    "not UTF-8": put(b"\xff\xfe\x80{}\n"),
    "nested lists": put(b"[" * 100_000 + b"]" * 100_000 + b"\n"),
    "nested tables": put(b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"\n"),
    "a number": put(b"7\n"),
    "null": put(b"null\n"),
    "a list": put(b"[1, [2], {}]\n"),
    "a table": put(b"{}\n"),
    "a huge number": put(b"9" * 5000 + b"\n"),
    "a folder": folder,
    "a pipe": pipe,
    "a link to nothing": link("/nowhere/at/all"),
    "a link elsewhere": link("/etc/hostname"),
    "a link to a device": link("/dev/zero"),
    "a link to itself": link("."),
}
FILES = [
    *("format", "config.toml", "dataset.json", "environment.json", "metrics.jsonl", "best.safetensors"),
    *("preprocess.json", "labels.json", "calibration.json", "engine.json", "evaluation.json"),
    *("predictions.csv", "validation.csv", "result.json", "checkpoint.safetensors"),
]
WRONG: list[Any] = [None, True, -1, 0, 10**9, 10**17, math.nan, math.inf, 1e-320]
WRONG += ["x", "", "\ud800", [], {}, [[]]]


VALUES = {  # where a JSON file has values that decide something
    "calibration.json": "temperature temperature_interval unsure ece",
    "preprocess.json": "size_hw channels mean std fit",
    "dataset.json": "split split.test digests digests.test test_data data fingerprint classes counts "
    "skipped notes",
    "engine.json": "engine precision",
    "result.json": "split metrics metrics.accuracy pictures seconds",
    "evaluation.json": "pictures metrics metrics.accuracy_interval per_class confusion mistakes "
    "calibration.bins",
    "environment.json": "cpu started torch",
}


def with_value(at: tuple[str, ...], value: Any) -> Callable[[Path], None]:
    def changed(path: Path) -> None:
        whole = json.loads(path.read_text())
        inner = whole
        for key in at[:-1]:
            inner = inner[key]
        inner[at[-1]] = value
        path.write_text(json.dumps(whole))

    return changed


def architecture(**values: Any) -> Callable[[Path], None]:
    def changed(path: Path) -> None:
        with safe_open(path, "pt") as file:
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            known = json.loads(file.metadata()["striate"])
        save_file(tensors, path, {"striate": json.dumps({**known, **values})})

    return changed


def tensor_of(value: float) -> Callable[[Path], None]:
    def changed(path: Path) -> None:
        with safe_open(path, "pt") as file:
            tensors, known = {key: file.get_tensor(key) for key in file.keys()}, file.metadata()  # noqa: SIM118
        tensors["f6.weight"][0, 0] = value
        save_file(tensors, path, known)

    return changed


def line_of_toml(old: str, new: str) -> Callable[[Path], None]:
    return lambda path: path.write_text(path.read_text().replace(old, new, 1)) and None


Case = tuple[str, str, Callable[[Path], None]]


def whole_files() -> Iterator[Case]:
    for name in FILES:
        for kind, damage in ANY.items():
            yield name, kind, damage


def json_values() -> Iterator[Case]:
    for name, places in VALUES.items():
        for number, at in enumerate(places.split()):
            for value in WRONG[number % 3 :: 3]:
                yield name, f"{at} = {value!r}", with_value(tuple(at.split(".")), value)
    for value in WRONG:
        yield "calibration.json", f"temperature = {value!r}", with_value(("temperature",), value)
    for labels in (["a", "a"], ["a"], ["a", "b", "c"], ["a", None], ["a", 3], ["a", ["b"]], ["a", ""]):
        yield "labels.json", f"{labels}", put(json.dumps(labels).encode())


def weights_and_settings() -> Iterator[Case]:
    for key in ("num_classes", "in_channels", "hidden", "image_size", "model"):
        for value in (10**9, 10**6, -1, None, "x", math.nan, [10**6, 10**6], [], {}, True):
            if (key, value) != ("hidden", None):  # which says that there is no dense head: true
                yield "best.safetensors", f"{key} = {value!r}", architecture(**{key: value})
    for value in (math.nan, math.inf, 3e38):
        yield "best.safetensors", f"a weight of {value}", tensor_of(value)
    for new in ("max_bytes = -1", 'max_bytes = "x"', "max_bytes = nan", f"max_bytes = {10**30}"):
        yield "config.toml", new, line_of_toml("max_bytes = 100000000", new)
    for new in ("seed = -1", "seed = []", 'seed = "x"', "seed = inf"):
        yield "config.toml", new, line_of_toml("seed = 3", new)


CASES = [*whole_files(), *json_values(), *weights_and_settings()]


def finite(value: Any) -> bool:
    json.loads(json_text(value), parse_constant=pytest.fail)
    return True


def asked(run: Path, home: Path) -> dict[str, Callable[[], object]]:
    """What a person does with a run; each returns something true where the answer makes sense."""
    picture = next((home / "data").rglob("*.png"))

    def predicted() -> bool:
        (found,) = list(predict(run, [picture]))
        assert found.answer is not None
        shares = [share for _, share in found.answer.top]
        return all(0 <= share <= 1 for share in shares) and sum(shares) == pytest.approx(1)

    def evaluated() -> bool:
        figures = evaluate(run).metrics
        return finite(figures) and 0 <= figures["accuracy"] <= 1

    def resumed() -> bool:
        return train(resume=run).result["metrics"] is not None

    def pages() -> bool:
        text = report(run, out=home / "page.html").read_text(encoding="utf-8")
        return re.search(r">\s*-?(nan|inf)\b|\b(nan|inf)\s*%", text, re.IGNORECASE) is None

    def compared() -> bool:
        return finite(compare([home / "classify" / "good", run]).to_json())

    def explained() -> bool:
        return bool(list(explain(run, [picture], out=home / "explained")))

    return {
        "predict": predicted,
        "evaluate": evaluated,
        "report": pages,
        "compare": compared,
        "explain": explained,
        "inspect": lambda: inspect(run).parameters > 0,
        "resume": resumed,
    }


@contextmanager
def within_limit() -> Iterator[None]:
    def late(number: int, frame: object) -> None:
        raise TimeoutError(f"more than {LIMIT} seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LIMIT)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


# Which commands read a file; asking all of them about each would take as long as a training each time.
READ_BY = {
    "format": ["predict", "report", "compare", "resume"],
    "config.toml": ["evaluate", "report", "resume"],
    "dataset.json": ["evaluate", "report", "compare"],
    "environment.json": ["report"],
    "metrics.jsonl": ["report"],
    "best.safetensors": ["predict", "inspect", "explain"],
    "preprocess.json": ["predict", "report", "explain"],
    "labels.json": ["predict", "report", "explain"],
    "calibration.json": ["predict", "report"],
    "engine.json": ["predict", "report"],
    "evaluation.json": ["report", "compare"],
    "predictions.csv": ["report", "compare"],
    "validation.csv": ["predict"],
    "result.json": ["report", "compare"],
    "checkpoint.safetensors": ["predict"],
}


def outcome(what: Callable[[], object], run: Path) -> str:
    """Nothing for an answer with sense or a line that names the run, else what went wrong."""
    try:
        with within_limit():
            return "" if what() else "an answer without sense"
    except StriateError as error:
        text = str(error)
        return "" if "\n" not in text and len(text) < 1200 else f"more than a line: {text[:200]!r}"
    except BaseException as error:  # noqa: BLE001 - a traceback is what is looked for
        return f"{type(error).__name__}: {error}"[:300]


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_one_line_or_an_answer_with_sense(place: Path, name: str):
    wrong = []
    for number, (_, kind, damage) in enumerate(case for case in CASES if case[0] == name):
        run = place / f"tampered {name} {number}"
        shutil.copytree(place / "classify" / "good", run)
        damage(run / name)
        does = asked(run, place)
        for command in READ_BY[name]:
            said = outcome(does[command], run)
            if said:
                wrong.append(f"{command}, {name} {kind}: {said}")
        shutil.rmtree(run)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "name", ["config.toml", "dataset.json", "environment.json", "metrics.jsonl", "checkpoint.safetensors"]
)
def test_an_unfinished_run_with_a_damaged_file_resumes_or_says_why_in_one_line(place: Path, name: str):
    wrong = []
    kinds = ["cut", "flipped", "not UTF-8", "nested tables", "a list", "a folder", "a pipe"]
    for kind in kinds:
        run = place / f"unfinished {name} {kind}"
        shutil.copytree(place / "classify" / "good", run)
        (run / "result.json").unlink()
        ANY[kind](run / name)
        said = outcome(asked(run, place)["resume"], run)
        if said:
            wrong.append(f"resume, {name} {kind}: {said}")
        shutil.rmtree(run)
    assert not wrong, "\n".join(wrong)


def test_these_are_a_few_hundred_runs():
    assert len(CASES) > 300
