"""The data of a training: every picture decoded once, at the network's size, and told apart into three parts."""

from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Int64
from torch import Tensor

from striate.actions.options import TrainOptions
from striate.actions.plan import Plan
from striate.data.dataset import PARTS, Dataset, Part, Problem
from striate.data.duplicates import groups
from striate.data.fingerprint import fingerprint
from striate.data.loading import Batches, Store, empty_store
from striate.data.scan import Scan, scan
from striate.data.splits import Split, read_split_file, split_rows
from striate.data.transforms.augmentation import Augmentation, stream_seed
from striate.errors import StriateError
from striate.events import Listener, Note, Warned
from striate.machine import memory
from striate.preprocess import Preprocessing
from striate.shapes import Picture
from striate.tasks.recipes.recipe import Recipe

JUDGED = 256  # pictures a batch where nothing is learned
SAMPLED = 4000  # training pictures that decide mean and std


@dataclass(frozen=True, slots=True)
class Material:
    """Pictures, split and preprocessing of one training."""

    dataset: Dataset
    scan: Scan
    store: Store
    split: Split
    preprocessing: Preprocessing
    fingerprint: str
    skipped: tuple[Problem, ...]
    damaged: tuple[Problem, ...]

    def training_batches(self, options: TrainOptions, recipe: Recipe, augmentation: Augmentation | None) -> Batches:
        """The training part, shuffled and changed anew in every epoch."""
        rows = torch.as_tensor(self.split.train)
        return Batches(self.store, rows, recipe.batch_size, seed=options.seed, augmentation=augmentation)

    def validation_batches(self) -> Batches:
        """The validation part as it is; the training part where a data set is too small to have one."""
        return Batches(self.store, torch.as_tensor(self.split.validation or self.split.train), JUDGED)

    def names(self, rows: Int64[Tensor, " M"]) -> list[str]:
        """The pictures' names in their data set."""
        return [self.dataset.items[row].name for row in rows.tolist()]


def read_material(dataset: Dataset, plan: Plan, options: TrainOptions, on_event: Listener) -> Material:
    """Read, decode and split; bad pictures are named and skipped.

    Raises:
        StriateError: a picture is bad and `strict` was asked for, or too little is left to train on.
    """
    spec = plan.preprocessing
    pictures = empty_store((len(dataset.items), spec.channels, *spec.size_hw), memory()[0])

    def keep(row: int, picture: Picture) -> None:
        pictures[row] = spec.fit_picture(picture)

    found = scan(dataset, keep, on_event, workers=options.workers)
    skipped, damaged = tuple(found.unreadable(dataset)), tuple(found.damaged(dataset))
    _report_bad(skipped, damaged, options, on_event)
    labels = torch.tensor([item.truth.label if item.truth.label is not None else -1 for item in dataset.items])
    split = _split(dataset, found, options)
    for note in split.notes:
        on_event(Note(note))
    counts = ", ".join(f"{len(getattr(split, part)):,} {part}" for part in PARTS)
    on_event(Note(f"pictures: {counts}" + (f", {len(skipped)} skipped" if skipped else "")))
    if not split.train:
        raise StriateError(f"{options.data} has no picture to train on; `striate check {options.data}` says why.")
    if not plan.normalised:
        spec = _normalised(spec, pictures, torch.as_tensor(split.train))
    store = Store(pictures, labels)
    return Material(dataset, found, store, split, spec, fingerprint(dataset, found.digests), skipped, damaged)


def _report_bad(
    skipped: tuple[Problem, ...], damaged: tuple[Problem, ...], options: TrainOptions, on_event: Listener
) -> None:
    bad = skipped + damaged
    if options.strict and bad:
        raise StriateError(
            f"{len(bad)} pictures cannot be used as they are, the first: {bad[0].file}: {bad[0].reason}. "
            "Mend or remove them, or leave out --strict."
        )
    for problem in skipped[:10]:
        on_event(Warned(f"skipped {problem.file}: {problem.reason}"))
    for problem in damaged[:10]:
        on_event(Warned(f"damaged {problem.file}: {problem.reason}"))
    if len(bad) > 20:
        on_event(Warned(f"and more; `striate check {options.data}` lists all {len(bad)}"))


def _split(dataset: Dataset, found: Scan, options: TrainOptions) -> Split:
    names = [item.name for item in dataset.items]
    parts: list[Part | None] = [item.part for item in dataset.items]
    if options.split is not None:
        parts = read_split_file(options.split, names)
    usable = [row for row in range(len(names)) if found.usable(row)]
    split = split_rows(
        names=[names[row] for row in usable],
        labels=[dataset.items[row].truth.label or 0 for row in usable],
        parts=[parts[row] for row in usable],
        groups=[groups(dataset, found)[row] for row in usable] if False else _groups(dataset, found, usable),
        classes=dataset.classes,
        seed=stream_seed(options.seed, "split"),
    )
    chosen = {part: tuple(usable[i] for i in getattr(split, part)) for part in PARTS}
    if options.test is not None:  # measured elsewhere: the own test part may train
        chosen["train"], chosen["test"] = tuple(sorted(chosen["train"] + chosen["test"])), ()
    return replace(split, **chosen)
