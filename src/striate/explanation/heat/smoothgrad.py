"""SmoothGrad: the mean gradient over noisy copies of the picture, which leaves out what noise makes.

Source: Smilkov et al., "SmoothGrad: removing noise by adding noise", arXiv:1706.03825, section 2.2
Differs: 32 copies (the paper looks at 1 to 200 and uses 50 where nothing else is said).
"""

import torch

from striate.events import Progress
from striate.explanation.heat.gradients import picture_gradients
from striate.explanation.heat.question import Heat, Question

COPIES = 32
SPREAD = 0.15  # of the noise, as a share of the picture's range; the paper recommends 0.1 to 0.2


def smoothgrad(question: Question) -> Heat:
    """The largest size, among a pixel's channels, of the mean gradient over noisy copies."""
    generator = torch.Generator().manual_seed(question.seed)
    noise = torch.randn(
        (COPIES, *question.images.shape[1:]), generator=generator
    )  # the same for all pictures
    parts = []
    for row, image in enumerate(question.images):
        one = question.of(slice(row, row + 1)).repeated(COPIES)
        sigma = SPREAD * (image.max() - image.min())
        noisy = image + sigma * noise.to(image)
        total = torch.zeros_like(image)
        for start in range(0, COPIES, question.batch):
            total += picture_gradients(one, noisy[start : start + question.batch], start).sum(dim=0)
        parts.append((total / COPIES).abs().amax(dim=0))
        question.on_event(Progress("smoothgrad", row + 1, len(question.images)))
    return Heat(torch.stack(parts), {})
