"""One way to fetch a file: streamed to a temporary name, checked, renamed. Callers say what it is for."""

import hashlib
import os
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from striate.events import Listener, Progress
from striate.files.leftovers import temporary

CHUNK = 1 << 20
PATIENCE_SECONDS = 20

# No network, refused, cut off, full disk, wrong checksum: what `download` may raise.
DOWNLOAD_ERRORS = (OSError, HTTPException, ValueError)


def download(
    url: str, target: Path, digest: str, on_event: Listener, *, algorithm: str = "sha256", limit: int = 2**32
) -> None:
    """Stream a file to a temporary name beside `target`; rename it once whole and its checksum right.

    Args:
        digest: how the file's checksum begins, in hexadecimal digits.
        algorithm: of the checksum, as `hashlib` calls it.
        limit: in bytes; a longer answer is refused, whatever it claims to be.

    Raises:
        OSError, HTTPException, ValueError: see `DOWNLOAD_ERRORS`; nothing is left behind.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    found, done = hashlib.new(algorithm, usedforsecurity=False), 0
    with temporary(target) as place:
        with place.open("wb") as file, _opened(url) as answer:
            total = int(answer.headers.get("Content-Length", 0))
            while chunk := answer.read(CHUNK):
                done += len(chunk)
                if done > limit:
                    raise ValueError(f"it has more than the {limit:,} bytes that were expected")
                file.write(chunk)
                found.update(chunk)
                on_event(Progress(target.name, done, max(total, done), unit="bytes"))
            file.flush()
            os.fsync(file.fileno())
        if not found.hexdigest().startswith(digest):
            begins = found.hexdigest()[: len(digest)]
            raise ValueError(f"its {_spelled(algorithm)} begins with {begins} instead of {digest}")
        place.replace(target)


def checksum(path: Path, algorithm: str = "sha256") -> str:
    """The checksum of a whole file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()


def _spelled(algorithm: str) -> str:
    return {"sha256": "SHA-256", "md5": "MD5"}.get(algorithm, algorithm)


def _opened(url: str) -> HTTPResponse:
    try:
        answer: HTTPResponse = urlopen(url, timeout=PATIENCE_SECONDS)
    except HTTPError as error:
        error.close()  # it holds the connection
        raise
    return answer
