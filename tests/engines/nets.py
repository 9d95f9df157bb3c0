"""Small networks with random but fixed weights."""

import torch
from torch import nn

from striate.models.build import create_model


def small_net(seed: int = 0) -> nn.Module:
    """Two convolutions and a head of 3 classes for pictures of 3 x 8 x 8."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = nn.Sequential(
            nn.Conv2d(3, 6, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(6, 8, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(8, 3),
        )
    return net.eval()


def catalogue_net(name: str, size_chw: tuple[int, int, int], num_classes: int = 10) -> nn.Module:
    """A catalogue network whose batch norms have statistics, so that its maps keep their scale."""
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        net = create_model(
            name, num_classes=num_classes, in_channels=size_chw[0], image_size=(size_chw[1], size_chw[2])
        )
        for part in net.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.momentum = None  # the mean of what was seen
        net.train()(torch.randn(4, *size_chw))
    return net.eval()


def pictures(count: int, size_chw: tuple[int, int, int] = (3, 8, 8)) -> torch.Tensor:
    """Random 8-bit pictures, always the same."""
    return torch.randint(
        0, 256, (count, *size_chw), dtype=torch.uint8, generator=torch.Generator().manual_seed(7)
    )
