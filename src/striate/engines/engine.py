"""What every engine does: run a network forward, for any number of images."""

from collections.abc import Sequence
from typing import Literal, Protocol, runtime_checkable

import torch
from torch import Tensor

from striate.shapes import Images, Pictures

EngineName = Literal["auto", "torch", "openvino", "onnxruntime"]
Precision = Literal["auto", "fp32", "bf16", "int8"]
Outputs = tuple[Tensor, ...]  # of one network, one or several; the first axis is images


@runtime_checkable
class Engine(Protocol):
    """A network ready to run."""

    @property
    def name(self) -> str:
        """torch, openvino or onnxruntime."""
        ...

    @property
    def precision(self) -> str:
        """fp32, bf16 or int8: in what the products are computed."""
        ...

    def run(self, images: Images | Pictures) -> Outputs:
        """What the network says of normalised images, or of 8-bit pictures if it normalises them itself.

        The results are float32 on the CPU, one for each output; 0 images are as good as any other number.
        """
        ...


def as_outputs(found: object) -> Outputs:
    """What a module returned in eval mode, a tensor or a tuple of them, as a tuple."""
    return (found,) if isinstance(found, Tensor) else tuple(found)  # type: ignore[arg-type]


def joined(parts: Sequence[Outputs]) -> Outputs:
    """The outputs of batches one after another; at least one batch."""
    return tuple(torch.cat(same) for same in zip(*parts, strict=True))
