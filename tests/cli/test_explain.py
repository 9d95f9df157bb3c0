"""`striate explain` as a person and as a program use it: a picture, a data set, several runs, wrong words."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image
from tests.cli.test_commands import striate  # noqa: F401


def lines(out):
    return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def digit(digits, tmp_path):
    return shutil.copy(digits / "digit 2" / "001.png", tmp_path / "two.png")


def test_one_picture_gives_an_overlay_an_array_and_one_object(striate, digits_run, digit, tmp_path):  # noqa: F811
    code, out, err = striate("explain", digits_run, digit, "--out", tmp_path / "out", "--json")
    (told,) = lines(out)
    assert code == 0, err
    assert told["method"] == "grad-cam" and told["layer"] == "s4" and told["class"].startswith("digit")
    picture, array = told["files"]
    heat = np.load(array)
    assert heat.shape == (28, 28) and heat.dtype == np.float32 and heat.min() >= 0 and heat.max() == 1
    x1, y1, x2, y2 = told["box"]
    assert 0 <= x1 < x2 <= 28 and 0 <= y1 < y2 <= 28 and heat[y1:y2, x1:x2].max() >= 0.5
    with Image.open(picture) as image:
        assert image.format == "PNG" and min(image.size) > 600
    (same,) = lines(striate("predict", digits_run, digit, "--json")[1])
    assert told["class"] == same["label"]
    assert told["probability"] == pytest.approx(same["probability"], abs=1e-5)


def test_a_data_set_gives_a_file_a_picture_the_true_class_and_a_page(striate, digits_run, digits, tmp_path):  # noqa: F811
    for label in "01":
        (tmp_path / "in" / f"digit {label}").mkdir(parents=True)
        for number in range(2):
            shutil.copy(digits / f"digit {label}" / f"00{number}.png", tmp_path / "in" / f"digit {label}")
    shutil.copy(digits / "digit 1" / "003.png", tmp_path / "in" / "digit 0")  # a one among the zeros
    code, out, err = striate("explain", digits_run, tmp_path / "in", "--out", tmp_path / "out", "--json")
    told = lines(out)
    assert code == 0 and len(told) == 5, err
    assert all(one["truth"] == one["file"].split("/")[0] for one in told)
    wrong = next(one for one in told if one["file"] == "digit 0/003.png")
    assert [one["class"] for one in wrong["classes"]] == ["digit 1", "digit 0"]
    assert [one["is_truth"] for one in wrong["classes"]] == [False, True] and len(wrong["files"]) == 3
    page = (tmp_path / "out" / "index.html").read_text()
    assert page.count("<figure>") == 5 * 2 + 1 and "http" not in page.replace("http-equiv", "")
    assert len(list((tmp_path / "out").glob("*.png"))) == 5


def test_a_bad_picture_is_named_and_the_others_go_on(striate, digits_run, digit, tmp_path):  # noqa: F811
    (tmp_path / "bad.png").write_bytes(b"nothing")
    code, out, _ = striate(
        "explain", digits_run, tmp_path / "bad.png", digit, "--out", tmp_path / "o", "--json"
    )
    bad, good = lines(out)
    assert code == 1 and bad["error"] and set(bad) == {"file", "error"} and good["files"]
    code, out, _ = striate("explain", digits_run, tmp_path / "bad.png", digit, "--out", tmp_path / "o")
    assert code == 1 and "bad.png  error: " in out and "grad-cam at s4, hot in " in out


def test_runs_stand_side_by_side_and_explain_the_same_class(striate, digits_run, digit, tmp_path):  # noqa: F811
    code, out, err = striate(
        "explain", digits_run, digit, "--with", digits_run, "--top", 2, "--out", tmp_path / "o", "--json"
    )
    (told,) = lines(out)
    assert code == 0 and len(told["files"]) == 1 + 4, err
    first, second, third, fourth = told["classes"]
    assert first["class"] == third["class"] != second["class"] == fourth["class"]
    assert first["run"] != third["run"] and first["score"] == third["score"]
    np.testing.assert_array_equal(np.load(told["files"][1]), np.load(told["files"][3]))


def test_the_sanity_check_tells_how_similar_heat_of_random_weights_is(striate, digits_run, digit, tmp_path):  # noqa: F811
    code, out, _ = striate("explain", digits_run, digit, "--sanity", "--out", tmp_path / "o", "--json")
    true, head, network = lines(out)[0]["classes"]
    assert code == 0 and "similarity" not in true
    assert head["run"].endswith(", random head") and network["run"].endswith(", random network")
    assert -1 <= head["similarity"] <= 1 and network["similarity"] < 0.9
    eigen = striate(
        "explain", digits_run, digit, "--sanity", "--method", "eigen-cam", "--out", tmp_path / "o", "--json"
    )
    assert lines(eigen[1])[0]["classes"][1]["similarity"] == pytest.approx(1)  # it does not know the head


def test_a_contrast_and_a_class_by_name(striate, digits_run, digit, tmp_path):  # noqa: F811
    words = ("explain", digits_run, digit, "--out", tmp_path / "o", "--json")
    plain = {name: lines(striate(*words, "--class", name)[1])[0]["score"] for name in ("digit 0", "digit 2")}
    (told,) = lines(striate(*words, "--class", "digit 2", "--against", "digit 0")[1])
    assert told["score"] == pytest.approx(plain["digit 2"] - plain["digit 0"], abs=1e-4)
    assert (told["class"], told["against"]) == ("digit 2", "digit 0")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--method", "gradcam"], "unknown method 'gradcam'. Did you mean grad-cam"),
        (["--class", "digit 7"], "unknown class 'digit 7'"),
        (["--class", "digit 1", "--against", "digit 1"], "has no answer; name two"),
        (["--layer", "c9"], "unknown layer 'c9'. Did you mean c5"),
        (["--method", "cam"], "take --method grad-cam"),
        (["--method", "saliency", "--layer", "s4"], "reads pixels, not a layer; leave --layer out"),
    ],
)
def test_what_is_wrong_is_one_line_that_says_what_to_do(striate, digits_run, digit, tmp_path, words, message):  # noqa: F811
    code, out, err = striate("explain", digits_run, digit, "--out", tmp_path / "o", *words)
    assert code == 2 and not out and len(err.splitlines()) == 1
    assert message.lower() in err.lower()


def test_no_picture_and_a_folder_that_cannot_be_made(striate, digits_run, digit, tmp_path):  # noqa: F811
    code, _, err = striate("explain", digits_run)
    assert code == 2 and "grad-cam explains pictures; name some" in err
    (tmp_path / "file").write_text("")
    code, _, err = striate("explain", digits_run, digit, "--out", tmp_path / "file" / "o")
    assert code == 1 and "cannot be made" in err and "Choose another --out" in err
