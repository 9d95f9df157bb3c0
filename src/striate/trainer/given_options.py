"""The options of `train` as a person gives them, each with its help, and what help calls its value.

Made by tools/make_given_options.py from trainer/options.py, which has their checks; a test compares.
"""

from os import PathLike
from typing import Annotated, Any, TypedDict

DATA = "Class folders (split or not) or IDX files."


class GivenOptions(TypedDict, total=False):
    """Those given by name; what is left out or None has its default."""

    task: Annotated[str | None, "What to learn: classify, locate, landmarks. [default: classify]"]
    model: Annotated[str | None, "A name from `striate models`, or auto. [default: auto]"]
    recipe: Annotated[
        str | None,
        "auto, scratch, small, transfer, demo, or a paper's: docs/recipes.md. [default: auto]",
    ]
    transfer: Annotated[
        str | None,
        "What learns, from weights: auto, probe, features, frozen, finetune; or scratch. [default: auto]",
    ]
    weights: Annotated[
        str | PathLike[str] | None,
        "imagenet, a .safetensors or .pth file, or a run to start from.",
    ]
    epochs: Annotated[int | None, "Passes over the training pictures, all stages."]
    batch_size: Annotated[int | None, "Pictures a step."]
    image_size: Annotated[int | None, "Side of the network's input, pixels."]
    minutes: Annotated[float | None, "As many epochs as this machine does in so many minutes."]
    lr: Annotated[
        float | str | None,
        "Peak learning rate of the last stage; auto finds one by a range test.",
        "RATE",
    ]
    optimizer: Annotated[str | None, "sgd, rmsprop, adadelta, adam, adamw, lamb or muon."]
    label_smoothing: Annotated[float | None, "Share of the target spread over all classes."]
    patience: Annotated[int | None, "Epochs without improvement after which a stage ends."]
    balance: Annotated[str | None, "Against rare classes: none, weights, sampling or focal."]
    augment: Annotated[
        str | dict[str, Any] | None,
        "Changes of training pictures: auto, none, light, shift, photo, crop, imagenet, cifar, book, mixup, cutmix, strong; or a table of numbers, '{rotate = 20, mirror = true}'. [default: auto]",  # noqa: E501
    ]
    fit: Annotated[
        str | None,
        "squeeze, pad or crop: how a picture is brought to the input size. [default: squeeze]",
    ]
    split: Annotated[
        str | PathLike[str] | None,
        "CSV with image,split: your own train, validation and test parts.",
    ]
    test: Annotated[str | PathLike[str] | None, "A data set to measure on instead of a part of DATA."]
    strict: Annotated[bool | None, "Stop at unreadable or damaged pictures instead of skipping them."]
    max_pixels: Annotated[int | None, "Larger pictures are skipped as unreadable. [default: 64000000]"]
    max_bytes: Annotated[int | None, "Larger files are skipped as unreadable. [default: 100000000]"]
    white: Annotated[int | None, "The sample that is white in 16-bit grey: 1023 for 10 bits. [65535]"]
    follow_links: Annotated[bool | None, "Follow links to folders, and to files outside DATA."]
    device: Annotated[str | None, "auto, cpu, cuda, mps. [default: auto]"]
    devices: Annotated[int | None, "Processes that train together on this machine. [default: 1]"]
    precision: Annotated[str | None, "auto, 32-true or bf16-mixed. [default: auto]"]
    workers: Annotated[int | None, "Threads that decode pictures, one a core if not given."]
    seed: Annotated[int | None, "Decides every random choice. [default: 0]"]
    checkpoint_seconds: Annotated[float | None, "Seconds between checkpoints. [default: 30]"]
    log: Annotated[str | None, "Also log to tensorboard or mlflow, in files of this machine."]
    out: Annotated[str | PathLike[str] | None, "Where runs are kept. [default: runs]"]
    name: Annotated[str | None, "The run's name; DATA-MODEL by default."]
