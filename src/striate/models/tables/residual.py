"""Networks with shortcuts: ResNet and its line, up to ConvNeXt."""

from striate.models.entry import Entry

RESIDUAL: dict[str, Entry] = {
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
}
