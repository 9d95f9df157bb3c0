"""A run in 8-bit integers: made once, kept in the run, and serving only where it agrees with torch."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from striate.actions.evaluate import evaluate
from striate.actions.load import load
from striate.actions.predict import predict
from striate.engines.choosing import Choice
from striate.errors import StriateError, WorkFailed
from striate.events import Event, Note, Warned
from striate.inference import int8
from striate.inference.pictures.streaming import Prediction
from striate.inference.predictor import Predictor
from striate.tasks.classify.calibration import fit_temperature
from striate.tasks.classify.task import labels_of, scores_of

ENGINE = "openvino-int8"


@pytest.fixture
def run(digits_run: Path, tmp_path: Path) -> Path:
    """A copy of the run, to write to."""
    return shutil.copytree(digits_run, tmp_path / "run")


@pytest.fixture(scope="module")
def made(digits_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the run that has been asked for int8. Tests copy it again."""
    folder = shutil.copytree(digits_run, tmp_path_factory.mktemp("made") / "run")
    load(folder, engine=ENGINE)
    return folder


def record(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "engine.json").read_text(encoding="utf-8"))
    return found


def never(*_: object, **__: object) -> Any:
    raise AssertionError("it is made again")


def answers(run: Path, digits: Path, engine: str) -> list[Prediction]:
    return list(predict(run, sorted(str(path) for path in digits.rglob("*.png"))[::10], engine=engine))


def test_it_answers_as_torch_does_and_the_run_says_how_that_was_found(made, digits):
    found = record(made)
    plain = json.loads((made / "calibration.json").read_text(encoding="utf-8"))
    assert found["int8"]["pictures"] == plain["pictures"] and found["int8"]["agreement"] == 1.0
    assert 0 < found["int8"]["largest_difference"] < found["int8"]["largest_score"]
    assert found["int8"]["calibrated_on"] == 84  # 70 % of 120
    assert (found["engine"], found["precision"]) == ("torch", "fp32"), "auto stays what it was"
    for one, other in zip(answers(made, digits, ENGINE), answers(made, digits, "torch"), strict=True):
        assert one.answer is not None and other.answer is not None
        assert one.answer.label == other.answer.label
    served = load(made, engine=ENGINE).engine
    assert served is not None and (served.opened.name, served.opened.precision) == ("openvino", "int8")


def test_its_temperature_is_fitted_with_it(made):
    network = load(made, engine=ENGINE)
    pictures, truths = int8._pictures(network, int8.RunFolder.open(made), "validation", 1000, lambda _: None)
    assert len(truths) == record(made)["int8"]["pictures"]
    expected = fit_temperature(network.outputs(pictures)[0], labels_of(truths))
    assert network.calibration["temperature"] == pytest.approx(expected, rel=1e-3)


def test_evaluate_measures_it(made, digits_run):
    found, plain = evaluate(made, engine=ENGINE), evaluate(digits_run, engine="torch")
    scores, others = scores_of(found.answers, 3), scores_of(plain.answers, 3)
    assert found.names == plain.names and not torch.equal(scores, others)
    assert (scores - others).abs().max() < 0.1 * others.abs().max()


def test_the_second_time_neither_pictures_nor_quantiser_are_needed(made, tmp_path, monkeypatch):
    moved = shutil.copytree(made, tmp_path / "moved")
    monkeypatch.setattr(int8, "own_pictures", never)
    monkeypatch.setattr(int8, "is_installed", lambda _: False)
    events: list[Event] = []
    first = torch.randint(0, 256, (2, 1, 32, 32), dtype=torch.uint8)
    found = load(moved, engine=ENGINE, on_event=events.append).outputs(first)[0]
    assert torch.equal(found, load(made, engine=ENGINE).outputs(first)[0])
    assert events == []


