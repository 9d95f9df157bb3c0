"""The data of a training: every picture decoded once, at the network's size, and split into three parts."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Int64
from torch import Tensor

from striate.actions.options import TrainOptions
from striate.actions.plan import Plan
from striate.data.dataset import PARTS, Dataset, Problem
from striate.data.loading import Batches, Store, empty_store
from striate.data.scan import Scan, scan
from striate.data.splits import Split, read_split_file, split
from striate.data.transforms.augmentation import Augmentation
from striate.errors import StriateError
from striate.events import Listener, Note, Warned
from striate.machine import memory
from striate.preprocess import Preprocessing
from striate.shapes import Picture
from striate.tasks.recipes.recipe import Recipe

JUDGED = 256  # pictures a batch where nothing is learned
SAMPLED = 4000  # training pictures that decide mean and std
NAMED = 10  # bad pictures that are named while training; the report and `check` name all


@dataclass(frozen=True, slots=True)
class Material:
    """Pictures, split and preprocessing of one training."""

    dataset: Dataset
    scan: Scan
    store: Store
    split: Split
    preprocessing: Preprocessing
    skipped: tuple[Problem, ...]
    damaged: tuple[Problem, ...]

    def training_batches(
        self, options: TrainOptions, recipe: Recipe, augmentation: Augmentation | None
    ) -> Batches:
        """The training part, shuffled and changed anew in every epoch."""
        rows = torch.tensor(self.split.train)
        return Batches(self.store, rows, recipe.batch_size, seed=options.seed, augmentation=augmentation)

    def validation_batches(self) -> Batches:
        """The validation part as it is; the training part where a data set is too small to have one."""
        return Batches(self.store, torch.tensor(self.split.validation or self.split.train), JUDGED)

    def names(self, rows: Int64[Tensor, " M"]) -> list[str]:
        """The pictures' names in their data set."""
        return [self.dataset.items[row].name for row in rows.tolist()]


def read_material(dataset: Dataset, plan: Plan, options: TrainOptions, on_event: Listener) -> Material:
    """Read, decode and split; bad pictures are named and skipped.

    Raises:
        StriateError: a picture is bad and `strict` was asked for, or too little is left to train on.
    """
    spec = plan.preprocessing
    pictures = empty_store((len(dataset.items), spec.channels, *spec.size_hw), memory().total)

    def keep(row: int, picture: Picture) -> None:
        pictures[row] = spec.fit_picture(picture)

    found = scan(dataset, keep, on_event, threads=options.workers)
    pairs = list(zip(dataset.items, found.rows, strict=True))
    skipped = tuple(Problem(item.name, row.problem) for item, row in pairs if row.problem)
    damaged = tuple(Problem(item.name, row.damage) for item, row in pairs if row.damage)
    _report_bad(skipped, damaged, options, on_event)
    parts = _split(dataset, found, options)
    for note in parts.notes:
        on_event(Note(note))
    if skipped:
        on_event(Note(f"{len(skipped)} of {len(dataset.items):,} files were skipped"))
    if not plan.normalised:
        spec = _normalised(spec, pictures, torch.tensor(parts.train))
    labels = torch.tensor([-1 if item.truth.label is None else item.truth.label for item in dataset.items])
    return Material(dataset, found, Store(pictures, labels), parts, spec, skipped, damaged)


def _report_bad(
    skipped: tuple[Problem, ...], damaged: tuple[Problem, ...], options: TrainOptions, on_event: Listener
) -> None:
    bad = skipped + damaged
    if options.strict and bad:
        raise StriateError(
            f"{len(bad)} pictures cannot be used as they are, the first: {bad[0].file}: {bad[0].reason}. "
            "Mend or remove them, or leave out --strict."
        )
    for word, problems in (("skipped", skipped), ("damaged, used all the same", damaged)):
        for problem in problems[:NAMED]:
            on_event(Warned(f"{word}: {problem.file}: {problem.reason}"))
        if len(problems) > NAMED:
            on_event(Warned(f"{word}: {len(problems) - NAMED} more, see `striate check {options.data}`"))


def _split(dataset: Dataset, found: Scan, options: TrainOptions) -> Split:
    names = [item.name for item in dataset.items]
    given = read_split_file(options.split, names) if options.split is not None else None
    parts = split(
        dataset.items,
        found.groups(),
        classes=dataset.classes,
        seed=options.seed,
        rows=found.usable,
        parts=given,
    )
    if options.test is None:
        return parts
    # Measured elsewhere, so the data's own test part may train.
    return replace(parts, train=tuple(sorted(parts.train + parts.test)), test=())


def _normalised(spec: Preprocessing, pictures: Tensor, rows: Int64[Tensor, " M"]) -> Preprocessing:
    """Mean and spread of the training pictures, as a network from scratch has them."""
    step = max(1, len(rows) // SAMPLED)
    values = pictures[rows[::step]].double() / 255
    mean = tuple(round(float(value), 6) for value in values.mean(dim=(0, 2, 3)))
    std = tuple(max(round(float(value), 6), 0.01) for value in values.std(dim=(0, 2, 3)))
    return replace(spec, mean=mean, std=std)


def dataset_record(options: TrainOptions, material: Material) -> dict[str, Any]:
    """What `dataset.json` holds; digests stand in the order of the split's names."""
    dataset, parts = material.dataset, {part: getattr(material.split, part) for part in PARTS}
    labels, classes = material.store.labels.tolist(), dataset.classes
    counts = {}
    for part, rows in parts.items():
        found = Counter(labels[row] for row in rows)
        counts[part] = {name: found[index] for index, name in enumerate(classes)}
    return {
        "data": str(options.data),
        "layout": dataset.layout,
        "fingerprint": material.scan.fingerprint,
        "classes": list(classes),
        "counts": counts,
        "split": {part: [dataset.items[row].name for row in rows] for part, rows in parts.items()},
        "digests": {part: [material.scan.rows[row].digest for row in rows] for part, rows in parts.items()},
        "skipped": [{"file": p.file, "reason": p.reason} for p in material.skipped],
        "damaged": [{"file": p.file, "reason": p.reason} for p in material.damaged],
        "ignored": dataset.ignored,
        "notes": [*dataset.notes, *material.split.notes],
    }
