"""Patches that excite a channel: planted patterns are found where they were put."""

import torch
from torch import nn

from striate.actions.inspect import inspect
from striate.explanation.channels.channel_response import response_module
from striate.explanation.channels.exciting import Field, most_exciting
from striate.models.build import create_model

CROSS = torch.tensor([[0, 1, 0], [1, 1, 1], [0, 1, 0]], dtype=torch.uint8) * 255


def finder():
    network = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False))
    network[0].weight.data[0, 0] = CROSS / 255 * 2 - 1
    network[0].weight.data[1, 0] = 1 - CROSS / 255 * 2
    return network


def test_the_cross_is_found_in_its_picture_at_its_place():
    pictures = torch.zeros(5, 1, 12, 12, dtype=torch.uint8)
    pictures[3, 0, 4:7, 7:10] = CROSS
    pictures[1, 0, 0:3, 0:3] = CROSS // 2
    batches = [(["a", "b"], pictures[:2]), (["c", "d", "e"], pictures[2:])]
    field = Field((3, 3), (1, 1), (1.0, 1.0))
    found = most_exciting(finder(), "0", [0], batches, field=field, normalise=lambda x: x / 255, top=2)[0]
    assert [patch.name for patch in found] == ["d", "b"]
    assert found[0].box == (7, 4, 10, 7)
    assert torch.equal(found[0].pixels[0], CROSS)
    assert found[0].value == 5
    assert found[1].box == (0, 0, 3, 3)


def test_a_cells_box_by_hand_and_cut_at_the_edge():
    field = Field((7, 7), (4, 4), (1.0, 1.0))
    assert field.box((3, 5), (64, 64)) == (18, 10, 25, 17)  # middle (21, 13), three pixels to each side
    assert field.box((0, 0), (64, 64)) == (0, 0, 5, 5)
    assert field.box((15, 15), (64, 64)) == (58, 58, 64, 64)


def test_pixels_outside_the_box_do_not_matter():
    torch.manual_seed(0)
    network, name = create_model("squeezenet1_1"), "features.4.expand3x3"
    layer = inspect(network, (3, 96, 96)).by_name[name]
    field = Field(layer.receptive_field, layer.stride, layer.centre)
    pictures = torch.randint(0, 256, (2, 3, 96, 96), dtype=torch.uint8)
    batches = [(["one", "two"], pictures)]
    found = most_exciting(network, name, [2], batches, field=field, normalise=lambda x: x / 255.0, top=1)[2][
        0
    ]
    x1, y1, x2, y2 = found.box
    assert (x2 - x1) * (y2 - y1) < 96 * 96 / 4
    noise = torch.randint(0, 256, (1, 3, 96, 96), dtype=torch.uint8)
    noise[0, :, y1:y2, x1:x2] = found.pixels
    target = response_module(network, name, torch.zeros(1, 3, 96, 96))
    kept = []
    handle = target.register_forward_hook(lambda _, __, output: kept.append(output))
    network.eval()(noise / 255.0)
    handle.remove()
    assert torch.isclose(kept[0][0, 2][found.cell], torch.tensor(found.value), atol=1e-4)
