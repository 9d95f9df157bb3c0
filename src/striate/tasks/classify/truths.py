"""What a classifier reads of truths."""

from collections.abc import Sequence

import torch
from torch import Tensor

from striate.data.sample import Truth


def labels_of(truths: Sequence[Truth]) -> Tensor:
    """Class indices (N,); -1 where nobody says."""
    return torch.tensor([-1 if one.label is None else one.label for one in truths], dtype=torch.int64)
