"""Class heat maps against loops over channels and places, with gradients by finite differences."""

import math

import numpy as np
import pytest
import torch
from tests.explanation.networks import Flattened, Pooled, pictures, seeded
from torch import Tensor, nn

from striate.errors import StriateError
from striate.explanation.heat.question import Question
from striate.explanation.heat.target_layer import find_layer, read_layer
from striate.explanation.methods import METHODS, heat_function

CLASSES = torch.tensor([1, 0])
NAMES = [name for name, row in METHODS.items() if row.kind == "layer"]


def asked(network: nn.Module, **values: object) -> Question:
    images = pictures()
    return Question(network, images, CLASSES, layer=find_layer(network, images), **values)


def heat(method: str, question: Question) -> np.ndarray:
    return heat_function(METHODS[method])(question).maps.numpy()


def after_the_maps(network: nn.Module, maps: Tensor) -> Tensor:
    """The rest of `Flattened`, written out: ReLU, two dense layers with a tanh between."""
    return network.out(torch.tanh(network.hidden(maps.clamp(min=0).flatten(1))))


def maps_and_slopes(network: nn.Module) -> tuple[np.ndarray, np.ndarray]:
    """The convolution's maps (2, 3, 4, 4), and how the class's score changes with each number in them."""
    network = network.double()
    with torch.no_grad():
        maps = network.conv(pictures().double())
        slopes = np.zeros(maps.shape)
        for b, c, y, x in np.ndindex(*maps.shape):
            step = torch.zeros_like(maps)
            step[b, c, y, x] = 1e-6
            up, down = (after_the_maps(network, maps + sign * step)[b, CLASSES[b]] for sign in (1, -1))
            slopes[b, c, y, x] = float(up - down) / 2e-6
    network.float()
    return maps.numpy(), slopes


