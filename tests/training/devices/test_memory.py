"""Too little memory is one line with a batch size to try; other errors stay what they are."""

import pytest
import torch

from striate.data.sample import Batch
from striate.errors import WorkFailed
from striate.training.devices.memory import enough_memory

BATCH = Batch(torch.zeros(64, 3, 20, 30), torch.arange(64))


def test_an_allocation_that_no_machine_has_names_a_smaller_batch():
    with (
        pytest.raises(WorkFailed, match=r"64 pictures of 30x20 pixels.*--batch-size 32"),
        enough_memory(BATCH),
    ):
        torch.empty(2**60, dtype=torch.uint8)


def test_pythons_own_error_and_a_batch_of_one():
    one = Batch(torch.zeros(1, 1, 8, 8), torch.arange(1))
    with pytest.raises(WorkFailed, match="a smaller --image-size"), enough_memory(one):
        raise MemoryError


def test_a_wrong_shape_is_no_lack_of_memory():
    with pytest.raises(RuntimeError, match="mat1 and mat2"), enough_memory(BATCH):
        torch.zeros(2, 3) @ torch.zeros(2, 3)
