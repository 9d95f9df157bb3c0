"""What a network with auxiliary heads gives in training mode.

Source: Szegedy et al., "Going Deeper with Convolutions", CVPR 2015, arXiv:1409.4842, section 5
"""

from typing import NamedTuple

from striate.shapes import Logits


class WithAuxiliary(NamedTuple):
    """Logits of the network and of the heads on earlier maps; in eval mode a network gives a plain tensor.

    The loss is that of `logits` plus `weight` times that of each of `auxiliary`.
    """

    logits: Logits
    auxiliary: tuple[Logits, ...]
    weight: float
