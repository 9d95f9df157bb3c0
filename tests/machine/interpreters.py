"""Files of other machines, and fresh interpreters."""

import os
import subprocess
import sys
from pathlib import Path


def files(root: Path, **contents: str) -> Path:
    """A root with the given files; `__` in a name is a slash, `_dot_` a dot."""
    for name, content in contents.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def fresh(code: str, **environment: str) -> str:
    """What a new interpreter prints."""
    kept = {k: v for k, v in os.environ.items() if k not in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")}
    return subprocess.run(
        [sys.executable, "-c", code], env=kept | environment, capture_output=True, text=True, check=True
    ).stdout.strip()
