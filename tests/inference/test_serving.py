"""Which engine serves a run, by which rule, and what happens to the run on another machine."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.engines.nets import catalogue_net, pictures
from torch import Tensor, nn

from striate.actions.load import load
from striate.actions.predict import predict
from striate.engines import openvino_engine
from striate.engines.choosing import CHOICES, Choice, parse_choice
from striate.engines.opening import has_bf16
from striate.engines.runner import SMALLEST, EngineRunner, is_worth_converting, multiply_adds
from striate.errors import StriateError
from striate.events import Event, Note, Warned, silent
from striate.inference import engine_choice
from striate.inference.engine_choice import choose_engine, spread
from striate.inference.predictor import Predictor
from striate.models.catalog import MODELS
from striate.preprocess.preprocessing import Preprocessing
from striate.tasks.classify.task import CLASSIFY

SIZE = (3, 32, 32)


@pytest.fixture(scope="module")
def network() -> Predictor:
    """A ResNet-20 for pictures of 32 x 32: large enough to be converted."""
    module = catalogue_net("resnet20_cifar", SIZE, 4)
    specification = Preprocessing((32, 32), 3, (0.5, 0.5, 0.5), (0.3, 0.3, 0.3))
    return Predictor("resnet20_cifar", module, CLASSIFY, specification, ("a", "b", "c", "d"))


def coarse(network: Predictor, monkeypatch: pytest.MonkeyPatch, precisions: set[str]) -> None:
    """Let engines in these precisions answer with the next class."""
    run = EngineRunner.run

    def rolled(self: EngineRunner, given: Tensor) -> Tensor:
        wrong = self.choice.engine == "openvino" and self.choice.precision in precisions
        found = run(self, given)
        return (found[0].roll(1, dims=1),) if wrong else found

    monkeypatch.setattr(EngineRunner, "run", rolled)
    monkeypatch.setattr(
        engine_choice, "candidates", lambda **_: [CHOICES["openvino-bf16"], CHOICES["openvino"]]
    )


@pytest.mark.parametrize("name", ["lenet5", "efficientnet_lite0", "resnet18"])
def test_multiply_adds_are_those_of_the_catalogue(name):
    with torch.device("meta"):
        module = catalogue_net_without_numbers(name)
    counted = multiply_adds(module.to_empty(device="cpu").eval(), MODELS[name].input)
    assert counted == pytest.approx(MODELS[name].multiply_adds, rel=0.01)


def catalogue_net_without_numbers(name: str) -> nn.Module:
    from striate.models.build import create_model

    return create_model(name)


def test_multiply_adds_of_two_layers_are_counted_by_hand():
    net = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Flatten(), nn.Linear(4 * 64, 5)).eval()
    assert multiply_adds(net, (3, 8, 8)) == 8 * 8 * 4 * (3 * 3 * 3) + 4 * 64 * 5
    assert not any(part._forward_hooks for part in net.modules())


def test_agreement_counts_first_answers_and_finds_the_largest_difference():
    reference = torch.tensor([[1.0, 2.0], [5.0, -6.0], [0.0, 1.0], [0.0, 1.0]])
    scores = torch.tensor([[1.5, 2.0], [5.0, -6.0], [1.0, 0.75], [0.0, 1.0]])
    found = CLASSIFY.agreement((scores,), (reference,))
    assert (found.agreement, found.largest_difference, found.largest_score) == (0.75, 1.0, 6.0)


def test_many_pictures_are_compared_from_first_to_last():
    given = torch.arange(10, dtype=torch.uint8).view(10, 1, 1, 1)
    assert spread(given, 4).flatten().tolist() == [0, 3, 6, 9]
    assert spread(given, 10) is given


def test_a_run_is_served_by_openvino_and_the_record_says_how_it_agreed(network):
    served, record = choose_engine(network, pictures(20, SIZE), silent)
    assert record["engine"] == "openvino" and record["pictures"] == 20
    last = record["tried"][-1]
    assert last["engine"] == "openvino" and last["precision"] == record["precision"]
    assert last["agreement"] == 1.0
    assert 0 <= last["largest_difference"] < last["largest_score"]
    assert served.engine is not None and served.engine.opened.name == "openvino"
    assert json.loads(json.dumps(record)) == record


@pytest.mark.skipif(not has_bf16(), reason="this CPU does not multiply bfloat16")
def test_bf16_that_disagrees_leaves_fp32_to_serve_from_the_same_conversion(network, monkeypatch):
    coarse(network, monkeypatch, {"bf16"})
    events: list[Event] = []
    converted: list[object] = []
    convert = openvino_engine.convert
    monkeypatch.setattr(openvino_engine, "convert", lambda *given: converted.append(1) or convert(*given))
    monkeypatch.setenv("STRIATE_CACHE_BYTES", "0")
    _, record = choose_engine(network, pictures(20, SIZE), events.append)
    assert len(converted) == 1
    assert (record["engine"], record["precision"]) == ("openvino", "fp32")
    assert [tried["precision"] for tried in record["tried"]] == ["bf16", "fp32"]
    assert any(isinstance(event, Note) and "too few, not used" in event.text for event in events)


def test_where_no_engine_agrees_torch_serves(network, monkeypatch):
    coarse(network, monkeypatch, {"bf16", "fp32"})
    served, record = choose_engine(network, pictures(20, SIZE), silent)
    assert (record["engine"], record["precision"]) == ("torch", "fp32")
    assert served.engine is not None and served.engine.opened.name == "torch"


@pytest.mark.parametrize(("wrong", "of", "serves"), [(0, 100, True), (1, 199, False), (1, 200, True)])
def test_below_two_hundred_pictures_every_answer_must_agree(wrong, of, serves):
    reference = torch.tensor([[0.0, 1.0]]).repeat(of, 1)
    scores = reference.clone()
    scores[:wrong] = torch.tensor([1.0, 0.0])
    found = CLASSIFY.agreement((scores,), (reference,))
    assert (found.agreement >= engine_choice.LEAST_AGREEMENT) is serves


def test_without_validation_pictures_torch_serves(network):
    _, record = choose_engine(network, pictures(0, SIZE), silent)
    assert record["engine"] == "torch" and "no validation pictures" in record["reason"]


def test_of_large_outputs_fewer_pictures_are_compared(network, monkeypatch):
    monkeypatch.setattr(engine_choice, "OUTPUT_BYTES", 3 * 4 * 4)  # three pictures of four numbers
    _, record = choose_engine(network, pictures(10, SIZE), silent)
    assert record["pictures"] == 3


def test_a_small_network_stays_with_torch(network):
    module = catalogue_net("lenet5", (1, 32, 32), 4)
    small = replace(network, module=module, preprocessing=Preprocessing((32, 32), 1, (0.5,), (0.5,)))
    _, record = choose_engine(small, pictures(5, (1, 32, 32)), silent)
    assert record["engine"] == "torch" and f"{SMALLEST:,}" in record["reason"]
    assert not is_worth_converting(module, (1, 32, 32))


def test_a_trained_run_says_what_serves_it(digits_run):
    record = json.loads((digits_run / "engine.json").read_text(encoding="utf-8"))
    assert record["engine"] == "torch" and record["versions"]["torch"]
    served = load(digits_run).engine
    assert served is not None and served.choice == Choice()


@pytest.fixture
def moved(digits_run: Path, tmp_path: Path) -> Path:
    """A copy of the run that says that OpenVINO serves it."""
    folder = tmp_path / "run"
    shutil.copytree(digits_run, folder)
    (folder / "engine.json").write_text('{"engine": "openvino", "precision": "fp32"}', encoding="utf-8")
    return folder


def test_a_run_answers_alike_with_every_engine(moved, digits):
    files = sorted(str(path) for path in digits.rglob("*.png"))[::20]
    expected = list(predict(moved, files, engine="torch"))
    for engine in ("auto", "openvino", "onnxruntime"):
        for found, wanted in zip(predict(moved, files, engine=engine), expected, strict=True):
            assert found.answer is not None and wanted.answer is not None
            assert found.answer.label == wanted.answer.label
            assert found.answer.probability == pytest.approx(wanted.answer.probability, abs=1e-5)


def test_a_run_on_a_machine_without_openvino_is_served_by_torch_and_a_note_says_so(
    moved, digits, monkeypatch
):
    monkeypatch.setattr("striate.engines.choosing.is_installed", lambda name: name == "torch")
    events: list[Event] = []
    file = str(next(digits.rglob("*.png")))
    (answer,) = predict(moved, file, on_event=events.append)
    assert answer.answer is not None
    (note,) = [event.text for event in events if isinstance(event, Note)]
    assert "served by openvino in fp32, here by torch in fp32" in note


def test_a_run_older_than_engines_is_served_by_torch(moved):
    (moved / "engine.json").unlink()
    served = load(moved).engine
    assert served is not None and served.choice == Choice()


@pytest.mark.parametrize(
    "text", ["{}", "[]", '{"engine": "cuda", "precision": "fp32"}', '{"engine": ["x"], "precision": 1}']
)
def test_a_record_of_no_known_engine_is_refused_with_what_to_do(moved, text):
    (moved / "engine.json").write_text(text, encoding="utf-8")
    with pytest.raises(StriateError, match=r"engine\.json (names no engine .* delete it|is damaged)"):
        load(moved)


def test_bf16_that_was_not_compared_is_warned_of(digits_run):
    events: list[Event] = []
    load(digits_run, engine="openvino-bf16", on_event=events.append)
    assert [type(event) for event in events] == [Warned]
    assert "openvino in bf16 was not found to agree" in events[0].text
    load(digits_run, engine="openvino", on_event=events.append)
    assert len(events) == 1


def test_an_unknown_engine_is_refused_by_name(digits_run):
    with pytest.raises(StriateError, match="unknown engine 'tensorrt'; there are torch, openvino"):
        load(digits_run, engine="tensorrt")
    assert parse_choice("openvino-bf16") == Choice("openvino", "bf16")
