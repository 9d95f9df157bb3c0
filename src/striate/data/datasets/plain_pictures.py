"""Pictures of which nothing is known, in a folder and below it, for tasks that learn from pictures alone."""

from pathlib import Path, PurePosixPath

from striate.data.dataset import PART_NAMES, Item
from striate.data.datasets.folder import is_picture
from striate.data.datasets.listed_files import ListedFiles
from striate.data.paths.files import natural, reach_of, walk
from striate.data.sample import Truth
from striate.data.wording import one_line
from striate.errors import StriateError


def open_pictures(path: Path, *, follow_links: bool = False) -> ListedFiles:
    """Every picture below a folder; those in `train`, `val` and `test` are in these parts.

    Raises:
        StriateError: there is none.
    """
    names: list[str] = []
    notes: list[str] = []
    ignored = 0
    for listing, problem in walk(str(path.resolve()), reach_of(path, follow_links=follow_links)):
        notes += [f"a folder could not be listed: {one_line(problem)}"] if problem else []
        pictures = [one.name for one in listing.files if is_picture(one)]
        ignored += len(listing.files) - len(pictures) + listing.hidden
        names += pictures
    if not names:
        raise StriateError(f"{path} holds no pictures.")
    tops = {name: PurePosixPath(name).parts[0].lower() if "/" in name else "" for name in names}
    items = [Item(name, Truth(), PART_NAMES.get(tops[name])) for name in sorted(names, key=natural)]
    return ListedFiles(path, "pictures", items, path, notes=notes, ignored=ignored, follow_links=follow_links)
