"""Heat as colour: from dark over red to yellow, each step lighter than the one before, in print too."""

from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

# Lightness grows evenly from 12 to 93 (CIE L*), so order survives in grey and for the colour-blind.
ANCHORS = np.array(
    [
        (30, 18, 70),
        (87, 22, 110),
        (148, 32, 104),
        (203, 55, 72),
        (240, 104, 34),
        (252, 165, 20),
        (248, 232, 90),
    ],
    dtype=np.float64,
)


def heat_colours(heat: Float[Any, "H W"]) -> UInt8[Any, "H W 3"]:
    """RGB for heat in [0, 1], linear between the anchors."""
    places = np.linspace(0.0, 1.0, len(ANCHORS))
    channels = [np.interp(heat, places, ANCHORS[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)
