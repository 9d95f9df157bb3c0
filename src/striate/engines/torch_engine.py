"""torch itself: runs everything, on every device; what the other engines are compared with."""

from dataclasses import dataclass

import torch
from torch import nn

from striate.engines.engine import Outputs, as_outputs, joined
from striate.shapes import Images, Pictures

BATCH = 64


@dataclass(frozen=True, slots=True)
class TorchEngine:
    """The module as it is, channels last; `bf16` computes convolutions and products in bfloat16."""

    module: nn.Module
    precision: str = "fp32"
    name: str = "torch"

    def run(self, images: Images | Pictures) -> Outputs:
        """As `Engine.run`, on the device of the module."""
        first = next(self.module.parameters(), None)
        device = torch.device("cpu") if first is None else first.device
        half = torch.autocast(device.type, torch.bfloat16, enabled=self.precision == "bf16")
        with torch.inference_mode(), half:
            found = [self.module(_laid_out(part.to(device))) for part in torch.split(images, BATCH)]
        return joined([tuple(one.float().cpu() for one in as_outputs(part)) for part in found])


def _laid_out(images: Images | Pictures) -> Images | Pictures:
    """Floats channels last, as convolutions are quickest; 8-bit pictures are laid out when normalised."""
    return images.contiguous(memory_format=torch.channels_last) if images.is_floating_point() else images
