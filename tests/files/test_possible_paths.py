"""Paths that no file can have are one line from every public verb."""

import pytest

import striate

LONG = "y" * 300
NAMES = [pytest.param("a\0b", id="nul"), pytest.param(LONG, id="long")]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "call",
    [
        pytest.param(lambda _, bad: striate.check(bad), id="check"),
        pytest.param(lambda data, bad: striate.check(data, out=f"{bad}.html"), id="check out"),
        pytest.param(lambda data, bad: striate.convert(data, out=bad), id="convert out"),
        pytest.param(lambda data, bad: striate.compose(bad, backgrounds=data, out="scenes"), id="compose"),
        pytest.param(lambda _, bad: striate.ladder(bad), id="ladder"),
        pytest.param(lambda _, bad: striate.train(bad), id="train"),
        pytest.param(lambda _, bad: striate.train(resume=bad), id="train resume"),
        pytest.param(lambda data, bad: striate.train(data, model="lenet5", out=bad), id="train out"),
        pytest.param(lambda data, bad: striate.train(data, model="lenet5", split=bad), id="train split"),
        pytest.param(lambda data, bad: striate.train(data, model="lenet5", weights=bad), id="train weights"),
        pytest.param(lambda data, bad: striate.predict(bad, data), id="predict"),
        pytest.param(lambda _, bad: striate.evaluate(bad), id="evaluate"),
        pytest.param(lambda data, bad: striate.explain(bad, data), id="explain"),
        pytest.param(lambda _, bad: striate.compare([bad, bad]), id="compare"),
        pytest.param(lambda _, bad: striate.report(bad), id="report"),
        pytest.param(lambda _, bad: striate.inspect(bad), id="inspect"),
        pytest.param(lambda _, bad: striate.inspect(f"{bad}.onnx"), id="inspect a file"),
        pytest.param(lambda _, bad: striate.load(bad), id="load"),
        pytest.param(
            lambda _, bad: striate.load_weights(striate.create_model("lenet5"), bad), id="load_weights"
        ),
    ],
)
def test_a_path_that_no_file_can_have_is_an_error_for_people(call, name, digits, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(striate.StriateError) as told:
        call(digits, name)
    assert "\n" not in str(told.value)
    assert not any(tmp_path.iterdir())
