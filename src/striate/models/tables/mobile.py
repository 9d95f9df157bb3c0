"""Networks for small processors, and Striate's own for small pictures."""

from striate.models.entry import Entry

MOBILE: dict[str, Entry] = {
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
    "striate_small": Entry(
        builder="small:striate_small",
        task="classify",
        year=2026,
        parameters=61_306,
        multiply_adds=3_691_712,
        input=(1, 28, 28),
        classes=10,
        any_size=True,
        smallest=16,
        published="Striate's own; measured figures in docs/recipes.md",
        paper="docs/decisions/0009-small-pictures.md",
    ),
}
