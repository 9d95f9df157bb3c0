"""Expected calibration error: how far confidence is from accuracy.

Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, equation 3.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from striate.shapes import Labels


def expected_calibration_error(probabilities: Float[Tensor, "B K"], labels: Labels, bins: int = 15) -> float:
    """Mean of |accuracy - confidence| over equally wide bins of confidence, weighted by their pictures.

    Args:
        probabilities: (B, K), rows sum to 1.
        labels: (B,).
        bins: how many; a confidence on a border belongs to the lower bin.

    Returns:
        A value in [0, 1]; 0 for no pictures.
    """
    if len(labels) == 0:
        return 0.0
    confidence, answer = probabilities.double().max(dim=1)
    right = (answer == labels).double()
    bin_of = (confidence * bins).ceil().long().clamp(1, bins) - 1
    surplus = torch.zeros(bins, dtype=torch.float64).index_add_(0, bin_of, right - confidence)
    return float(surplus.abs().sum() / len(labels))
