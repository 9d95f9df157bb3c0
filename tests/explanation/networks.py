"""Small networks whose heat maps can be worked out by hand."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Pooled(nn.Module):
    """One convolution, ReLU, global average pooling, one dense layer; not of the catalogue."""

    def __init__(self, outputs: int = 3, channels: int = 4) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, channels, 3, padding=1)
        self.relu = nn.ReLU()
        self.fc = nn.Linear(channels, outputs)

    def forward(self, images: Tensor) -> Tensor:
        return self.fc(self.relu(self.conv(images)).mean(dim=(2, 3)))


class Flattened(nn.Module):
    """As `Pooled`, but the dense layers read every place, through a smooth hidden layer."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3, padding=1)
        self.hidden = nn.Linear(3 * 16, 5)
        self.out = nn.Linear(5, 2)

    def forward(self, images: Tensor) -> Tensor:
        maps = F.relu(self.conv(images), inplace=True)
        return self.out(torch.tanh(self.hidden(maps.flatten(1))))


class TwoWays(nn.Module):
    """The last convolution's output is one of two ways; only their sum, a module's output, is all of it."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 4, 3, padding=1)
        self.branch = nn.Conv2d(4, 4, 3, padding=1)
        self.fc = nn.Linear(4, 2)

    def forward(self, images: Tensor) -> Tensor:
        stem = self.stem(images)
        return self.fc((stem + self.branch(stem)).mean(dim=(2, 3)))


class Dense(nn.Module):
    """No map at all."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(16, 2)

    def forward(self, images: Tensor) -> Tensor:
        return self.fc(images.flatten(1))


class Twice(nn.Module):
    """One ReLU module that is called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(1, 2, 3, padding=1)
        self.second = nn.Conv2d(2, 3, 3, stride=2, padding=1)
        self.relu = nn.ReLU()
        self.fc = nn.Linear(3, 2)

    def forward(self, images: Tensor) -> Tensor:
        maps = self.relu(self.second(self.relu(self.first(images))))
        return self.fc(maps.mean(dim=(2, 3)))


def seeded(kind: type[nn.Module], **values: int) -> nn.Module:
    """The network with the same random weights every time, in evaluation mode."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        return kind(**values).eval()


def pictures(count: int = 2, side: int = 4, channels: int = 1) -> Tensor:
    """Noise, always the same: (count, channels, side, side)."""
    return torch.randn(count, channels, side, side, generator=torch.Generator().manual_seed(5))
