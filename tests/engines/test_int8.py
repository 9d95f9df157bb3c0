"""Quantised networks: what is stored is what the formulas say, and the answers stay near torch's."""

import pytest
import torch
from tests.engines.nets import pictures, small_net
from tests.engines.test_engines import Odd

from striate.engines.errors import CannotConvert
from striate.engines.int8 import quantise
from striate.engines.normalised import NormalisedModule
from striate.engines.openvino_engine import OpenVinoEngine, open_quantised
from striate.machine.cpu import cpu
from striate.preprocess.preprocessing import Preprocessing

EXAMPLE = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
READING = NormalisedModule(small_net(), Preprocessing((8, 8), 3, (0.1, 0.5, 0.9), (0.2, 0.3, 0.4)))

# A CPU without VNNI adds pairs of 8-bit products in 16 bits, which are cut off where they do not fit.
EXACT = any("vnni" in feature for feature in cpu().features)


@pytest.fixture(scope="module")
def content() -> bytes:
    return quantise(READING, EXAMPLE, pictures(40))


def test_weights_are_stored_as_rounded_shares_of_each_channel_s_largest(content):
    import onnx
    from onnx import numpy_helper

    stored = {
        one.name: numpy_helper.to_array(one) for one in onnx.load_from_string(content).graph.initializer
    }
    kernels = [value for value in stored.values() if value.dtype == "int8" and value.ndim == 4]
    weight = READING.network[0].weight.detach()
    largest = weight.abs().amax(dim=(1, 2, 3), keepdim=True)
    expected = (weight / (largest / 127)).round()
    (found,) = [kernel for kernel in kernels if kernel.shape == tuple(weight.shape)]
    assert (torch.from_numpy(found.copy()) - expected).abs().max() <= 1  # a half may fall to either side
    assert len(kernels) == 2


def test_the_last_layer_stays_in_float(content):
    import onnx
    from onnx import numpy_helper

    stored = [numpy_helper.to_array(one) for one in onnx.load_from_string(content).graph.initializer]
    head = READING.network[6].weight.detach().numpy()
    assert any(value.shape == head.shape and (value == head).all() for value in stored)
    assert not any(value.dtype == "int8" and value.ndim == 2 for value in stored)


@pytest.mark.parametrize("count", [0, 1, 8, 19])
def test_any_number_of_pictures_has_an_answer_near_that_of_torch(content, count):
    engine, given = open_quantised(content), pictures(19)[:count]
    with torch.no_grad():
        expected = READING(given) if count else torch.zeros(0, 3)
    found = engine.run(given)[0]
    assert isinstance(engine, OpenVinoEngine) and (engine.name, engine.precision) == ("openvino", "int8")
    assert found.shape == (count, 3) and found.dtype == torch.float32
    if count:
        assert 0 < (found - expected).abs().max() < (0.02 if EXACT else 0.05) * expected.abs().max()


def test_what_lies_beyond_the_pictures_that_set_the_ranges_is_cut_off():
    dark = pictures(40) // 16
    darkest, brightest = torch.zeros(1, 3, 8, 8).byte(), torch.full((1, 3, 8, 8), 255).byte()
    narrow, wide = (open_quantised(quantise(READING, EXAMPLE, given)) for given in (dark, pictures(40)))
    with torch.no_grad():
        exact = (READING(brightest) - READING(darkest)).abs().max()
    seen = [(engine.run(brightest)[0] - engine.run(darkest)[0]).abs().max() for engine in (narrow, wide)]
    assert seen[0] < 0.3 * exact
    assert seen[1] == pytest.approx(float(exact), rel=0.2 if EXACT else 0.35)


def test_the_second_time_it_is_not_compiled_again(content, tmp_path, monkeypatch):
    monkeypatch.setenv("STRIATE_CACHE", str(tmp_path))
    monkeypatch.setenv("STRIATE_CACHE_BYTES", "1000000")
    first = open_quantised(content).run(pictures(3))[0]
    (entry,) = (tmp_path / "networks").iterdir()
    before = (entry / "network.blob").stat().st_ino
    assert torch.equal(open_quantised(content).run(pictures(3))[0], first)
    assert [path.stat().st_ino for path in (tmp_path / "networks").glob("*/network.blob")] == [before]


def test_a_network_without_such_a_form_and_a_file_that_is_none_are_refused():
    with pytest.raises(CannotConvert, match="airy"):
        quantise(NormalisedModule(Odd().eval(), READING.preprocessing), EXAMPLE, pictures(4))
    with pytest.raises(CannotConvert):
        open_quantised(b"no network")
