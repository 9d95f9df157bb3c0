"""Processes that begin with an empty memory, as all do on Windows and macOS: paths and numbers reach them."""

import multiprocessing
import os
import pickle
from pathlib import Path

import pytest
import torch

from striate.data.caching.picture_cache import wait_for_writers
from striate.data.datasets.recognise import open_dataset
from striate.data.loading import Batches, Store
from striate.data.reading import read_pictures
from striate.data.sampling import classes_balanced
from striate.data.transforms.presets import AUGMENTATIONS
from striate.preprocess.preprocessing import Preprocessing

SPEC = Preprocessing((48, 48), 3, (0.5,) * 3, (0.5,) * 3)


def batches_of(folder: str, part: tuple[int, int]) -> list[list]:
    """An epoch's batches as process `part` reads them, in plain numbers."""
    dataset = open_dataset(Path(folder))
    pictures, found = read_pictures(dataset, SPEC)
    wait_for_writers()
    labels = torch.tensor([item.truth.label for item in dataset.items])
    rows = torch.tensor(found.usable)
    batches = Batches(
        Store(pictures, labels),
        rows,
        8,
        seed=3,
        order=classes_balanced,
        augmentation=AUGMENTATIONS["photo"],
        part=part,
    )
    return [[b.rows.tolist(), b.labels.tolist(), b.pictures.tolist()] for b in batches.epoch(1)]


def tell(folder: str, part: tuple[int, int], cache: str, answer: str) -> None:
    """What a spawned process does; the answer is a file, so that a crash leaves none."""
    os.environ |= {"STRIATE_CACHE": cache, "STRIATE_CACHE_BYTES": str(10**9)}
    Path(answer).write_bytes(pickle.dumps((os.getpid(), batches_of(folder, part))))


@pytest.mark.promise
def test_two_spawned_processes_read_together_what_one_reads(shared: Path, tmp_path: Path, monkeypatch):
    """They share one cache, and begin at the same time with none."""
    folder = tmp_path / "pictures"
    for number, file in enumerate(sorted((shared / "data" / "faces").rglob("*.p*"))[:30]):
        place = folder / ("ab"[number % 3 == 0])
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{number}{file.suffix}").write_bytes(file.read_bytes())
    context = multiprocessing.get_context("spawn")
    answers = [tmp_path / f"answer{number}" for number in range(2)]
    processes = [
        context.Process(target=tell, args=(str(folder), (number, 2), str(tmp_path / "cache"), str(answer)))
        for number, answer in enumerate(answers)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0]
    (first, even), (second, odd) = (pickle.loads(answer.read_bytes()) for answer in answers)
    assert len({os.getpid(), first, second}) == 3
    monkeypatch.setenv("STRIATE_CACHE_BYTES", "0")
    whole = batches_of(str(folder), (0, 1))
    assert len(whole) == len(even) == len(odd) == 4
    for batch, left, right in zip(whole, even, odd, strict=True):
        for every, own, other in zip(batch, left, right, strict=True):
            assert every[0::2] == own and every[1::2] == other
    assert len(list((tmp_path / "cache" / "pictures").glob("*/index"))) == 1


@pytest.mark.promise
def test_a_data_set_goes_to_the_spawned_workers_of_torchs_loader(shared: Path):
    dataset = open_dataset(shared / "data" / "faces")
    loader = torch.utils.data.DataLoader(
        Rows(dataset), batch_size=None, num_workers=2, multiprocessing_context="spawn"
    )
    sums = [int(value) for value in loader]
    assert sums == [int(dataset.read(row)[0].sum()) for row in range(12)]


class Rows(torch.utils.data.Dataset):
    """The first pictures' sums, each read where the loader wants it."""

    def __init__(self, dataset) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return 12

    def __getitem__(self, row: int) -> int:
        return int(self.dataset.read(row)[0].sum())
