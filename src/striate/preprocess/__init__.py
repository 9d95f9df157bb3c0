"""How a picture becomes a network's input, and the way of boxes, points and maps there and back."""

from striate.preprocess.preprocessing import Preprocessing

__all__ = ["Preprocessing"]
