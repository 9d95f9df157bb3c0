"""What is seen beyond a picture's edge."""

import numpy as np
from jaxtyping import Int64

from striate.data.transforms.geometry import Fill


def folded(places: Int64[np.ndarray, "..."], length: int, fill: Fill) -> Int64[np.ndarray, "..."]:
    """Whole places beyond 0..length-1 brought back into it; with `constant` as with `nearest`."""
    if fill == "wrap":
        return places % length
    if fill == "reflect":
        around = places % (2 * length)
        places = np.minimum(around, 2 * length - 1 - around)
    return places.clip(0, length - 1)
