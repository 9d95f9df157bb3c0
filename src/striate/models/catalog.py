"""Every network by name: its builder, its figures and where they were published.

One visible table of literals, which `--help`, completion, the doors and the documentation read without torch.
The tests count parameters and multiply-adds again.
"""

from striate.errors import UnknownName
from striate.models.entry import Entry
from striate.models.tables.inception import INCEPTION

__all__ = ["MODELS", "Entry", "find_entry", "list_models"]


BASICS: dict[str, Entry] = {
    "lenet5": Entry(
        builder="lenet:lenet5",
        task="classify",
        year=1998,
        parameters=61_706,
        multiply_adds=416_520,
        input=(1, 32, 32),
        classes=10,
        any_size=False,
        smallest=16,
        published="0.95 % test error on MNIST (the paper's network with trained subsampling, section III)",
        paper="LeCun et al., Gradient-Based Learning Applied to Document Recognition, Proc. IEEE 1998",
    ),
    "resnet18": Entry(
        builder="resnet:resnet18",
        task="classify",
        year=2015,
        parameters=11_689_512,
        multiply_adds=1_814_073_344,
        input=(3, 224, 224),
        classes=1000,
        any_size=True,
        smallest=32,
        weights=("imagenet",),
        published="69.758 % top-1, 89.078 % top-5 on ImageNet (torchvision IMAGENET1K_V1)",
        paper="arXiv:1512.03385",
    ),
    "squeezenet1_1": Entry(
        builder="squeezenet:squeezenet1_1",
        task="classify",
        year=2016,
        parameters=1_235_496,
        multiply_adds=349_151_936,
        input=(3, 224, 224),
        classes=1000,
        any_size=True,
        smallest=32,
        weights=("imagenet",),
        published="58.178 % top-1, 80.624 % top-5 on ImageNet (torchvision IMAGENET1K_V1)",
        paper="arXiv:1602.07360",
    ),
    "book_mnist": Entry(
        builder="book:book_mnist",
        task="classify",
        year=2017,
        parameters=93_322,
        multiply_adds=2_794_240,
        input=(1, 28, 28),
        classes=10,
        any_size=False,
        smallest=18,
        published="99.3 % on MNIST's test part (the book, section 5.1)",
        paper="Chollet, Deep Learning with Python, Manning 2017, listings 5.1 and 5.2",
    ),
    "book_cats_dogs": Entry(
        builder="book:book_cats_dogs",
        task="classify",
        year=2017,
        parameters=3_453_121,
        multiply_adds=236_095_488,
        input=(3, 150, 150),
        classes=2,
        any_size=False,
        smallest=46,
        published="70 to 72 % validation accuracy on 2,000 pictures of cats and dogs (the book, section 5.2)",
        paper="Chollet, Deep Learning with Python, Manning 2017, listing 5.5",
    ),
    "efficientnet_lite0": Entry(
        builder="efficientnet_lite:efficientnet_lite0",
        task="classify",
        year=2020,
        parameters=4_652_008,
        multiply_adds=385_187_552,
        input=(3, 224, 224),
        classes=1000,
        any_size=True,
        smallest=32,
        weights=("imagenet",),
        published="75.1 % top-1 on ImageNet, 4.7M parameters (Google's EfficientNet-lite page, 2020)",
        paper="arXiv:1905.11946",
    ),
}


MODELS = dict(sorted((BASICS | INCEPTION).items(), key=lambda row: row[1].year))


def list_models(task: str | None = None) -> list[str]:
    """Names of all networks, or of one task's, in the table's order (by year).

    Raises:
        UnknownName: no network has this task.
    """
    if task is None:
        return list(MODELS)
    names = [name for name, entry in MODELS.items() if entry.task == task]
    if not names:
        tasks = sorted({entry.task for entry in MODELS.values()})
        raise UnknownName("task", task, tasks, f"Networks exist for: {', '.join(tasks)}.")
    return names


def find_entry(name: str) -> Entry:
    """The row of a network.

    Raises:
        UnknownName: no network has this name; the nearest ones are offered.
    """
    if name not in MODELS:
        raise UnknownName("model", name, MODELS, "`striate models` lists them all.")
    return MODELS[name]
