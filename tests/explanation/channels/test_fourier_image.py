"""Pictures from Fourier coefficients, held against sums of cosines and NumPy's transform."""

import numpy as np
import torch

from striate.explanation.channels.fourier_image import COLOURS, CONTRAST, pictures_of, random_coefficients


def logit(values):
    return torch.log(values / (1 - values))


def test_no_coefficients_are_mid_grey():
    picture = pictures_of(torch.zeros(1, 3, 6, 4, 2), 6)
    assert torch.equal(picture, torch.full((1, 3, 6, 6), 0.5))


def test_one_coefficient_is_one_cosine_and_a_higher_one_is_weaker():
    heights = []
    for frequency in (1, 2):
        coefficients = torch.zeros(1, 1, 8, 5, 2)
        coefficients[0, 0, 0, frequency, 0] = 1
        wave = logit(pictures_of(coefficients, 8))[0, 0]
        cosine = torch.cos(2 * torch.pi * frequency * torch.arange(8) / 8)
        assert torch.allclose(wave, wave[0, 0] * cosine.expand(8, 8), atol=1e-5)
        heights.append(float(wave[0, 0]))
    assert heights[0] > 0
    assert abs(heights[0] / heights[1] - 2) < 1e-3  # amplitudes fall as 1 / frequency


def test_the_transform_is_numpys():
    generator = torch.Generator().manual_seed(3)
    coefficients = random_coefficients(2, 1, (6, 7), generator)
    frequency = np.hypot(np.fft.fftfreq(6)[:, None], np.fft.rfftfreq(7)[None, :])
    strength = np.sqrt(6 * 7) / np.maximum(frequency, 1 / 7)
    spectrum = (coefficients[..., 0].numpy() + 1j * coefficients[..., 1].numpy()) * strength
    expected = 1 / (1 + np.exp(-CONTRAST * np.fft.irfft2(spectrum, s=(6, 7))))
    assert np.allclose(pictures_of(coefficients, 7).numpy(), expected, atol=1e-5)


def test_one_colour_direction_moves_red_green_and_blue_by_its_column():
    coefficients = torch.zeros(1, 3, 4, 3, 2)
    coefficients[0, 1, 0, 0, 0] = 1  # the mean of the second direction: red against blue
    colour = logit(pictures_of(coefficients, 4))[0, :, 0, 0]
    column = torch.tensor([row[1] for row in COLOURS])
    assert torch.allclose(colour / colour[0], column / column[0], atol=1e-4)
    assert colour[0] > 0 > colour[2]


def test_the_start_is_nearly_grey_and_drawn_from_the_generator():
    one, same, other = (
        random_coefficients(1, 3, (16, 16), torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert float((pictures_of(one, 16) - 0.5).abs().max()) < 0.25
