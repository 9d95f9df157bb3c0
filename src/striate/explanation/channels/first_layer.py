"""What excites a channel of the first convolution: fine patterns in which its kernel can be seen.

The mean answer of a channel that is linear in the pixels depends on the mean colour alone: a climb ends in a
flat colour, and every other coefficient follows what the picture's edges happen to say, up to black and white
blots. So here waves are left out that are too long for a kernel to tell from a flat colour; strong answers
count more than weak ones (the square of softplus); the picture goes on in a circle, so it has no edge; and
its contrast stays that of a photograph. Flat colours are seen in the kernels themselves.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from striate.events import Listener, Progress
from striate.explanation.channels.fourier_image import pictures_of, random_coefficients
from striate.shapes import Images

LONGEST = 4  # a wave, in sides of the kernel
CONTRAST = 1.0  # root mean square of the values before they are brought into (0, 1)
RATE = 0.05  # of Adam over the coefficients


class Window(NamedTuple):
    """How far the first convolution reaches, pixels from its first to its last, and its stride."""

    reach: int
    stride: int


def reads_pixels(network: nn.Module, layer: str) -> Window | None:
    """The layer's window if it is the network's first convolution, else None."""
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d):
            sides = (
                (size - 1) * step + 1 for size, step in zip(module.kernel_size, module.dilation, strict=True)
            )
            return Window(max(sides), max(module.stride)) if name == layer else None
    return None


def without_edges(
    response: Callable[[Images], Float[Tensor, "B h w"]], pictures: Images, window: Window
) -> Float[Tensor, "B h w"]:
    """The response to pictures that go on in a circle: no cell reads the zeros around a picture.

    The first step of Adam is as large for a small gradient as for a large one. At a flat picture the only
    gradient is that of the zeros at the edges, and all waves of all channels met in one blot at a corner.

    Args:
        response: maps of one channel for each picture.
        pictures: (B, C, H, W).
        window: of the convolution; where its stride does not divide a side, that side's last cells are
            left out.
    """
    height, width = pictures.shape[2:]
    cells = -(-window.reach // window.stride)
    around = min(cells * window.stride, height, width)
    skipped = around // window.stride
    maps = response(F.pad(pictures, (around, around, around, around), mode="circular"))
    down, across = height // window.stride, width // window.stride
    return maps[:, skipped : skipped + down, skipped : skipped + across]


def climb_in_waves(
    response: Callable[[Images], Float[Tensor, "B h w"]],
    start: tuple[int, int, int, int],
    *,
    window: Window,
    steps: int,
    seed: int,
    on_event: Listener,
) -> tuple[Images, Images]:
    """The start and what was found, values 0 to 255.

    Args:
        response: maps of one channel for each picture, linear in its values.
        start: (pictures, channels, H, W).
        window: of the convolution.
    """
    count, channels, height, width = start
    generator = torch.Generator().manual_seed(seed)
    short = _frequency(height, width) >= 1 / (LONGEST * window.reach)
    one = random_coefficients(1, channels, (height, width), generator) * short[..., None]
    coefficients = one.repeat(count, 1, 1, 1, 1).requires_grad_()
    first = 255 * pictures_of(coefficients.detach(), width)
    optimizer = torch.optim.Adam([coefficients], lr=RATE)
    for step in range(steps):
        down, across = torch.randint(0, max(height, width), (2,), generator=generator).tolist()
        shifted = torch.roll(255 * pictures_of(coefficients, width), (down, across), dims=(2, 3))
        optimizer.zero_grad()
        answers = F.softplus(without_edges(response, shifted, window)).square()
        (-answers.mean(dim=(1, 2)).sum()).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        with torch.no_grad():
            coefficients.mul_(short[..., None])
            size = torch.logit(pictures_of(coefficients, width), eps=1e-6).square()
            coefficients.mul_(
                (CONTRAST / size.mean(dim=(1, 2, 3)).sqrt()).clamp(max=1)[:, None, None, None, None]
            )
        on_event(Progress("climbing", step + 1, steps, "steps"))
    return first, 255 * pictures_of(coefficients.detach(), width)


def _frequency(height: int, width: int) -> Float[Tensor, "H half"]:
    """Waves a pixel."""
    down, across = torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None, :]
    frequency: Tensor = (down**2 + across**2).sqrt()
    return frequency
