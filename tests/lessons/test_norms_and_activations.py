"""Normalisations and activations written out: the course's values, and torch."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from striate.errors import StriateError
from striate.lessons.activations import relu, sigmoid, sigmoid_network_pass, softsign, tanh
from striate.lessons.kernels import KERNELS
from striate.ops.contrast_norm import divisive_norm, gaussian_window, subtractive_norm
from striate.ops.response_norm import response_norm

VALUES = {  # x: sigmoid, softsign, tanh, relu
    -2: (0.11920292202211755, -0.6666666666666666, -0.9640275800758169, 0),
    -1: (0.2689414213699951, -0.5, -0.7615941559557649, 0),
    0: (0.5, 0.0, 0.0, 0),
    1: (0.7310585786300049, 0.5, 0.7615941559557649, 1),
    2: (0.8807970779778823, 0.6666666666666666, 0.9640275800758169, 2),
}
BLUR = torch.tensor(KERNELS["blur"], dtype=torch.float64)


def pixel(values):
    return torch.tensor(values, dtype=torch.float64).view(1, -1, 1, 1)


@pytest.mark.parametrize("x", VALUES)
def test_activations_have_the_courses_values(x):
    at = torch.tensor(float(x), dtype=torch.float64)
    found = [function(at).item() for function in (sigmoid, softsign, tanh, relu)]
    assert found == pytest.approx(list(VALUES[x]), abs=1e-15)


def test_activations_stay_finite_where_exponentials_overflow():
    far = torch.tensor([-1000.0, 1000.0])
    assert tanh(far).tolist() == [-1, 1]
    assert sigmoid(far).tolist() == [0, 1]


def test_two_sigmoid_layers_learn_as_the_course_computes():
    given = [[1.0, 0.5], [[0.1, 0.2], [0.3, 0.4]], [[0.5, -0.6]], [1.0]]
    # The course rounded 0.1, 0.2... to 32 bits before it computed in 64.
    found = sigmoid_network_pass(*(torch.tensor(value).double() for value in given))
    assert found.hidden.tolist() == pytest.approx([0.5498339980501348, 0.6224593347036828], abs=1e-12)
    assert found.outputs.item() == pytest.approx(0.47538027187629395, abs=1e-12)
    assert found.error.item() == pytest.approx(0.13761292956829563, abs=1e-12)
    changes = [0.07193859987128076, 0.08144067695739116]
    assert found.output_changes[0].tolist() == pytest.approx(changes, abs=1e-12)
    assert found.hidden_changes.flatten().tolist() == pytest.approx(
        [0.016192155944962774, 0.008096077972481387, -0.01844830114947514, -0.00922415057473757], abs=1e-12
    )


def test_autograd_changes_the_same_weights_by_the_same_amounts():
    draw = torch.Generator().manual_seed(1)
    x, first, second, wanted = (
        torch.randn(shape, generator=draw, dtype=torch.float64) for shape in ((4,), (3, 4), (2, 3), (2,))
    )
    found = sigmoid_network_pass(x, first, second, wanted, eta=0.3)
    first.requires_grad_(), second.requires_grad_()
    (((second @ (first @ x).sigmoid()).sigmoid() - wanted) ** 2).sum().div(2).backward()
    torch.testing.assert_close(found.hidden_changes, -0.3 * first.grad)
    torch.testing.assert_close(found.output_changes, -0.3 * second.grad)


def test_response_normalisation_has_the_courses_two_pixels():
    six = response_norm(pixel([1, 2, 3, 4, 5, 6])).flatten().tolist()
    expected = [0.5942915817132711, 1.1878710105259485, 1.7801403935901126, 2.370418559043777]
    assert six == pytest.approx([*expected, 2.963465738301859, 3.557354419541988], abs=1e-14)
    four = response_norm(pixel([3, 4, 0, 12]), n=3, k=1.0, alpha=1.0, beta=0.5).flatten().tolist()
    assert four == pytest.approx([0.5883484054145521, 0.7844645405527362, 0.0, 0.9965457582448796], abs=1e-15)


def test_torch_divides_alpha_by_n():
    maps = torch.randn(2, 7, 3, 3, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(
        response_norm(maps), F.local_response_norm(maps, 5, alpha=5e-4, beta=0.75, k=2.0)
    )


def test_batch_normalisation_has_the_courses_four_numbers():
    layer = nn.BatchNorm1d(1, eps=1e-5).double().train()
    found = layer(torch.tensor([[1.0], [2], [3], [4]], dtype=torch.float64)).flatten().tolist()
    expected = [-1.3416354199689269, -0.447211806656309, 0.447211806656309, 1.3416354199689269]
    assert found == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_constant_picture_has_no_contrast_anywhere_even_at_the_border(channels):
    constant = torch.full((2, channels, 6, 5), 7.0)
    centred = subtractive_norm(constant, gaussian_window(5))
    assert centred.abs().max() < 1e-5
    flat = divisive_norm(torch.zeros(1, channels, 6, 5, requires_grad=True), gaussian_window(5))
    assert flat.abs().max() == 0
    flat.sum().backward()


def test_the_surroundings_are_those_of_all_channels():
    maps = torch.tensor([2.0, 4, 9]).view(1, 3, 1, 1).expand(1, 3, 4, 4)
    centred = subtractive_norm(maps, gaussian_window(3))[0, :, 1, 1]
    assert centred.tolist() == pytest.approx([-3, -1, 4], abs=1e-5)


def test_an_impulse_is_centred_by_its_blurred_copy():
    impulse = torch.zeros(1, 1, 5, 5, dtype=torch.float64)
    impulse[0, 0, 2, 2] = 16
    centred = subtractive_norm(impulse, BLUR)[0, 0]
    assert centred[2, 2].item() == 12
    assert centred[1, 2].item() == centred[2, 1].item() == -2
    assert centred[1, 1].item() == centred[3, 3].item() == -1


def test_dividing_makes_bright_and_dim_pictures_alike():
    draw = torch.Generator().manual_seed(1)
    picture = torch.randn(1, 2, 8, 8, generator=draw)
    once = divisive_norm(subtractive_norm(picture, gaussian_window(3)), gaussian_window(3))
    bright = divisive_norm(subtractive_norm(9 * picture + 4, gaussian_window(3)), gaussian_window(3))
    torch.testing.assert_close(once, bright, atol=1e-4, rtol=1e-3)


def test_the_spread_is_the_root_mean_square_of_the_surroundings_or_its_mean_if_larger():
    centred = torch.zeros(1, 1, 3, 3)
    centred[0, 0, 1, 1] = 6
    weights = torch.ones(3, 3)
    # Cells of the windows inside the picture: 4 in corners, 6 at edges, 9 in the middle; all contain the 6.
    sigmas = [(36 / cells) ** 0.5 for cells in (4, 6, 4, 6, 9, 6, 4, 6, 4)]
    c = sum(sigmas) / 9
    assert divisive_norm(centred, weights)[0, 0, 1, 1].item() == pytest.approx(6 / max(c, sigmas[4]))


def test_surroundings_need_a_middle_and_positive_weights():
    with pytest.raises(StriateError, match="both sides must be odd"):
        subtractive_norm(torch.zeros(1, 1, 4, 4), torch.ones(2, 3))
    with pytest.raises(StriateError, match="every weight positive"):
        subtractive_norm(torch.zeros(1, 1, 4, 4), torch.zeros(3, 3))
