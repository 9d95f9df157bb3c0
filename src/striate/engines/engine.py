"""What every engine does: run a network forward, for any number of images."""

from typing import Literal, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from striate.shapes import Images, Pictures

EngineName = Literal["auto", "torch", "openvino", "onnxruntime"]
Precision = Literal["auto", "fp32", "bf16", "int8"]


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

    def run(self, images: Images | Pictures) -> Float[Tensor, "B ..."]:
        """What the network says of normalised images, or of 8-bit pictures if it normalises them itself.

        The result is float32 on the CPU; 0 images are as good as any other number.
        """
        ...
