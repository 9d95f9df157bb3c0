"""`predict`: the answers for picture files, one a file; a bad file is an answer too."""

from striate.inference.streaming import Prediction, predict

__all__ = ["Prediction", "predict"]
