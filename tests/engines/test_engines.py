"""Every engine computes what torch computes, for any number of images."""

import pytest
import torch
from tests.engines.nets import catalogue_net, pictures, small_net
from torch import nn

from striate.engines.engine import Engine
from striate.engines.normalised import NormalisedModule
from striate.engines.opening import has_bf16, open_engine
from striate.errors import StriateError
from striate.events import Event, Note
from striate.models.catalog import MODELS
from striate.preprocess.preprocessing import Preprocessing

OTHERS = ["openvino", "onnxruntime"]
# Networks that differ in their operations, each at a size that it allows.
SAMPLE = {
    "lenet5": (1, 32, 32),
    "efficientnet_lite0": (3, 64, 64),
    "resnet20_cifar": (3, 32, 32),
    "squeezenet1_1": (3, 64, 64),
}
# Its subsampling and its connection table have operations that OpenVINO's conversion lacks.
LACKING = {"lenet5_1998"}
# Without shortcuts and training so many layers multiply every rounding; torch's own float32 is as far off.
ROUGH = {"plain56_cifar", "plain110_cifar"}


class Odd(nn.Module):
    """Has an operation that neither OpenVINO nor ONNX has."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return torch.special.airy_ai(images.mean(dim=(2, 3)) * self.weight)


@pytest.mark.parametrize("name", ["torch", *OTHERS])
@pytest.mark.parametrize("count", [0, 1, 8, 19])
def test_any_number_of_images_has_an_answer_each(name, count):
    net, images = small_net(), torch.randn(19, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = net(images)[:count]
    engine = open_engine(net, (3, 8, 8), engine=name, precision="fp32")
    found = engine.run(images[:count])[0]
    assert isinstance(engine, Engine)
    assert (engine.name, engine.precision) == (name, "fp32")
    assert found.shape == (count, 3) and found.dtype == torch.float32
    assert torch.allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("model", SAMPLE)
def test_catalogue_networks_agree_with_torch(name, model):
    size = SAMPLE[model]
    net = catalogue_net(model, size)
    images = torch.randn(3, *size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = net(images)
    found = open_engine(net, size, engine=name, precision="fp32").run(images)[0]
    assert (found - expected).abs().max() <= 1e-3 * expected.abs().max()


@pytest.mark.slow
@pytest.mark.parametrize("model", [name for name, entry in MODELS.items() if entry.task == "classify"])
def test_every_network_of_the_catalogue_agrees_with_torch_in_openvino(model):
    entry = MODELS[model]
    if entry.parameters > 70_000_000 or model.startswith(("resnet1202", "resnet110")):
        pytest.skip("as its smaller relatives")
    side = max(entry.smallest, 32 if entry.input[1] <= 64 else 64)
    size = (entry.input[0], side, side) if entry.smallest < entry.input[1] else entry.input
    net = catalogue_net(model, size)
    images = torch.randn(2, *size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = net(images)
    if model in LACKING:
        with pytest.raises(StriateError, match=r"cannot run this network \(it lacks aten::index_put"):
            open_engine(net, size, engine="openvino", precision="fp32")
        return
    found = open_engine(net, size, engine="openvino", precision="fp32").run(images)[0]
    largest = (0.02 if model in ROUGH else 1e-3) * expected.abs().max()
    assert (found - expected).abs().max() <= largest


@pytest.mark.parametrize("name", ["torch", *OTHERS])
def test_normalisation_inside_the_engine_is_that_of_preprocessing(name):
    net, specification = small_net(), Preprocessing((8, 8), 3, (0.1, 0.5, 0.9), (0.2, 0.3, 0.4))
    given = pictures(5)
    means, stds = (torch.tensor(values).view(3, 1, 1) for values in (specification.mean, specification.std))
    with torch.no_grad():
        expected = net((given / 255 - means) / stds)  # as the papers write it
    engine = open_engine(
        NormalisedModule(net, specification), (3, 8, 8), engine=name, precision="fp32", eight_bit=True
    )
    assert torch.allclose(engine.run(given)[0], expected, atol=1e-5)


@pytest.mark.parametrize("name", ["torch", "openvino"])
def test_bf16_rounds_and_fp32_does_not(name):
    if name == "openvino" and not has_bf16():
        pytest.skip("this CPU does not multiply bfloat16")
    net, images = small_net(), torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = net(images)
    coarse = open_engine(net, (3, 8, 8), engine=name, precision="bf16").run(images)[0]
    fine = open_engine(net, (3, 8, 8), engine=name, precision="fp32").run(images)[0]
    assert 1e-4 < (coarse - expected).abs().max() < 0.05 * expected.abs().max()
    assert (fine - expected).abs().max() < 1e-5


@pytest.mark.parametrize("name", OTHERS)
def test_a_network_that_an_engine_lacks_an_operation_for_is_refused_by_name(name):
    with pytest.raises(StriateError, match=f"{name} cannot run this network .*; choose engine torch"):
        open_engine(Odd().eval(), (3, 8, 8), engine=name, precision="fp32")


def test_with_auto_such_a_network_stays_with_torch_and_a_note_says_so():
    events: list[Event] = []
    engine = open_engine(Odd().eval(), (3, 8, 8), precision="fp32", on_event=events.append)
    assert engine.name == "torch"
    assert [type(event) for event in events] == [Note] and "openvino cannot run" in events[0].text


def test_maps_are_results_as_well_as_vectors():
    maps = small_net()[:3].eval()
    images = torch.randn(2, 3, 8, 8)
    found = open_engine(maps, (3, 8, 8), engine="openvino", precision="fp32").run(images)[0]
    with torch.no_grad():
        assert torch.allclose(found, maps(images), atol=1e-5)
    assert found.shape == (2, 8, 4, 4)


def test_a_missing_package_is_named_with_what_brings_it(monkeypatch):
    monkeypatch.setattr("striate.engines.opening.find_spec", lambda _: None)
    with pytest.raises(StriateError, match="engine openvino is not installed: pip install openvino"):
        open_engine(small_net(), (3, 8, 8), engine="openvino")
    with pytest.raises(StriateError, match=r'onnxruntime is not installed: pip install "striate\[onnx\]"'):
        open_engine(small_net(), (3, 8, 8), engine="onnxruntime")
    assert open_engine(small_net(), (3, 8, 8)).name == "torch"


def test_a_precision_that_an_engine_lacks_is_refused():
    with pytest.raises(StriateError, match="onnxruntime computes in fp32 here, not in bf16"):
        open_engine(small_net(), (3, 8, 8), engine="onnxruntime", precision="bf16")


def test_a_network_in_training_mode_is_our_bug():
    with pytest.raises(ValueError, match="eval mode"):
        open_engine(small_net().train(), (3, 8, 8))
