"""One row of the catalogue: what is known about a network without building it. Imports nothing heavy."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is known about a network without building it.

    `builder` is `file:function` inside the task's folder: "resnet:resnet18" of a classifier is
    `striate.models.classification.resnet.resnet18`. `multiply_adds` counts one a multiply-accumulate of the
    convolution and dense layers, for one picture of size `input` (C, H, W); biases are left out. Heads that
    only training has count in neither; `auxiliary_parameters` says how many they hold. `raw_values`: its
    first weights suit pixels from 0 to 255 minus their mean, not divided by their spread.
    """

    builder: str
    task: str
    year: int
    parameters: int
    multiply_adds: int
    input: tuple[int, int, int]
    classes: int  # how many the published network tells apart
    any_size: bool  # False: the head is flattened, so a network is built for one picture size
    smallest: int  # the smallest sensible side of a picture
    weights: tuple[str, ...] = ()  # names of pretrained weights, see weights.py
    published: str
    paper: str
    auxiliary_parameters: int = 0
    raw_values: bool = False
