"""Score-CAM: each channel masks the picture, and counts as much as the class's score is then; no gradients.

Source: Wang et al., "Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks",
CVPR workshops 2020, arXiv:1910.01279, algorithm 1
Differs: masks are enlarged corner to corner and the score is the logit, as pytorch-grad-cam has it. The
paper's baseline, the score of an empty picture, is the same for all channels and goes out with the softmax.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from striate.events import Progress
from striate.explanation.heat.question import Heat, Question


def score_cam(question: Question) -> Heat:
    """Maps weighted by the softmax, over the channels, of the scores of the masked pictures."""
    every = torch.cat([reading.maps.detach() for _, reading in question.readings()])  # (B, C, h, w)
    total = every.shape[0] * every.shape[1]
    parts = []
    for row in range(len(every)):
        one, maps = question.of(slice(row, row + 1)), every[row : row + 1]
        scores = []
        for start in range(0, maps.shape[1], question.batch):
            scores.append(_masked_scores(one, maps[:, start : start + question.batch]))
            done = row * maps.shape[1] + min(start + question.batch, maps.shape[1])
            question.on_event(Progress("score-cam", done, total, "masks"))
        weights = torch.softmax(torch.cat(scores), dim=0)
        parts.append((weights.view(1, -1, 1, 1) * maps).sum(dim=1).clamp(min=0))
    return Heat(torch.cat(parts), {})


def _masked_scores(one: Question, maps: Float[Tensor, "1 D h w"]) -> Float[Tensor, " D"]:
    """The score of one picture under each of D masks."""
    masks = F.interpolate(maps, one.images.shape[2:], mode="bilinear", align_corners=True)[0]  # (D, H, W)
    low, high = masks.amin(dim=(1, 2), keepdim=True), masks.amax(dim=(1, 2), keepdim=True)
    masks = (masks - low) / (high - low + 1e-8)
    masked = one.images * masks[:, None]  # (D, C, H, W)
    with torch.no_grad():
        logits = one.answer(masked.contiguous(memory_format=torch.channels_last))
    return one.repeated(len(logits)).scores(logits)
