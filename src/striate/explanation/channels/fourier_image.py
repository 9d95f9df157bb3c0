"""Pictures as Fourier coefficients in decorrelated colours: what gradient ascent should change.

Steps in pixels pile up in high frequencies. Here a step of the same size moves every frequency and every
colour direction by what is usual for them in photographs, and values stay between 0 and 1.

Source: Olah, Mordvintsev and Schubert, "Feature Visualization", Distill 2017, section "Preconditioning and
Parameterization"; the colour matrix is that of their published program, lucid
"""

import torch
from jaxtyping import Float
from torch import Tensor

# Square root of the covariance of ImageNet's colours, rows R, G, B; divided by its longest column.
COLOURS = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
SPREAD = 0.01  # of the coefficients at the start: nearly grey
CONTRAST = 0.25  # photographs lie within a quarter of what the scaled coefficients span

Coefficients = Float[Tensor, "B C H half 2"]  # real and imaginary parts, half = W // 2 + 1


def random_coefficients(
    count: int, channels: int, size_hw: tuple[int, int], generator: torch.Generator
) -> Coefficients:
    """Small random coefficients of `count` nearly grey pictures."""
    height, width = size_hw
    return SPREAD * torch.randn(count, channels, height, width // 2 + 1, 2, generator=generator)


def pictures_of(coefficients: Coefficients, width: int) -> Float[Tensor, "B C H W"]:
    """The pictures, values in (0, 1); `width` because a half spectrum does not tell an odd one from an even.

    Three channels are colours, any other number is taken as it is.
    """
    channels, height = coefficients.shape[1:3]
    scaled = torch.view_as_complex(coefficients * _usual_strength(height, width)[..., None])
    values = CONTRAST * torch.fft.irfft2(scaled, s=(height, width))
    if channels == 3:
        mixed = torch.tensor(COLOURS)
        mixed = mixed / mixed.norm(dim=0).max()
        values = torch.einsum("rc,bchw->brhw", mixed, values)
    pictures: Tensor = values.sigmoid()
    return pictures


def _usual_strength(height: int, width: int) -> Float[Tensor, "H half"]:
    """1 / frequency, as amplitudes fall in photographs; the mean counts as the lowest frequency."""
    down = torch.fft.fftfreq(height)[:, None]
    across = torch.fft.rfftfreq(width)[None, :]
    frequency = (down**2 + across**2).sqrt().clamp(min=1 / max(height, width))
    strength: Tensor = (height * width) ** 0.5 / frequency
    return strength
