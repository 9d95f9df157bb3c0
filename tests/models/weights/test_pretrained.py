"""Weights from packages, files and state_dicts: what goes in comes out, what does not fit says why."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from striate.errors import StriateError
from striate.models.build import create_model
from striate.models.weights.pretrained import (
    available_weights,
    find_weights,
    imagenet_classes,
    load_weights,
    preprocessing_of,
)

SHARED = Path(__file__).parents[4] / "shared"
CHELSEA = SHARED / "data" / "photos" / "chelsea.png"
needs_shared = pytest.mark.skipif(
    not CHELSEA.exists(), reason=f"{SHARED} with weights and photos is not here"
)

PUBLISHED = {
    "efficientnet_lite0": {
        "tiger cat": 0.386,
        "Egyptian cat": 0.356,
        "tabby": 0.169,
        "lynx": 0.019,
        "window screen": 0.001,
    },
    "squeezenet1_1": {
        "Egyptian cat": 0.385,
        "tiger cat": 0.316,
        "tabby": 0.287,
        "lynx": 0.005,
        "cheetah": 0.004,
    },
}


def shared_file(name: str) -> Path:
    return SHARED / "weights" / f"{name}.imagenet.safetensors"


def chelsea() -> Tensor:
    """Shorter side to 256, Pillow's bicubic, centre crop 224."""
    picture = Image.open(CHELSEA).convert("RGB")
    ratio = 256 / min(picture.size)
    picture = picture.resize(
        (round(picture.width * ratio), round(picture.height * ratio)), Image.Resampling.BICUBIC
    )
    left, top = (picture.width - 224) // 2, (picture.height - 224) // 2
    picture = picture.crop((left, top, left + 224, top + 224))
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None]


def small(num_classes: int = 10, in_channels: int = 1) -> nn.Module:
    return create_model("lenet5", num_classes, in_channels, image_size=16)


def same(first: nn.Module, second: nn.Module, without: str = "-") -> bool:
    other = second.state_dict()
    return all(
        torch.equal(t, other[key]) for key, t in first.state_dict().items() if not key.startswith(without)
    )


@pytest.mark.parity
@needs_shared
@pytest.mark.parametrize("name", PUBLISHED)
def test_chelsea_is_the_cat_that_the_weights_were_published_with(name):
    network = create_model(name).eval()
    loaded = load_weights(network, shared_file(name))
    assert (loaded.head_replaced, loaded.notes) == (None, ())
    with torch.no_grad():
        probabilities = network(preprocessing_of(name).normalise(chelsea())).softmax(1)[0]
    classes = imagenet_classes()
    for label, published in PUBLISHED[name].items():
        assert probabilities[classes.index(label)].item() == pytest.approx(published, abs=2e-3)
    best = probabilities.topk(5).indices.tolist()
    assert [classes[index] for index in best] == list(PUBLISHED[name])


@pytest.mark.parity
@needs_shared
def test_the_packages_file_holds_the_same_tensors_under_other_names():
    package = find_weights("efficientnet_lite0", download=False)
    assert package == available_weights("efficientnet_lite0")
    network = create_model("efficientnet_lite0")
    loaded = load_weights(network, package)
    assert loaded.tensors == 296
    assert loaded.notes == ("The names of the weights were translated from efficientnet_pytorch's layout.",)
    expected, received = load_file(shared_file("efficientnet_lite0")), network.state_dict()
    assert expected.keys() == received.keys()
    for key, tensor in expected.items():
        assert torch.equal(received[key], tensor), key


def test_timms_names_of_efficientnet_lead_to_the_same_places():
    network, other = create_model("efficientnet_lite0"), create_model("efficientnet_lite0")
    renamed = {}
    for key, tensor in network.state_dict().items():
        renamed[timm_name(key)] = tensor
    assert {"blocks.0.0.conv_dw.weight", "blocks.6.0.bn3.bias", "conv_head.weight"} <= renamed.keys()
    assert load_weights(other, renamed).notes == (
        "The names of the weights were translated from timm's layout.",
    )
    assert same(network, other)


def timm_name(key: str) -> str:
    """timm's name of a weight, from the order of its layers in an inverted residual."""
    parts = key.split(".")
    rest = parts[-1]
    if key.startswith("classifier"):
        return f"classifier.{rest}"
    if parts[1] in ("0", "8"):
        stem = parts[1] == "0"
        return (
            f"{'conv_stem' if stem else 'conv_head'}.{rest}"
            if parts[2] == "0"
            else f"bn{1 if stem else 2}.{rest}"
        )
    stage, block, slot, layer = int(parts[1]), parts[2], int(parts[4]), parts[5]
    convolutions = ["conv_dw", "", "conv_pw"] if stage == 1 else ["conv_pw", "conv_dw", "", "conv_pwl"]
    norms = ["bn1", "", "bn2"] if stage == 1 else ["bn1", "bn2", "", "bn3"]
    return f"blocks.{stage - 1}.{block}.{(convolutions if layer == '0' else norms)[slot]}.{rest}"


@pytest.mark.parametrize("kind", ["safetensors", "pth", "old pth", "pt without a suffix"])
def test_a_file_gives_back_what_was_saved(tmp_path, kind):
    network, other = small(), small()
    path = tmp_path / ("weights" if "without" in kind else f"weights.{kind.split()[-1]}")
    if kind == "safetensors":
        save_file(network.state_dict(), path)
    else:
        torch.save(network.state_dict(), path, _use_new_zipfile_serialization=kind != "old pth")
    assert load_weights(other, path).tensors == len(network.state_dict())
    assert same(network, other)