@pytest.mark.parametrize(
    "damage",
    ["network changed", "network gone", "no record", "half a record", "no temperature", "no mapping"],
)
def test_what_is_damaged_is_made_again(made, tmp_path, damage):
    run = shutil.copytree(made, tmp_path / "run")
    found = record(run)
    match damage:
        case "network changed":
            (run / "int8.onnx").write_bytes(b"another network")
        case "network gone":
            (run / "int8.onnx").unlink()
        case "no record":
            del found["int8"]
        case "half a record":
            del found["int8"]["agreement"]
        case "no temperature":
            found["int8"]["temperature"] = float("nan")
        case "no mapping":
            found["int8"] = [1]
    (run / "engine.json").write_text(json.dumps(found), encoding="utf-8")
    events: list[Event] = []
    load(run, engine=ENGINE, on_event=events.append)
    assert any(isinstance(event, Note) and "made once for this run" in event.text for event in events)
    assert record(run)["int8"] == record(made)["int8"]
    assert (run / "int8.onnx").read_bytes() == (made / "int8.onnx").read_bytes()


def test_where_it_disagrees_it_is_refused_and_that_is_remembered(run, monkeypatch):
    monkeypatch.setattr(int8, "_quantised", _of_random_weights)
    with pytest.raises(StriateError, match=r"in int8 gives torch's answer for \d+ of 18 .* asks for 99\.5 %"):
        load(run, engine=ENGINE)
    assert record(run)["int8"]["agreement"] < 0.9
    assert not (run / "int8.onnx").exists()
    monkeypatch.setattr(int8, "_made", never)
    with pytest.raises(StriateError, match="Use --engine auto"):
        load(run, engine=ENGINE)


def _of_random_weights(network: Any, given: torch.Tensor) -> bytes:
    from tests.engines.nets import catalogue_net

    from striate.engines.int8 import quantise
    from striate.engines.normalised import NormalisedModule

    other = NormalisedModule(catalogue_net("lenet5", (1, 32, 32), 3), network.preprocessing)
    return quantise(other, torch.zeros(2, 1, 32, 32, dtype=torch.uint8), given)


def test_without_the_run_s_pictures_it_is_not_made(run):
    text = (run / "dataset.json").read_text(encoding="utf-8")
    content = json.loads(text) | {"data": "/nowhere"}
    (run / "dataset.json").write_text(json.dumps(content), encoding="utf-8")
    config = (run / "config.toml").read_text(encoding="utf-8")
    (run / "config.toml").write_text(config.replace("[resolved]", "[forgotten]"), encoding="utf-8")
    with pytest.raises(StriateError, match=r"pictures of .*, which are not where they were; put them there"):
        load(run, engine=ENGINE)


def test_without_the_quantiser_the_extra_that_brings_it_is_named(run, monkeypatch):
    monkeypatch.setattr(int8, "is_installed", lambda name: name != "onnxruntime")
    with pytest.raises(StriateError, match=r'pip install "striate\[onnx\]", or --engine auto'):
        load(run, engine=ENGINE)


def test_a_catalogue_network_has_no_pictures_to_make_it_with(shared):
    weights = shared / "weights" / "squeezenet1_1.imagenet.safetensors"
    with pytest.raises(StriateError, match="made with the pictures of a run, and squeezenet1_1 is none"):
        load("squeezenet1_1", weights=weights, engine=ENGINE)


def test_a_run_that_cannot_be_written_is_served_all_the_same(run, monkeypatch):
    def full(*_: object) -> None:
        raise WorkFailed("no space left")

    monkeypatch.setattr(int8, "write_bytes", full)
    events: list[Event] = []
    network = load(run, engine=ENGINE, on_event=events.append)
    assert network.outputs(torch.zeros(1, 1, 32, 32, dtype=torch.uint8))[0].shape == (1, 3)
    assert any(isinstance(event, Warned) and "no space left" in event.text for event in events)
    assert "int8" not in record(run)


def test_a_record_cannot_make_int8_what_auto_means(made, tmp_path):
    run = shutil.copytree(made, tmp_path / "run")
    (run / "engine.json").write_text('{"engine": "openvino", "precision": "int8"}', encoding="utf-8")
    with pytest.raises(StriateError, match="names no engine that this Striate knows"):
        load(run)
    with pytest.raises(ValueError, match="no engine"):
        Choice.of("openvino", "int8")


def test_a_network_with_several_outputs_has_no_int8(run, monkeypatch):
    outputs = Predictor.outputs
    monkeypatch.setattr(Predictor, "outputs", lambda self, pictures: outputs(self, pictures) * 2)
    with pytest.raises(StriateError, match="lenet5 has 2 outputs, and int8 is made for one"):
        load(run, engine=ENGINE)
    assert not (run / "int8.onnx").exists()
