"""A network written as a pattern, from training to predictions, as any named network."""

import json

import striate
from striate.actions.load import load

PATTERN = "INPUT 16x16x1 -> [CONV3-8 -> RELU -> POOL2]*2 -> FC32 -> RELU -> FC10"


def test_a_pattern_is_trained_saved_resumed_and_predicts(digits, tmp_path):
    run = striate.train(digits, model=PATTERN, epochs=4, lr=4e-3, out=tmp_path)
    assert run.path.name == "digits-pattern"
    assert run.metrics["accuracy"] > 0.6  # three classes
    record = json.loads((run.path / "result.json").read_text())
    assert record["model"] == PATTERN
    network = load(run.path)
    assert network.module.pattern == PATTERN
    assert network.module.layers.fc2.out_features == 3  # the data decides how many classes
    assert network.predict(digits / "digit 0/000.png").label.startswith("digit")
    (run.path / "result.json").unlink()  # as if it had been stopped at its end
    assert striate.train(resume=run.path).metrics == run.metrics


def test_lenet_of_1998_is_trained_on_few_digits_and_starts_anew_from_its_own_weights(digits, tmp_path):
    run = striate.train(digits, model="lenet5_1998", recipe="scratch", epochs=6, lr=4e-3, out=tmp_path)
    assert run.metrics["accuracy"] > 0.6
    again = striate.train(
        digits, model="lenet5_1998", weights=str(run.path / "best.safetensors"), epochs=2, out=tmp_path
    )
    assert again.metrics["accuracy"] > 0.6
