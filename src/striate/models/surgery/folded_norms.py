"""Batch normalisation folded into the convolution before it, while a network is asked again and again.

In evaluation a batch normalisation multiplies each channel and adds to it; the kernel and the bias of the
convolution before it can do both. The first call only watches: a convolution is folded where nothing but the
normalisation reads what it puts out, and where neither is called twice. The network is not touched, and the
gradients by its input stay what they are; those by the weights are not for asking.
"""

from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves
from torch.utils.weak import WeakIdKeyDictionary

SHAPES: tuple[Any, ...] = (Tensor.shape, Tensor.ndim)
LOOKS = (Tensor.dim, Tensor.size, *(shape.__get__ for shape in SHAPES))  # at a map's form, not its values


class Norm(NamedTuple):
    """The four rows of C numbers, or None for ones and zeros, and epsilon."""

    mean: Tensor
    variance: Tensor
    weight: Tensor | None
    bias: Tensor | None
    epsilon: float


class Folded(NamedTuple):
    """A convolution's kernel and bias that do what the normalisation after it did."""

    weight: Tensor
    bias: Tensor


class FoldedNorms(TorchFunctionMode):
    """Open it around each call of one network in evaluation mode; from the second call on it is quicker.

    The weights must stay the same as long as the mode is used.
    """

    def __init__(self) -> None:
        super().__init__()
        self._watching: _Watch | None = _Watch()
        self._kernels: dict[int, Folded] = {}  # by the id of the convolution's own
        self._means: set[int] = set()  # ids of the running means of the norms that are folded
        self._alive: list[Tensor] = []  # an id is a tensor's own only while the tensor is there

    def __exit__(self, *raised: Any) -> None:
        super().__exit__(*raised)  # type: ignore[no-untyped-call]
        if self._watching is None or raised[0] is not None:
            return
        for weight, bias, norm in self._watching.found():
            self._kernels[id(weight)] = fold(weight, bias, norm)
            self._means.add(id(norm.mean))
            self._alive += [weight, norm.mean]
        self._watching = None

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = kwargs or {}
        if self._watching is not None:
            return self._watching.call(function, args, given)
        if function is F.conv2d and id(args[1]) in self._kernels:
            kernel = self._kernels[id(args[1])]
            return function(args[0], kernel.weight, kernel.bias, *args[3:], **given)
        if function is F.batch_norm and id(args[1]) in self._means:
            return args[0]
        return function(*args, **given)


class _Watch:
    """What one call of a network says about its convolutions and the norms after them."""

    def __init__(self) -> None:
        self._outputs: Any = WeakIdKeyDictionary()  # an output of a convolution: the convolution's place
        self._convolutions: list[tuple[Tensor, Tensor | None]] = []
        self._readers: list[list[Norm | None]] = []  # of each convolution's output; None is no norm
        self._norms: list[Norm] = []

    def call(self, function: Any, args: tuple[Any, ...], given: dict[str, Any]) -> Any:
        norm = _as_norm(args, given) if function is F.batch_norm else None
        if norm is not None:
            self._norms.append(norm)
        for read in tree_leaves((args, given)) if function not in LOOKS else ():
            if isinstance(read, Tensor) and read in self._outputs:
                self._readers[self._outputs[read]].append(norm)
        output = function(*args, **given)
        if function is F.conv2d and len(args) > 2:  # as torch's modules call it
            self._outputs[output] = len(self._convolutions)
            self._convolutions.append((args[1], args[2]))
            self._readers.append([])
        return output

    def found(self) -> list[tuple[Tensor, Tensor | None, Norm]]:
        """The convolutions that can be folded, each with its norm."""
        kernels = [id(weight) for weight, _ in self._convolutions]
        means = [id(norm.mean) for norm in self._norms]
        pairs = []
        for (weight, bias), readers in zip(self._convolutions, self._readers, strict=True):
            if len(readers) != 1 or readers[0] is None:
                continue
            norm = readers[0]
            if kernels.count(id(weight)) == 1 and means.count(id(norm.mean)) == 1:
                pairs.append((weight, bias, norm))
        return pairs


@torch.no_grad()
def fold(weight: Tensor, bias: Tensor | None, norm: Norm) -> Folded:
    """The kernel (O, C, h, w) and bias (O,) of convolution and normalisation in one."""
    scale = (norm.variance + norm.epsilon).rsqrt()
    if norm.weight is not None:
        scale = scale * norm.weight
    before = -norm.mean if bias is None else bias - norm.mean
    after = before * scale if norm.bias is None else before * scale + norm.bias
    return Folded(weight * scale.view(-1, 1, 1, 1), after)


def _as_norm(args: tuple[Any, ...], given: dict[str, Any]) -> Norm | None:
    """The norm of a call of `batch_norm` in evaluation mode."""
    if given["training"]:
        return None
    _, mean, variance = args
    return Norm(mean, variance, given["weight"], given["bias"], given["eps"])
