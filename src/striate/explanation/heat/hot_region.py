"""Where heat is: the box around its largest connected part.

Source: Zhou et al., "Learning Deep Features for Discriminative Localization", CVPR 2016, arXiv:1512.04150,
section 3.2 (there at 20 % of the maximum)
"""

from typing import Any

import numpy as np
from jaxtyping import Float
from scipy import ndimage

THRESHOLD = 0.5  # of the maximum
SMOOTHNESS = 25  # the longer side over the standard deviation of the blur


def hot_box(
    heat: Float[Any, "H W"], threshold: float = THRESHOLD, *, smooth: bool = False
) -> tuple[int, int, int, int] | None:
    """The box (x1, y1, x2, y2) in pixels, x2 and y2 outside, around the largest part of at least `threshold`.

    Parts hang together side by side, not at corners. `smooth` is for heat that is scattered over single
    pixels: it is blurred first. None where there is no heat at all.
    """
    if smooth:
        heat = ndimage.gaussian_filter(heat, sigma=max(heat.shape) / SMOOTHNESS)
    if not heat.max() > 0:
        return None
    parts, count = ndimage.label(heat >= threshold * heat.max())
    sizes = np.bincount(parts.ravel())[1:]
    rows, columns = ndimage.find_objects(parts)[int(sizes.argmax())]
    assert count
    return columns.start, rows.start, columns.stop, rows.stop
