"""Plain chains of layers: LeNet-5 to VGG."""

from striate.models.entry import Entry

LENET_TO_VGG: dict[str, Entry] = {
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
}
