"""The run that a training starts from, opened once, when the training is planned."""

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from striate.data.dataset import Part
from striate.inference.network_of_run import WEIGHTS, architecture_of, labels_of, tensors_of
from striate.preprocess.preprocessing import Preprocessing
from striate.runs.preprocessing import read_preprocessing
from striate.runs.record import RunRecord
from striate.runs.records import Architecture

SEEN: tuple[Part, ...] = ("train", "validation")  # parts that train or select a network


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """What a new training takes from it, or compares with it.

    Attributes:
        seen: digests of the pictures that trained or selected its network.
    """

    record: RunRecord
    architecture: Architecture
    labels: tuple[str, ...]
    preprocessing: Preprocessing
    seen: frozenset[str | None]

    @classmethod
    def open(cls, path: Path) -> "EarlierRun":
        """The run in a folder.

        Raises:
            StriateError: it is none, or damaged.
        """
        record = RunRecord.open(path)
        architecture = architecture_of(record)
        digests = record.dataset.digests
        return cls(
            record,
            architecture,
            labels_of(record, architecture),
            read_preprocessing(record),
            frozenset(digest for part in SEEN for digest in digests.get(part, [])),
        )

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.record.folder.path

    @property
    def weights(self) -> Path:
        """The file of its best weights."""
        return self.record.folder / WEIGHTS

    def tensors(self) -> dict[str, Tensor]:
        """Its best weights, read anew: they are not kept in memory while the new run trains."""
        return tensors_of(self.record)[0]