def grad_cam_by_hand(maps: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    found = np.zeros((2, 4, 4))
    for b in range(2):
        for c in range(3):
            weight = sum(slopes[b, c, y, x] for y in range(4) for x in range(4)) / 16
            found[b] += weight * maps[b, c]
    return np.maximum(found, 0)


def grad_cam_plus_plus_by_hand(maps: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    found = np.zeros((2, 4, 4))
    for b in range(2):
        for c in range(3):
            weight = 0.0
            for y in range(4):
                for x in range(4):
                    g = slopes[b, c, y, x]
                    if g > 0:
                        weight += g * g**2 / (2 * g**2 + maps[b, c].sum() * g**3 + 1e-6)
            found[b] += weight * maps[b, c]
    return np.maximum(found, 0)


def layer_cam_by_hand(maps: np.ndarray, slopes: np.ndarray) -> np.ndarray:
    found = np.zeros((2, 4, 4))
    for b, c, y, x in np.ndindex(*maps.shape):
        found[b, y, x] += max(slopes[b, c, y, x], 0) * maps[b, c, y, x]
    return np.maximum(found, 0)


@pytest.mark.parametrize(
    ("method", "by_hand"),
    [
        ("grad-cam", grad_cam_by_hand),
        ("grad-cam++", grad_cam_plus_plus_by_hand),
        ("layer-cam", layer_cam_by_hand),
    ],
)
def test_gradient_methods_are_their_papers_sums(method, by_hand):
    network = seeded(Flattened)
    wanted = by_hand(*maps_and_slopes(network))
    np.testing.assert_allclose(heat(method, asked(network)), wanted, rtol=1e-3, atol=1e-5)
    assert wanted.max() > 0.01


def test_cam_is_the_heads_weights_over_the_maps():
    network = seeded(Pooled)
    with torch.no_grad():
        maps = network.relu(network.conv(pictures())).numpy()
    wanted = np.zeros((2, 4, 4))
    for b, c, y, x in np.ndindex(*maps.shape):
        wanted[b, y, x] += float(network.fc.weight[CLASSES[b], c].detach()) * maps[b, c, y, x]
    np.testing.assert_allclose(heat("cam", asked(network)), np.maximum(wanted, 0), rtol=1e-4, atol=1e-6)


def test_grad_cam_is_cam_over_the_number_of_places_where_the_head_is_pooling_and_a_dense_layer():
    question = asked(seeded(Pooled))
    np.testing.assert_allclose(heat("grad-cam", question), heat("cam", question) / 16, rtol=1e-4, atol=1e-7)


def test_cam_reads_a_head_that_is_a_1x1_convolution_rectified_and_pooled():
    from striate.models.build import create_model

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        network = create_model("squeezenet1_1", num_classes=5).eval()
        nn.init.normal_(network.classifier[1].weight, std=0.1)
    images = pictures(1, 64, 3)
    question = Question(network, images, torch.tensor([2]), layer=find_layer(network, images))
    with torch.no_grad():
        wanted = network.classifier[:3](network.features(images))[:, 2]
    np.testing.assert_allclose(heat("cam", question), wanted.numpy(), rtol=1e-4, atol=1e-6)


def test_cam_refuses_other_heads_and_names_the_way_out():
    with pytest.raises(StriateError, match=r"that of Flattened is not. Take --method grad-cam"):
        heat("cam", asked(seeded(Flattened)))


def test_eigen_cam_is_the_leading_eigenvector_of_the_channels_covariance():
    network = seeded(Flattened)
    with torch.no_grad():
        maps = network.conv(pictures()).double().numpy()
    for b, found in enumerate(heat("eigen-cam", asked(network))):
        places = maps[b].reshape(3, 16).T - maps[b].reshape(3, 16).mean(axis=1)
        values, vectors = np.linalg.eigh(places.T @ places)
        projected = (places @ vectors[:, values.argmax()]).reshape(4, 4)
        if np.corrcoef(projected.ravel(), places.mean(axis=1))[0, 1] < 0:
            projected = -projected
        np.testing.assert_allclose(found, np.maximum(projected, 0), rtol=1e-3, atol=1e-5)


def test_score_cam_weighs_each_map_by_the_softmax_of_what_its_mask_scores():
    network, images = seeded(Flattened), pictures()
    with torch.no_grad():
        maps = network.conv(images)
        for b, found in enumerate(heat("score-cam", asked(network, batch=2))):
            scores = []
            for c in range(3):
                low, high = maps[b, c].min(), maps[b, c].max()
                masked = images[b : b + 1] * (maps[b, c] - low) / (high - low)
                scores.append(float(network(masked)[0, CLASSES[b]]))
            weights = [math.exp(score) / sum(math.exp(other) for other in scores) for score in scores]
            wanted = sum(weight * maps[b, c] for c, weight in enumerate(weights)).clamp(min=0)
            np.testing.assert_allclose(found, wanted.numpy(), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("method", NAMES)
def test_batches_readings_and_neighbours_change_nothing(method):
    question = asked(seeded(Pooled))
    wanted = heat(method, question)
    reading = read_layer(question.network, question.layer, question.images)
    one_by_one = [heat(method, question.of(slice(row, row + 1)))[0] for row in range(2)]
    others = [
        heat(method, asked(seeded(Pooled), batch=1)),
        heat(method, asked(seeded(Pooled), reading=reading)),
        heat(method, asked(seeded(Pooled), reading=reading)),  # a reading may be asked twice
        np.stack(one_by_one),
    ]
    for other in others:
        np.testing.assert_allclose(other, wanted, rtol=1e-4, atol=1e-6)


def test_a_contrast_explains_the_difference_of_two_classes():
    network = seeded(Pooled)
    question = asked(network, against=torch.tensor([2, 2]))
    with torch.no_grad():
        maps = network.relu(network.conv(pictures()))
    for b, found in enumerate(heat("grad-cam", question)):
        weights = (network.fc.weight[CLASSES[b]] - network.fc.weight[2]).detach() / 16
        wanted = (weights[:, None, None] * maps[b]).sum(dim=0).clamp(min=0)
        np.testing.assert_allclose(found, wanted.numpy(), rtol=1e-4, atol=1e-6)


def test_the_two_classes_of_a_single_output_have_opposite_reasons():
    network = seeded(Pooled, outputs=1)
    images = pictures(1).repeat(2, 1, 1, 1)
    question = Question(network, images, torch.tensor([1, 0]), layer=find_layer(network, images))
    with torch.no_grad():
        maps = network.relu(network.conv(images))[0]
        plain = (network.fc.weight[0, :, None, None] * maps).sum(dim=0) / 16
    found = heat("grad-cam", question)
    np.testing.assert_allclose(found[0], plain.clamp(min=0).numpy(), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(found[1], (-plain).clamp(min=0).numpy(), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(heat("cam", question), 16 * found, rtol=1e-4, atol=1e-6)
