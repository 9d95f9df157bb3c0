"""torch itself: runs everything, on every device; what the other engines are compared with."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from striate.shapes import Images, Pictures

BATCH = 64


@dataclass(frozen=True, slots=True)
class TorchEngine:
    """The module as it is, channels last; `bf16` computes convolutions and products in bfloat16."""

    module: nn.Module
    precision: str = "fp32"
    name: str = "torch"

    def run(self, images: Images | Pictures) -> Float[Tensor, "B ..."]:
        """As `Engine.run`, on the device of the module."""
        first = next(self.module.parameters(), None)
        device = torch.device("cpu") if first is None else first.device
        half = torch.autocast(device.type, torch.bfloat16, enabled=self.precision == "bf16")
        with torch.inference_mode(), half:
            parts = [self.module(_laid_out(part.to(device))) for part in torch.split(images, BATCH)]
        return torch.cat([part.float().cpu() for part in parts])


def _laid_out(images: Images | Pictures) -> Images | Pictures:
    """Floats channels last, as convolutions are quickest; 8-bit pictures are laid out when normalised."""
    return images.contiguous(memory_format=torch.channels_last) if images.is_floating_point() else images
