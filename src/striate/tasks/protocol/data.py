"""What a task says of data: what it learns from, what is wrong with it, what a split keeps together."""

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import ClassVar

from striate.data.dataset import Dataset, Item, Problem
from striate.data.renumbering import renumbered
from striate.data.sample import Truth
from striate.data.transforms.truths import USUAL, Moving


class OfData:
    """The part of a task that is asked before anything is trained.

    Attributes:
        truths: the fields of `Truth` that a picture must have to teach or to be measured.
        fewest_classes: in the training data; 0 for a task without classes.
        recognised: whether data that have its truths are taken to be for it. One that learns from pictures
            alone, or from what another task learns from too, is only meant where it is named.
    """

    truths: ClassVar[tuple[str, ...]]
    fewest_classes: ClassVar[int] = 0
    recognised: ClassVar[bool] = True

    def check(self, dataset: Dataset) -> list[Problem]:
        """What is wrong with the truths of a data set for this task; `check` shows it, `train` refuses it."""
        return []

    def notes(self, dataset: Dataset) -> list[str]:
        """What people should know of a data set before they train this task with it."""
        return []

    def picture_class(self, item: Item) -> int | None:
        """The class of a whole picture, as this task counts it; None where it has none."""
        return item.truth.label

    def class_name(self, dataset: Dataset, row: int) -> str | None:
        """The name of a picture's class, as this task counts it; None where it has none."""
        found = self.picture_class(dataset.items[row])
        return None if found is None else dataset.classes[found]

    def classes(self, dataset: Dataset) -> tuple[str, ...]:
        """The classes that its network knows, as labels.json keeps them; () where it needs none."""
        return dataset.classes

    def renumbered(self, truth: Truth, places: Sequence[int | None]) -> Truth | None:
        """A truth of other data with the class numbers of the network; None where it cannot be measured.

        Args:
            truth: of a picture, as its data set numbers classes.
            places: for each class of that data set its number in the network, None where it has none.
        """
        return renumbered(truth, places, self.truths)

    def moving(self, dataset: Dataset) -> Moving:
        """What happens to truths when augmentation moves pixels; which points change places in a mirror."""
        return USUAL

    def stratum(self, item: Item) -> Hashable:
        """What splits balance: items of one stratum are spread over the parts."""
        return self.picture_class(item)

    def kept_together(self, item: Item) -> Hashable | None:
        """What lies on one side of a split beside look-alikes: an identity, a scene; None is nothing."""
        return None

    def counts(self, items: Sequence[Item], classes: Sequence[str]) -> dict[str, int]:
        """How many pictures every class has in one part; empty for a task without classes."""
        if not self.fewest_classes:
            return {}
        found = Counter(self.picture_class(item) for item in items)
        return {name: found[at] for at, name in enumerate(classes)}