@pytest.mark.parametrize("wrapped", ["state_dict", "model", "prefix", "both"])
def test_what_trainers_wrap_around_weights_is_removed(tmp_path, wrapped):
    network, other = small(), small()
    stored = network.state_dict()
    if wrapped in ("prefix", "both"):
        stored = {f"model.module.{key}": value for key, value in stored.items()}
    if wrapped != "prefix":
        stored = {"epoch": 3, "model" if wrapped == "model" else "state_dict": stored}
    torch.save(stored, tmp_path / "checkpoint.pth")
    notes = load_weights(other, tmp_path / "checkpoint.pth").notes
    assert same(network, other)
    assert bool(notes) == (wrapped in ("prefix", "both"))


def test_a_network_that_has_a_part_called_model_keeps_its_names():
    network, other = nn.ModuleDict({"model": nn.Linear(2, 3)}), nn.ModuleDict({"model": nn.Linear(2, 3)})
    assert load_weights(other, network.state_dict()).notes == ()
    assert same(network, other)


def test_half_precision_becomes_the_modules_precision():
    network, other = small(), small()
    load_weights(other, {key: value.half() for key, value in network.state_dict().items()})
    assert other.c1.weight.dtype == torch.float32
    torch.testing.assert_close(other.c1.weight, network.c1.weight, rtol=1e-3, atol=1e-4)


def test_counters_of_batch_norm_may_be_missing():
    network, other = create_model("resnet18"), create_model("resnet18")
    old = {key: value for key, value in network.state_dict().items() if "num_batches" not in key}
    assert load_weights(other, old).tensors == len(old)
    assert same(network, other)


def test_a_head_for_other_classes_stays_fresh_and_says_so():
    network, other = small(10), small(3)
    fresh = other.output.weight.clone()
    assert load_weights(other, network.state_dict()).head_replaced == (10, 3)
    assert torch.equal(other.output.weight, fresh)
    other.output = network.output
    assert same(network, other)


def test_colour_weights_are_summed_for_grey_pictures_and_spread_back():
    colour, grey, again = small(in_channels=3), small(in_channels=1), small(in_channels=3)
    pictures = torch.randn(2, 1, 16, 16)
    notes = load_weights(grey, colour.state_dict()).notes
    assert notes == ("The first convolution's RGB weights were summed for grey pictures.",)
    torch.testing.assert_close(grey(pictures), colour(pictures.expand(-1, 3, -1, -1)))
    assert "spread over RGB" in load_weights(again, grey.state_dict()).notes[0]
    torch.testing.assert_close(again(pictures.expand(-1, 3, -1, -1)), grey(pictures))


def refused(network: nn.Module, source: object) -> str:
    """The sentence; the network must not have changed."""
    before = {key: value.clone() for key, value in network.state_dict().items()}
    with pytest.raises(StriateError) as caught:
        load_weights(network, source)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_weights_of_another_network_name_the_first_differences():
    text = refused(small(), torchvision.models.resnet18(weights=None).state_dict())
    assert text.startswith(
        "the state_dict does not fit LeNet5: c1.weight is missing; c1.bias is missing; c3.weight is missing"
    )


def test_weights_for_another_picture_size_name_both_shapes():
    larger = create_model("lenet5", image_size=32)
    text = refused(small(), larger.state_dict())
    assert "c5.weight is 120x400 where the network has 120x16. Give weights of this network" in text


def test_a_missing_or_surplus_tensor_and_a_number_that_is_none_are_named():
    good = small().state_dict()
    without = {key: tensor for key, tensor in good.items() if key != "f6.bias"}
    assert "f6.bias is missing" in refused(small(), without)
    surplus = refused(small(), good | {"extra.weight": torch.ones(1)})
    assert "has all of LeNet5 and 1 names more: extra.weight. Save it without these" in surplus
    broken = good | {"f6.bias": torch.full((84,), float("nan"))}
    assert "not finite in f6.bias" in refused(small(), broken)
    assert "holds no state_dict" in refused(small(), {})


@pytest.mark.parametrize("prefix", ["module.", "model.", "_orig_mod.", "net."])
def test_a_prefix_of_all_names_is_removed_and_one_of_some_is_named(prefix):
    good = small().state_dict()
    assert load_weights(small(), {prefix + name: tensor for name, tensor in good.items()}).notes
    beside = {prefix + name: tensor for name, tensor in good.items()} | {"loss.weight": torch.ones(1)}
    said = refused(small(), beside)
    assert f"{len(good)} of its {len(beside)} names begin with '{prefix}'" in said and "loss.weight" in said


def test_every_network_knows_the_1000_classes_and_its_input():
    classes = imagenet_classes()
    assert (len(classes), classes[0], classes[281], classes[999]) == (1000, "tench", "tabby", "toilet tissue")
    greys = torch.tensor([[0.0, 127.0, 255.0]]).view(1, 1, 1, 3).expand(1, 3, 1, 3).contiguous()
    lite = preprocessing_of("efficientnet_lite0")
    assert lite.size_hw == (224, 224)
    torch.testing.assert_close(lite.normalise(greys)[0, 0, 0], torch.tensor([-127 / 128, 0.0, 1.0]))
    for name in ("resnet18", "squeezenet1_1"):
        assert preprocessing_of(name).mean == (0.485, 0.456, 0.406)
        assert preprocessing_of(name).std == (0.229, 0.224, 0.225)
