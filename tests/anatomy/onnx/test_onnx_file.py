"""ONNX files: the same figures as the network they describe, and clear errors."""

import numpy as np
import pytest

from striate.actions.inspect import inspect
from striate.anatomy.blocks import page_values
from striate.cli.text.inspect_text import total_lines, training_lines
from striate.errors import StriateError
from striate.reports.inspect import inspect_html

onnx = pytest.importorskip("onnx")


def node(kind, inputs, output, **attributes):
    return onnx.helper.make_node(kind, inputs, [output], name=f"/{output}/{kind}", **attributes)


def weight(name, *shape):
    return onnx.numpy_helper.from_array(np.zeros(shape, dtype=np.float32), name)


def save(path, nodes, weights, shape=(1, 1, 32, 32)):
    make = onnx.helper.make_tensor_value_info
    picture = make("x", onnx.TensorProto.FLOAT, list(shape))
    graph = onnx.helper.make_graph(
        nodes, "net", [picture], [make("y", onnx.TensorProto.FLOAT, None)], weights
    )
    onnx.save(onnx.helper.make_model(graph), str(path))
    return path


@pytest.fixture
def lenet(tmp_path):
    nodes = [
        node("Conv", ["x", "w1", "b1"], "c1", kernel_shape=[5, 5]),
        node("Relu", ["c1"], "r1"),
        node("MaxPool", ["r1"], "s2", kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", ["s2", "w3", "b3"], "c3", kernel_shape=[5, 5]),
        node("AveragePool", ["c3"], "s4", kernel_shape=[2, 2], strides=[2, 2]),
        node("Shape", ["s4"], "shape"),
        node("Gather", ["shape", "zero"], "batch"),
        node("Unsqueeze", ["batch", "axis"], "batches"),
        node("Concat", ["batches", "rest"], "flat", axis=0),
        node("Reshape", ["s4", "flat"], "f"),
        node("Gemm", ["f", "w5", "b5"], "y", transB=1),
    ]
    numbers = [("zero", np.array(0)), ("axis", np.array([0])), ("rest", np.array([-1]))]
    weights = [
        *[weight("w1", 6, 1, 5, 5), weight("b1", 6), weight("w3", 16, 6, 5, 5), weight("b3", 16)],
        *[weight("w5", 10, 400), weight("b5", 10)],
        *[onnx.numpy_helper.from_array(value.astype(np.int64), name) for name, value in numbers],
    ]
    return save(tmp_path / "lenet.onnx", nodes, weights)


def test_an_onnx_file_has_its_networks_figures(lenet):
    anatomy = inspect(lenet)
    assert anatomy.model == "lenet.onnx" and anatomy.input == (1, 32, 32)
    rows = {layer.name: layer for layer in anatomy.layers}
    assert rows["c1.Conv"].parameters == 156 and rows["c3.Conv"].parameters == 2416
    assert rows["y.Gemm"].parameters == 4010 and anatomy.parameters == 156 + 2416 + 4010
    assert rows["s4.AveragePool"].output == (16, 5, 5) and rows["s4.AveragePool"].receptive_field == (16, 16)
    assert rows["c3.Conv"].multiply_adds == 240_000 and rows["y.Gemm"].whole_picture
    assert rows["c3.Conv"].inputs == ("s2.MaxPool",)


def test_branches_and_uneven_padding_are_followed(tmp_path):
    nodes = [
        node("Conv", ["x", "w"], "a", kernel_shape=[3, 3], pads=[0, 0, 1, 1], strides=[2, 2]),
        node("Conv", ["x", "v"], "b", kernel_shape=[1, 1], strides=[2, 2]),
        node("Concat", ["a", "b"], "c", axis=1),
        node("GlobalAveragePool", ["c"], "y"),
    ]
    path = save(tmp_path / "net.onnx", nodes, [weight("w", 4, 1, 3, 3), weight("v", 2, 1, 1, 1)])
    anatomy = inspect(path)
    joined = anatomy.by_name["c.Concat"]
    assert joined.output == (6, 16, 16) and joined.inputs == ("a.Conv", "b.Conv")
    assert joined.receptive_field == (3, 3) and joined.centre == (1.0, 1.0)


def test_bad_files_are_one_line(tmp_path):
    (tmp_path / "bad.onnx").write_bytes(b"nothing of the kind")
    with pytest.raises(StriateError, match="not an ONNX file, or damaged"):
        inspect(tmp_path / "bad.onnx")
    with pytest.raises(StriateError, match="is not there"):
        inspect(tmp_path / "gone.onnx")
    path = save(tmp_path / "odd.onnx", [node("Wavelet", ["x"], "y", domain="somebody")], [])
    with pytest.raises(StriateError, match=r"the ONNX operator Wavelet .* has no rule here, and onnx"):
        inspect(path)


@pytest.mark.parametrize("side", [32, 48])
def test_an_operator_without_a_rule_is_followed_by_its_size_and_named_as_not_counted(tmp_path, capsys, side):
    nodes = [
        node("Conv", ["x", "w"], "a", kernel_shape=[3, 3]),
        node("Mish", ["a"], "b"),
        node("TopK", ["b", "k"], "c", axis=1),  # two of the four channels
        node("Conv", ["c", "v"], "y", kernel_shape=[3, 3]),
    ]
    weights = [weight("w", 4, 1, 3, 3), weight("v", 2, 2, 3, 3)]
    weights.append(onnx.numpy_helper.from_array(np.array([2], dtype=np.int64), "k"))
    nodes[2].output.append("places")
    anatomy = inspect(save(tmp_path / "net.onnx", nodes, weights), (1, side, side))
    rows = {layer.kind: layer for layer in anatomy.layers}
    inner = side - 2
    assert rows["Mish"].output == (4, inner, inner) and rows["TopK"].output == (2, inner, inner)
    assert rows["Mish"].inputs == ("a.Conv",) and rows["TopK"].inputs == ("b.Mish",)
    assert rows["Mish"].bytes == 4 * 4 * inner**2 and rows["Mish"].operations == 0
    assert anatomy.multiply_adds == 36 * inner**2 + 36 * (side - 4) ** 2
    assert anatomy.to_dict()["not_counted"] == ["b.Mish", "c.TopK"]
    told = "\n".join(total_lines(anatomy))
    values = [4 * inner**2, 4 * inner**2, 2 * inner**2, 2 * (side - 4) ** 2]
    assert f"not counted     Mish, TopK: 2 of 4 layers, {100 * sum(values[1:3]) / sum(values):.1f} %" in told
    assert "Not counted: Mish, TopK: 2 of 4 layers, " in inspect_html(page_values(anatomy))


def eight_bit(name, size_chw, classes=5):
    """A network of the catalogue quantised as `--engine openvino-int8` does it."""
    import torch

    from striate.engines.int8 import quantise
    from striate.engines.normalised import NormalisedModule
    from striate.models.build import create_model
    from striate.preprocess.preprocessing import Preprocessing

    pytest.importorskip("onnxruntime")
    channels, *size_hw = size_chw
    reading = Preprocessing(tuple(size_hw), channels, (0.5,) * channels, (0.5,) * channels)
    module = NormalisedModule(create_model(name, classes).eval(), reading).eval()
    pictures = torch.randint(0, 255, (8, *size_chw), dtype=torch.uint8, generator=torch.manual_seed(0))
    return quantise(module, pictures[:2], pictures)


def test_a_network_in_8_bit_integers_has_the_figures_of_the_one_it_was_made_from(tmp_path):
    (tmp_path / "int8.onnx").write_bytes(eight_bit("lenet5", (1, 32, 32)))
    found, plain = inspect(tmp_path / "int8.onnx"), inspect("lenet5", num_classes=5)
    assert found.multiply_adds == plain.multiply_adds
    assert found.parameters == plain.parameters + 2  # mean and spread of the pictures stand in the file
    assert found.stored > 0 and not found.unused  # scales and zeros
    assert not [one for one in found.layers if "Quantize" in one.kind]
    (note,) = found.notes
    assert "nodes work with 8-bit numbers" in note and f"note            {note}" in total_lines(found)
    assert training_lines(found, 4) == []


def test_operators_of_8_bit_integers_count_as_what_they_compute(tmp_path):
    nodes = [
        node("QuantizeLinear", ["x", "s", "z"], "q"),
        node("QLinearConv", ["q", "s", "z", "w", "ws", "wz", "s", "z", "b"], "c", kernel_shape=[3, 3]),
        node("QLinearAdd", ["c", "s", "z", "c", "s", "z", "s", "z"], "d", domain="com.microsoft"),
        node("DequantizeLinear", ["d", "s", "z"], "f"),
        node("GlobalAveragePool", ["f"], "y"),
    ]
    number = onnx.numpy_helper.from_array
    weights = [
        number(np.zeros((4, 1, 3, 3), dtype=np.int8), "w"),
        number(np.zeros(4, dtype=np.int32), "b"),
        number(np.ones(4, dtype=np.float32), "ws"),
        number(np.zeros(4, dtype=np.int8), "wz"),
        number(np.array(0.1, dtype=np.float32), "s"),
        number(np.array(0, dtype=np.uint8), "z"),
    ]
    anatomy = inspect(save(tmp_path / "net.onnx", nodes, weights))
    assert [layer.kind for layer in anatomy.layers] == ["QLinearConv", "QLinearAdd", "GlobalAveragePool"]
    assert anatomy.parameters == 40 and anatomy.multiply_adds == 36 * 900
    assert anatomy.by_name["c.QLinearConv"].receptive_field == (3, 3)


@pytest.mark.parametrize(
    ("nodes", "sentence"),
    [
        (
            [node("Gather", ["x", "one"], "y", axis=1)],
            r"the ONNX node y.Gather \(Gather\) .*: it picks from computed values\. Export",
        ),
        ([node("Pad", ["x", "pads"], "y", mode="wrap")], r"y.Pad .*: it pads by 'wrap', known are constant,"),
        ([node("MaxPool", ["x"], "y")], r"y.MaxPool \(MaxPool\) .*: 'kernel_shape'\. Export"),
        ([node("Squeeze", [""], "y")], r"y.Squeeze \(Squeeze\) cannot be followed"),
        ([node("Relu", ["nowhere"], "y")], r"reads 'nowhere', which no node before makes"),
        ([node("Relu", ["x"], "z")], r"reads 'y', which no node before makes"),
    ],
)
def test_what_has_no_rule_is_said_in_one_line(tmp_path, nodes, sentence):
    numbers = {"one": np.array(0), "pads": np.array([0, 0, 1, 1, 0, 0, 1, 1])}
    weights = [onnx.numpy_helper.from_array(value.astype(np.int64), name) for name, value in numbers.items()]
    path = save(tmp_path / "net.onnx", nodes, weights)
    with pytest.raises(StriateError, match=sentence) as caught:
        inspect(path)
    assert "\n" not in str(caught.value)
