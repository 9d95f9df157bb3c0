"""A run's preprocessing as what carries it out; apart from the record, which needs no torch."""

from striate.preprocess.preprocessing import Preprocessing
from striate.runs.record import RunRecord


def read_preprocessing(record: RunRecord) -> Preprocessing:
    """How the run's network wants its pictures.

    Raises:
        StriateError: `preprocess.json` is missing or damaged.
    """
    found = record.input
    size_hw = (found.size_hw[0], found.size_hw[1])
    mean, std = tuple(found.mean), tuple(found.std)
    return Preprocessing(size_hw, found.channels, mean, std, found.fit, found.white)
