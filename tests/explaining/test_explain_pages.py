"""The methods of `explain` that draw pages, on a real run of digits, through both doors."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

import striate
from striate.actions.load import load
from striate.cli.main import app
from striate.data.decoding.decode import as_picture
from striate.errors import StriateError
from striate.explaining.trunk import load_trunk
from striate.inference.predictor import Predictor
from striate.models.build import create_model
from striate.preprocess.preprocessing import Preprocessing
from striate.tasks.classify.task import CLASSIFY
from striate.tasks.locate.task import LOCATE


@pytest.fixture
def digit(digits):
    return next((digits / "digit 2").iterdir())


def test_activations_show_every_layer_and_tell_zeros(digits_run, digit, tmp_path):
    (page,) = striate.explain(digits_run, digit, method="activations", out=tmp_path)
    assert list(page.figures) == ["zeros", "001-c1", "002-s2", "003-c3", "004-s4"]
    told = page.to_json()
    assert told["method"] == "activations"
    silent = [layer["silent"] for layer in told["layers"]]
    assert silent == [layer["dead"] for layer in told["layers"]]  # the key of before stays
    assert (
        f" {sum(map(len, silent)):,} silent on this picture." in told["line"] and "dead" not in told["line"]
    )
    assert told["class"] == "digit 2"
    assert [layer["output"] for layer in told["layers"]][:2] == [[6, 28, 28], [6, 14, 14]]
    folder = tmp_path / f"{digit.stem}-activations"
    assert told["files"][0] == str(folder / "index.html")
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        ["index.html", "zeros.png", "001-c1.png", "002-s2.png", "003-c3.png", "004-s4.png"]
    )
    with Image.open(folder / "001-c1.png") as written:
        assert written.size == page.figures["001-c1"].size
    assert "data:image/webp" in (folder / "index.html").read_text()


def test_one_channel_is_drawn_large_and_its_layer_is_an_array(digits_run, digit, tmp_path):
    (page,) = striate.explain(digits_run, digit, method="activations", layer="c3", channel=7, out=tmp_path)
    assert list(page.figures) == ["c3-7"]
    maps = np.load(tmp_path / f"{digit.stem}-activations" / "c3.npy", allow_pickle=False)
    network = load(digits_run)
    picture = network.preprocessing.fit_picture(as_picture(digit))
    module, images = network.module, network.preprocessing.normalise(picture[None])
    expected = module.relu3(module.c3(module.s2(module.relu1(module.c1(images)))))[0]
    assert maps == pytest.approx(expected.detach().numpy(), abs=1e-5)


def test_filters_show_kernels_patterns_and_patches_of_the_runs_own_pictures(digits_run):
    (page,) = striate.explain(digits_run, method="filters", plain=True)
    assert list(page.figures) == ["kernels", "c1", "c3"]
    told = page.to_json()
    assert [layer["channels"] for layer in told["layers"]] == [list(range(6)), list(range(8))]
    first = told["layers"][0]["patches"]["0"]
    assert len(first) == 4
    assert all(one["file"].startswith("digit") for one in first)
    values = [one["value"] for one in first]
    assert values == sorted(values, reverse=True)
    x1, y1, x2, y2 = first[0]["box"]
    assert 0 < x2 - x1 <= 5
    assert 0 < y2 - y1 <= 5


def test_a_table_is_read_as_the_task_reads_it(digits_run, digit, tmp_path):
    """A CSV of boxes was opened as one of classes, in which every line is a picture."""
    network = replace(load(digits_run), task=LOCATE)
    shutil.copy(digit, tmp_path / "one.png")
    lines = ["image,x1,y1,x2,y2,label", "one.png,1,1,9,9,a", "one.png,2,2,9,9,b"]
    (tmp_path / "boxes.csv").write_text("\n".join(lines) + "\n")
    heard = []
    found = striate.explain(network, tmp_path / "boxes.csv", method="filters", on_event=heard.append)
    assert list(found)
    assert not any("columns that are not read" in str(event) for event in heard)


def test_a_deconvnet_brings_nine_channels_back(digits_run, digit):
    (page,) = striate.explain(digits_run, digit, method="deconvnet")
    told = page.to_json()
    assert told["layer"] == "c3"
    assert len(told["channels"]) == 9
    answer = striate.load(digits_run).predict(digit)
    assert (told["class"], told["score"]) == (answer.label, pytest.approx(answer.probability, abs=1e-6))
    assert page.arrays[f"c3-{told['channels'][0]['channel']}"].shape[0] == 1


def test_a_deconvnet_starts_at_the_fifth_convolution_of_a_deeper_network(digit):
    torch.manual_seed(0)
    specification = Preprocessing((32, 32), 3, (0.5,) * 3, (0.5,) * 3)
    module = create_model("vgg11", 4, image_size=(32, 32)).eval()
    network = Predictor("vgg11", module, CLASSIFY, specification, tuple("abcd"))
    (page,) = striate.explain(network, digit, method="deconvnet")
    assert page.to_json()["layer"] == "features.11"


def test_invariance_measures_seven_changes_of_the_runs_own_test_part(digits_run):
    (page,) = striate.explain(digits_run, method="invariance", with_runs=[digits_run])
    one, same = page.to_json()["runs"]
    assert one["changes"] == same["changes"]
    assert list(one["changes"]) == ["shift", "rotation", "scale", "noise", "blur", "brightness", "jpeg"]
    shift = one["changes"]["shift"]
    evaluated = striate.evaluate(digits_run).metrics["accuracy"]
    assert shift["accuracy"][0] == pytest.approx(evaluated)  # nothing is changed yet
    assert shift["same_answer"][0] == 1
    assert shift["accuracy"][-1] < shift["accuracy"][0]  # 40 % of the width is too much
    assert list(one["odd_inputs"])[:2] == ["mirrored", "upside down"]
    assert "equivariance digits-lenet5" in page.figures or len(page.figures) == 10


def test_invariance_of_one_picture_follows_the_probability_of_its_answer(digits_run, digit):
    (page,) = striate.explain(digits_run, digit, method="invariance")
    course = page.to_json()["runs"][0]["changes"]["rotation"]
    answer = striate.load(digits_run).predict(digit)
    assert course["probability_of_first_answer"][0] == pytest.approx(answer.probability, abs=1e-6)
    assert course["accuracy"] is None


def test_an_embedding_maps_the_test_part_and_finds_neighbours(digits_run, digits, digit):
    (page,) = striate.explain(digits_run, method="embedding", near=str(digit))
    told = page.to_json()
    count = len(told["pictures"])
    assert page.arrays["features"].shape == (count, 84)
    assert page.arrays["places"].shape == (count, 2)
    (neighbours,) = told["neighbours"].values()
    assert sum(one["file"].startswith("digit 2") for one in neighbours) >= 5
    (everything,) = striate.explain(digits_run, digits, method="embedding")
    assert len(everything.to_json()["pictures"]) == 120
    assert len(everything.to_json()["neighbours"]) == 3
    near = [name for name in everything.figures if name.startswith("near ")]
    assert [name.split("/")[0] for name in near] == ["near digit 0", "near digit 1", "near digit 2"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "activations"}, "activations are a network's answer to a picture; name one"),
        ({"method": "deconvnet"}, "a deconvnet starts from a network's answer"),
        ({"method": "filters", "channel": 3}, "name the layer with --layer"),
        (
            {"method": "filters", "layer": "c1", "channel": 99},
            "c1 has no channel 99; its channels are 0 to 5",
        ),
        (
            {"method": "grad-cam", "plain": True},
            "--plain is for filters; grad-cam does not read it. Leave it out",
        ),
        (
            {"method": "saliency", "channel": 0},
            "--channel is for activations, filters and deconvnet; saliency",
        ),
        (
            {"method": "embedding", "against": "digit 1"},
            "--against is for heat maps; embedding does not read it",
        ),
        ({"method": "filters", "layer": "c9"}, "unknown convolution 'c9'. Did you mean c3 or c1"),
    ],
)
def test_what_cannot_be_explained_is_one_sentence(digits_run, options, message):
    with pytest.raises(StriateError, match=message):
        striate.explain(digits_run, **options)


def test_the_command_prints_one_line_and_the_files_or_one_json_object(digits_run, digit, tmp_path):
    words = ["explain", str(digits_run), str(digit), "--method", "activations", "--layer", "c1"]
    told = CliRunner().invoke(app, [*words, "--out", str(tmp_path)])
    assert told.exit_code == 0, told.output
    assert "digit 2" in told.stdout
    assert "index.html" in told.stdout
    again = CliRunner().invoke(app, [*words, "--out", str(tmp_path), "--json"])
    value = json.loads(again.stdout.strip().splitlines()[-1])
    assert {"files", "method", "layer", "class", "score", "box"} <= value.keys()
    assert value["layer"] == "c1"


def test_a_trunk_without_a_classifier_is_read_blue_first(shared):
    weights = shared / "weights" / "vgg16_features.hed.safetensors"
    network = load_trunk("vgg16", weights)
    assert network.labels == ()
    picture = torch.randint(0, 256, (1, 3, 32, 32), dtype=torch.uint8)
    from safetensors.torch import load_file

    first = load_file(weights)["features.0.weight"].float(), load_file(weights)["features.0.bias"].float()
    blue_first = picture.float().flip(1) - torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)
    expected = torch.nn.functional.conv2d(blue_first, *first, padding=1)  # as weights/README.md says
    found = network.module.features[0](network.preprocessing.normalise(picture))
    assert torch.allclose(found, expected, atol=1e-2)
    assert load_trunk("vgg16", shared / "weights" / "squeezenet1_1.imagenet.safetensors") is None
    assert load_trunk("resnet18", weights) is None


def test_a_bad_picture_is_named_and_the_others_go_on(digits_run, digit, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    for method in ("activations", "deconvnet"):
        first, second = striate.explain(digits_run, [bad, digit], method=method)
        assert "error" in first.to_json()
        assert second.to_json()["layer" if method == "deconvnet" else "class"] in ("c3", "digit 2")


def test_pictures_of_one_name_in_two_folders_get_a_folder_each(digits_run, digits, tmp_path):
    pictures = [digits / f"digit {label}" / "000.png" for label in "01"]
    pages = striate.explain(digits_run, pictures, method="activations", layer="c1", out=tmp_path)
    written = [Path(page.files[0]).parent.name for page in pages]
    assert written == ["000-activations", "000-activations-2"]
    assert all(Path(file).is_file() for page in pages for file in page.files)


def test_a_trunk_shows_activations_without_an_answer(shared, tmp_path):
    weights = shared / "weights" / "vgg16_features.hed.safetensors"
    (page,) = striate.explain(
        "vgg16", shared / "data/photos/chelsea.jpg", method="activations", layer="features.0", weights=weights
    )
    told = page.to_json()
    assert told["class"] is None
    assert told["layers"][0]["output"] == [64, 224, 224]
    assert list(page.figures) == ["001-features.0"]
