"""Two pictures in one, with both labels: blended (mixup) or a rectangle of one in the other (cutmix).

Sources: Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018, arXiv:1710.09412;
Yun et al., "CutMix", ICCV 2019, section 3.1, arXiv:1905.04899
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from striate.data.transforms.ranges import Number, require_number
from striate.shapes import Pictures


@dataclass(frozen=True, slots=True)
class Mixing:
    """Which share of the partner a picture gets: 1 - w, where w is drawn from Beta(alpha, alpha).

    Attributes:
        mixup: alpha of blending; 0 turns it off.
        cutmix: alpha of rectangles; 0 turns it off. With both, a picture gets one of them, by a fair coin.
    """

    mixup: Number = 0.0
    cutmix: Number = 0.0

    def __post_init__(self) -> None:
        require_number("mixup", self.mixup, 0, 100)
        require_number("cutmix", self.cutmix, 0, 100)

    def __call__(
        self, pictures: Pictures, partners: Pictures, draws: Float[Tensor, "B 4"]
    ) -> tuple[Pictures, Float[Tensor, " B"]]:
        """The mixed pictures and the weight of each one's own label; the partner's has the rest."""
        seen, weights = torch.empty_like(pictures), torch.empty(len(pictures))
        cut = (draws[:, 0] < 0.5).tolist()
        for i in range(len(pictures)):
            if self.cutmix and (cut[i] or not self.mixup):
                share = beta_quantile(float(draws[i, 1]), self.cutmix)
                left, top, right, bottom = rectangle(
                    1 - share, draws[i, 2:], (pictures.shape[2], pictures.shape[3])
                )
                seen[i] = pictures[i]
                seen[i, :, top:bottom, left:right] = partners[i, :, top:bottom, left:right]
                weights[i] = 1 - (right - left) * (bottom - top) / (pictures.shape[2] * pictures.shape[3])
            else:
                weights[i] = beta_quantile(float(draws[i, 1]), self.mixup) if self.mixup else 1.0
                seen[i] = torch.lerp(partners[i].float(), pictures[i].float(), weights[i]).round_()
        return seen, weights


def beta_quantile(probability: float, alpha: Number) -> float:
    """The value that a Beta(alpha, alpha) variable stays below with this probability."""
    from scipy.special import betaincinv  # slow to import, and few trainings mix pictures

    return float(betaincinv(alpha, alpha, probability))


def rectangle(
    share: float, centre: Float[Tensor, "2"], size_hw: tuple[int, int]
) -> tuple[int, int, int, int]:
    """A box (x1, y1, x2, y2) of the picture's proportions and of this share of its area, cut at the edges.

    Args:
        share: of the area, in [0, 1], before cutting off.
        centre: x and y as shares of the sides, in [0, 1).
        size_hw: the picture's size.
    """
    height, width = size_hw
    tall, wide = round(height * share**0.5), round(width * share**0.5)
    left, top = int(centre[0] * width) - wide // 2, int(centre[1] * height) - tall // 2
    return max(0, left), max(0, top), min(width, left + wide), min(height, top + tall)
