"""Look-alikes are kept with the pictures: a second start compares nothing, a changed folder all of it."""

from PIL import Image
from tests.data.conftest import files_read, read

from striate.data import scan as scan_module
from striate.data.datasets.recognise import open_dataset
from striate.data.scan import Scan


def alike(path, events=None):
    """The pairs that a start finds, with two copies of one picture in the folder."""
    return sorted(read(path, events=events)[1].near_pairs())


def test_look_alikes_are_compared_once_and_again_only_when_a_picture_changes(cache, photos, monkeypatch):
    with Image.open(photos / "a" / "1.png") as image:
        image.resize((140, 120)).save(photos / "b" / "copy.png")
    compared: list[int] = []
    real = scan_module.near_pairs

    def counted(thumbnails, comparable, on_event):
        compared.append(len(thumbnails))
        return real(thumbnails, comparable, on_event)

    monkeypatch.setattr(scan_module, "near_pairs", counted)
    expected = alike(photos)
    names = [item.name for item in open_dataset(photos).items]
    assert ("a/1.png", "b/copy.png") in [(names[first], names[second]) for first, second in expected]
    assert alike(photos) == expected and compared == [13]
    (photos / "b" / "copy.png").unlink()
    assert ("a/1.png", "b/copy.png") not in [(names[first], names[second]) for first, second in alike(photos)]
    assert compared == [13, 12]
    assert alike(photos) == alike(photos) and compared == [13, 12]


def test_an_entry_whose_look_alikes_are_no_rows_is_no_entry(cache, photos, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Scan, "near_pairs", lambda _: [(0, 12)])
        read(photos)
    opened = files_read(monkeypatch)
    read(photos)
    assert len(opened) == 12
