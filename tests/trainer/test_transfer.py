"""`--transfer`: every mode writes an ordinary run, and auto says what it chose and why."""

import json
import shutil
import tomllib
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from tests.conftest import write_digits

from striate.actions.load import load
from striate.actions.train import train
from striate.data.datasets.recognise import open_dataset
from striate.errors import StriateError
from striate.events import EpochEnded, Note, silent
from striate.runs.weights import read_weights
from striate.tasks.classify import from_features
from striate.tasks.classify.task import CLASSIFY
from striate.tasks.locate.task import LOCATE
from striate.trainer.options import TrainOptions
from striate.trainer.pictures.prepared_data import PreparedData
from striate.trainer.plan import make_plan
from striate.trainer.reckoning.dry_run import dry_run
from striate.trainer.reckoning.duration import REPORT
from striate.trainer.transferring import frozen_trunk
from striate.trainer.transferring.features import FeatureBatches
from striate.training.trials.pace import NO_TIME, Pace


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """Digits that `digits_run` has not seen: threes, fours and fives."""
    return write_digits(tmp_path_factory.mktemp("others") / "digits", "345", 30)


def trained(data, run, tmp_path, mode, **more):
    return train(data, weights=run, transfer=mode, out=tmp_path, **more).path


@pytest.mark.parametrize("mode", ["probe", "features", "frozen"])
def test_a_mode_of_features_leaves_the_trunk_as_it_was(others, digits_run, tmp_path, mode):
    path = trained(others, digits_run, tmp_path, mode)
    result = json.loads((path / "result.json").read_text())
    assert result["metrics"]["accuracy"] > 0.6  # a guess has a third right
    before, _ = read_weights(digits_run / "best.safetensors")
    after, architecture = read_weights(path / "best.safetensors")
    trunk = [name for name in before if not name.startswith("output.")]
    assert trunk and all(torch.equal(before[name], after[name]) for name in trunk)
    assert architecture.get("hidden") == (256 if mode == "features" else None)
    network = load(path)
    picture = next(others.rglob("*.png"))
    assert network.predict(picture).label in network.labels
    resolved = tomllib.loads((path / "config.toml").read_text())["resolved"]
    assert resolved["recipe"] == mode


def test_auto_opens_one_engine_for_the_trunk_and_fits_one_probe(others, digits_run, tmp_path, monkeypatch):
    opened, fitted = [], []
    open_engine, fit_probe = frozen_trunk.open_engine, from_features.fit_probe
    monkeypatch.setattr(
        frozen_trunk, "open_engine", lambda *given, **more: opened.append(1) or open_engine(*given, **more)
    )
    monkeypatch.setattr(
        from_features, "fit_probe", lambda *given, **more: fitted.append(1) or fit_probe(*given, **more)
    )
    heard = []
    weights = digits_run / "best.safetensors"
    trained(others, weights, tmp_path, "auto", model="lenet5", on_event=heard.append)
    assert any("transfer: " in event.text for event in heard if isinstance(event, Note))
    assert (len(opened), len(fitted)) == (1, 1)


def test_fine_tuning_begins_with_the_probe_and_changes_the_last_blocks(others, digits_run, tmp_path):
    heard = []
    path = trained(others, digits_run, tmp_path, "finetune", epochs=4, on_event=heard.append)
    stages = [event.stage for event in heard if isinstance(event, EpochEnded)]
    assert stages == ["probe", "last block", "last 2 blocks", "last 4 blocks"]
    lines = [json.loads(line) for line in (path / "metrics.jsonl").read_text().splitlines()]
    best = max((line["validation_accuracy"], -line["validation_loss"]) for line in lines)
    chosen = [line for line in lines if line["best"]][-1]
    assert (chosen["validation_accuracy"], -chosen["validation_loss"]) == best


def test_minutes_too_few_for_an_epoch_of_the_last_block_are_some_steps_of_it(
    others, digits_run, tmp_path, monkeypatch
):
    """The stage before it takes no steps, and has no pace."""
    slow, fitted = [NO_TIME, *[Pace(0.5, 0.0)] * 3], []
    fit_probe = from_features.fit_probe
    monkeypatch.setattr(
        from_features, "fit_probe", lambda *given, **more: fitted.append("probe") or fit_probe(*given, **more)
    )
    monkeypatch.setattr(
        "striate.trainer.reckoning.measuring.paces_of", lambda *_: fitted.append("paces") or slow
    )
    monkeypatch.setattr("striate.trainer.reckoning.measuring.finishing_seconds", lambda *_: 0.0)
    heard = []
    path = trained(
        others, digits_run, tmp_path, "finetune", minutes=0.05, batch_size=2, on_event=heard.append
    )
    assert [event.stage for event in heard if isinstance(event, EpochEnded)] == ["probe", "last block"]
    resolved = tomllib.loads((path / "config.toml").read_text())["resolved"]
    assert 1 <= resolved["decided"]["steps"] <= 6  # 0.05 minutes are six steps, less what the probe took
    assert fitted == ["probe", "paces"]  # so that its time counts, and once


@pytest.mark.parametrize("mode", ["probe", "features", "finetune"])
def test_a_stopped_run_ends_as_one_that_was_not(others, digits_run, tmp_path, mode):
    more = {"epochs": 4} if mode == "finetune" else {}
    whole = trained(others, digits_run, tmp_path / "whole", mode, **more)

    class Stop(Exception):
        pass

    def stop(event):
        if isinstance(event, EpochEnded):
            raise Stop

    with pytest.raises(Stop):
        trained(others, digits_run, tmp_path / "part", mode, checkpoint_seconds=1e-9, on_event=stop, **more)
    (part,) = (tmp_path / "part" / "classify").iterdir()
    train(resume=part)
    assert (part / "best.safetensors").read_bytes() == (whole / "best.safetensors").read_bytes()


