"""Takes the files that are expected out of an archive, and nothing else."""

import os
import shutil
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from striate.files.leftovers import temporary

MOST_MEMBERS = 1000


def unpack(archive: Path, wanted: Mapping[str, int], target: Path) -> None:
    """Write some members of a .tar.gz into a new folder, which appears when all of them are there.

    A member is written under the last part of its name, so that none can leave the folder; links, devices and
    members that are not wanted are passed over.

    Args:
        wanted: names of members and the most bytes that each may have.
        target: must not exist, or be an empty folder.

    Raises:
        ValueError: a member is missing or too large, or the archive is damaged.
        OSError: it cannot be written; nothing is left behind.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    missing = set(wanted)
    try:
        with temporary(target, folder=True) as place:
            _take(archive, wanted, missing, place)
            if missing:
                raise ValueError(f"its member {min(missing)} is missing")
            place.chmod(0o755)
            place.replace(target)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise ValueError("the archive is damaged") from error


def _take(archive: Path, wanted: Mapping[str, int], missing: set[str], place: Path) -> None:
    """Write the members that are still missing to `place`, and take their names from `missing`."""
    with tarfile.open(archive, "r|gz") as opened:
        for number, member in enumerate(opened):
            if number >= MOST_MEMBERS:
                raise ValueError(f"it has more than {MOST_MEMBERS} members")
            if member.name not in missing or not member.isreg():
                continue
            if member.size > wanted[member.name]:
                raise ValueError(f"its member {member.name} has {member.size:,} bytes")
            content = opened.extractfile(member)
            assert content is not None  # a regular member has one
            with (place / PurePosixPath(member.name).name).open("wb") as file:
                shutil.copyfileobj(content, file, 1 << 20)
                file.flush()
                os.fsync(file.fileno())
            missing.remove(member.name)
