"""What excites a channel most: the kernels themselves, and pictures made by gradient ascent.

Source: the plain ascent is Chollet, "Deep Learning with Python", Manning 2017, section 5.4.2; the other
is Olah, Mordvintsev and Schubert, "Feature Visualization", Distill 2017
Differs: a channel's response is its mean before the activation function and behind its batch normalisation,
so that a channel that is silent at the start still has a gradient.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional as F

from striate.errors import StriateError
from striate.events import Listener, Progress, silent
from striate.explanation.channels.channel_response import maps_at, require_channels, response_module
from striate.explanation.channels.first_layer import climb_in_waves, reads_pixels
from striate.explanation.channels.fourier_image import pictures_of, random_coefficients
from striate.explanation.channels.robustness import Robustness, move_a_little
from striate.models.surgery.untouched import frozen
from striate.shapes import Images

Normalise = Callable[[Images], Images]  # values 0 to 255 become the network's input
Responses = Float[Tensor, "B h w"]  # one channel's map for each picture
GREY, NOISE = 128.0, 20.0  # where the plain ascent starts: grey and up to 20 of 255 more
RATE = 0.05  # of Adam over the coefficients


@dataclass(frozen=True, slots=True)
class Excited:
    """Pictures that excite channels of one layer.

    Attributes:
        layer: its name.
        channels: which, one a picture.
        pictures: 8 bit, as they are shown.
        before: each channel's mean response to the start, negative values counted as zero.
        after: the same for the picture that was found.
    """

    layer: str
    channels: tuple[int, ...]
    pictures: UInt8[Tensor, "B C H W"]
    before: Float[Tensor, " B"]
    after: Float[Tensor, " B"]


@dataclass(frozen=True, slots=True)
class Ascent:
    """How a picture is found.

    Attributes:
        size_hw: of the picture, pixels.
        steps: of gradient ascent.
        plain: step by step in pixels from grey, as in the course, instead of in Fourier coefficients.
        seed: draws the start and the random changes.
        robustness: what the pattern must survive (not with `plain`).
    """

    size_hw: tuple[int, int] = (128, 128)
    steps: int = 128
    plain: bool = False
    seed: int = 0
    robustness: Robustness = field(default_factory=Robustness)


def first_kernels(network: nn.Module) -> tuple[str, Float[Tensor, "N C H W"]]:
    """Name and kernels of the first convolution.

    Raises:
        StriateError: the network has none.
    """
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            return name, module.weight.detach().float().cpu()
    raise StriateError(f"{type(network).__name__} has no convolution, so it has no kernels to show.")


def excite(
    network: nn.Module,
    layer: str,
    channels: Sequence[int],
    *,
    in_channels: int,
    normalise: Normalise,
    ascent: Ascent | None = None,
    on_event: Listener = silent,
) -> Excited:
    """The pictures that excite some channels of a layer most; the network stays as it was.

    Args:
        network: in any mode; it answers in evaluation mode.
        layer: name of a convolution.
        channels: which of its channels.
        in_channels: of the network's pictures, 1 or 3.
        normalise: turns values 0 to 255 into the network's input.
        ascent: size, steps and start; None is `Ascent()`.
        on_event: is told how many steps are done.

    Raises:
        StriateError: no such layer or channel, or the picture is too small for the layer.
    """
    ascent = ascent or Ascent()
    with frozen(network):
        grey = normalise(torch.full((1, in_channels, *ascent.size_hw), GREY))
        target = response_module(network, layer, grey)
        require_channels(layer, channels, maps_at(network, target, grey).shape[1])
        every, own = torch.arange(len(channels)), torch.tensor(channels)

        def response(pictures: Images) -> Responses:
            return maps_at(network, target, normalise(pictures))[every, own]

        window = reads_pixels(network, layer)
        if window is not None and not ascent.plain:
            start = (len(channels), in_channels, *ascent.size_hw)
            first, last = climb_in_waves(
                response, start, window=window, steps=ascent.steps, seed=ascent.seed, on_event=on_event
            )
        else:
            climb = _plain if ascent.plain else _fourier
            first, last = climb(response, len(channels), in_channels, ascent, on_event)
        with torch.no_grad():
            before, after = (F.relu(response(one)).mean(dim=(1, 2)) for one in (first, last))
        shown = _visible(last) if ascent.plain else last
    return Excited(layer, tuple(channels), shown.round().clamp(0, 255).to(torch.uint8), before, after)


def _plain(
    response: Callable[[Images], Responses], count: int, in_channels: int, ascent: Ascent, on_event: Listener
) -> tuple[Images, Images]:
    """Steps of one grey level, root mean square, along the gradient."""
    noise = _noise(count, in_channels, ascent)
    pictures = start = GREY + NOISE * noise
    for step in range(ascent.steps):
        pictures = pictures.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(response(pictures).mean(dim=(1, 2)).sum(), pictures)
        size = gradient.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
        pictures = pictures + gradient / (size + 1e-5)
        on_event(Progress("climbing", step + 1, ascent.steps, "steps"))
    return start, pictures.detach()


def _noise(count: int, in_channels: int, ascent: Ascent) -> Tensor:
    """The same noise for every channel, so that a channel's picture does not depend on its neighbours."""
    generator = torch.Generator().manual_seed(ascent.seed)
    return torch.rand(1, in_channels, *ascent.size_hw, generator=generator).repeat(count, 1, 1, 1)


def _visible(pictures: Images) -> Images:
    """Mean 0.5 and spread 0.1, as the book shows them, values 0 to 255."""
    centred = pictures - pictures.mean(dim=(1, 2, 3), keepdim=True)
    spread = centred.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
    return 255 * (0.5 + 0.1 * centred / (spread + 1e-5)).clamp(0, 1)


def _fourier(
    response: Callable[[Images], Responses], count: int, in_channels: int, ascent: Ascent, on_event: Listener
) -> tuple[Images, Images]:
    """Adam over Fourier coefficients, through random small changes."""
    generator = torch.Generator().manual_seed(ascent.seed)
    one = random_coefficients(1, in_channels, ascent.size_hw, generator)
    coefficients = one.repeat(count, 1, 1, 1, 1).requires_grad_()
    width = ascent.size_hw[1]
    start = 255 * pictures_of(coefficients.detach(), width)
    optimizer = torch.optim.Adam([coefficients], lr=RATE)
    for step in range(ascent.steps):
        pictures = 255 * pictures_of(coefficients, width)
        moved = move_a_little(pictures, ascent.robustness, generator)
        optimizer.zero_grad()
        (-response(moved).mean(dim=(1, 2)).sum()).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        on_event(Progress("climbing", step + 1, ascent.steps, "steps"))
    return start, 255 * pictures_of(coefficients.detach(), width)