def test_the_same_seed_gives_the_same_head_with_and_without_the_cache(
    others, digits_run, tmp_path, monkeypatch
):
    first = trained(others, digits_run, tmp_path, "probe")
    monkeypatch.setenv("STRIATE_CACHE_BYTES", "100000000")
    monkeypatch.setenv("STRIATE_CACHE", str(tmp_path / "cache"))
    second = trained(others, digits_run, tmp_path, "probe")
    kept = list((tmp_path / "cache" / "features").iterdir())
    third = trained(others, digits_run, tmp_path, "probe")
    assert len(kept) == 2  # the training part's and the validation part's
    assert sorted(kept) == sorted((tmp_path / "cache" / "features").iterdir())
    bytes_of = [(path / "best.safetensors").read_bytes() for path in (first, second, third)]
    assert bytes_of[0] == bytes_of[1] == bytes_of[2]
    for path in kept:
        path.write_bytes(b"damaged")
    fourth = trained(others, digits_run, tmp_path, "probe")
    assert (fourth / "best.safetensors").read_bytes() == bytes_of[0]


def test_a_dense_head_is_left_out_where_a_run_is_the_start(others, digits_run, digits, tmp_path):
    dense = trained(others, digits_run, tmp_path, "features")
    heard = []
    path = trained(digits, dense, tmp_path, "probe", on_event=heard.append)
    assert "hidden" not in read_weights(path / "best.safetensors")[1]
    assert any("dense head of the earlier run is left out" in e.text for e in heard if isinstance(e, Note))


def test_small_and_uneven_classes_are_learned(digits_run, others, tmp_path):
    data = shutil.copytree(others, tmp_path / "data")
    for path in sorted((data / "digit 3").iterdir())[2:]:
        path.unlink()  # two pictures: training only, missing from validation and test
    for path in sorted((data / "digit 4").iterdir())[5:]:
        path.unlink()
    for mode in ("probe", "features"):
        path = trained(data, digits_run, tmp_path, mode)
        record = json.loads((path / "dataset.json").read_text())
        assert record["counts"]["validation"]["digit 3"] == 0
        assert any("only in training" in note for note in record["notes"])
        assert (path / "result.json").is_file()


def test_what_contradicts_itself_is_refused(others, digits_run, tmp_path):
    for given, words in (
        ({"transfer": "probe", "model": "lenet5"}, "add --weights"),
        ({"transfer": "probe", "weights": digits_run, "recipe": "scratch"}, "leave out one"),
        ({"transfer": "scratch", "weights": digits_run}, "leave out --weights"),
    ):
        with pytest.raises(StriateError, match=words):
            train(others, out=tmp_path, **given)


@pytest.mark.parametrize("recipe", ["probe", "features", "finetune"])
def test_a_recipe_that_learns_from_features_is_refused_where_the_task_cannot(digits, recipe):
    """It once trained nothing and ended in an assertion."""
    options = TrainOptions(data=digits, task="locate", recipe=recipe)
    with pytest.raises(StriateError, match="locate cannot learn from the features of a frozen trunk"):
        make_plan(LOCATE, options.of_network, options.of_schedule, open_dataset(digits, silent))


def test_an_option_of_a_task_overrides_the_recipes_field_of_its_name(digits):
    """No line of the trainer names it."""
    options = TrainOptions(data=digits, model="lenet5", label_smoothing=0.25)
    asked = options.of_schedule
    assert asked.of_task == {"label_smoothing": 0.25, "balance": None} and asked.asks_for_steps
    plan = make_plan(CLASSIFY, options.of_network, asked, open_dataset(digits, silent))
    assert plan.recipe(100).label_smoothing == 0.25
    another = replace(plan, schedule=replace(asked, of_task={"clip": 3.0}))
    assert another.recipe(100).clip == 3 and another.recipe(100).label_smoothing != 0.25
    balanced = TrainOptions(data=digits, balance="weights").of_schedule
    assert not balanced.asks_for_steps, "a probe is balanced as well"


def test_feature_batches_show_every_picture_once_an_epoch_in_another_order():
    features = torch.arange(10.0)[:, None]
    batches = FeatureBatches(features, torch.arange(10) % 2, torch.arange(10) + 100, 4, seed=1)
    epochs = [torch.cat([batch.rows for batch in batches.epoch(number)]).tolist() for number in (0, 1)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(100, 110)) and epochs[0] != epochs[1]
    last = list(batches.epoch(0, first=2))
    assert len(last) == 1 and last[0].rows.tolist() == epochs[0][-3:]
    assert all(torch.equal(b.pictures[:, 0] + 100, b.rows.float()) for b in batches.epoch(0))


@pytest.mark.parametrize(("side", "together"), [(28, 256), (224, 41), (4096, 1)])
def test_fewer_large_pictures_are_judged_at_once(side, together):
    store = SimpleNamespace(pictures=torch.empty(1, 3, side, side, device="meta"))
    assert PreparedData.judged_together.fget(SimpleNamespace(store=store)) == together


@pytest.mark.parametrize("mode", ["probe", "features"])
def test_a_dry_run_counts_what_learns_from_features(others, digits_run, mode):
    """It once said that this takes no time."""
    estimate = dry_run(data=str(others), weights=str(digits_run), transfer=mode)["estimate"]
    assert estimate["training_seconds"] > 0 and estimate["finishing_seconds"] >= REPORT
    parts = ("reading_seconds", "training_seconds", "finishing_seconds")
    assert estimate["seconds"] == pytest.approx(sum(estimate[part] for part in parts), abs=0.2)
