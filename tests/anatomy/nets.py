"""Networks of the course as plain modules, for tests that need no catalogue."""

from torch import Tensor, nn


def pairs(*layers: nn.Module) -> nn.Sequential:
    return nn.Sequential(*layers)


def lenet_1998_first_layers() -> nn.Sequential:
    return pairs(nn.Conv2d(1, 6, 5))


def alexnet(groups: int = 1) -> nn.Sequential:
    """The course's AlexNet: convolution, pool, normalisation."""
    return pairs(
        *(nn.Conv2d(3, 96, 11, 4), nn.ReLU(), nn.MaxPool2d(3, 2), nn.LocalResponseNorm(5)),
        *(
            nn.Conv2d(96, 256, 5, padding=2, groups=groups),
            nn.ReLU(),
            nn.MaxPool2d(3, 2),
            nn.LocalResponseNorm(5),
        ),
        *(nn.Conv2d(256, 384, 3, padding=1), nn.ReLU()),
        *(nn.Conv2d(384, 384, 3, padding=1, groups=groups), nn.ReLU()),
        *(nn.Conv2d(384, 256, 3, padding=1, groups=groups), nn.ReLU(), nn.MaxPool2d(3, 2)),
        *(
            nn.Flatten(),
            nn.Linear(9216, 4096),
            nn.ReLU(),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Linear(4096, 1000),
        ),
    )


VGG = {
    "A": [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
    "B": [64, 64, "M", 128, 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
    "D": [64, 64, "M", 128, 128, "M", *[256] * 3, "M", *[512] * 3, "M", *[512] * 3, "M"],
    "E": [64, 64, "M", 128, 128, "M", *[256] * 4, "M", *[512] * 4, "M", *[512] * 4, "M"],
}


def vgg_base(column: str = "D") -> nn.Sequential:
    layers: list[nn.Module] = []
    before = 3
    for width in VGG[column]:
        if width == "M":
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [nn.Conv2d(before, int(width), 3, padding=1), nn.ReLU()]
            before = int(width)
    return pairs(*layers)


def vgg(column: str = "D") -> nn.Sequential:
    head = (nn.Linear(25088, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000))
    return pairs(*vgg_base(column), nn.Flatten(), *head)


class Inception(nn.Module):
    """Four branches side by side; a width of 0 leaves the 1x1 layer before (or after the pool) out."""

    def __init__(self, before: int, one: int, r3: int, three: int, r5: int, five: int, pool: int) -> None:
        super().__init__()
        self.one = nn.Conv2d(before, one, 1, bias=False)
        self.three = self._branch(before, r3, three, 3)
        self.five = self._branch(before, r5, five, 5)
        projection = [nn.Conv2d(before, pool, 1, bias=False)] if pool else []
        self.pool = nn.Sequential(nn.MaxPool2d(3, 1, 1), *projection)

    @staticmethod
    def _branch(before: int, reduced: int, width: int, side: int) -> nn.Sequential:
        first = [nn.Conv2d(before, reduced, 1, bias=False)] if reduced else []
        last = nn.Conv2d(reduced or before, width, side, padding=side // 2, bias=False)
        return nn.Sequential(*first, last)

    def forward(self, maps: Tensor) -> Tensor:
        import torch

        return torch.cat([self.one(maps), self.three(maps), self.five(maps), self.pool(maps)], dim=1)
