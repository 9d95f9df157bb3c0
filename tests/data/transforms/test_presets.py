"""Names and tables of augmentations: the book's literals, clear errors, one's own numbers."""

import pytest
import torch

from striate.data.transforms.augmentation import Augmentation
from striate.data.transforms.colour import Colour
from striate.data.transforms.draws import uniform_draws
from striate.data.transforms.geometry import Geometry
from striate.data.transforms.mixing import Mixing
from striate.data.transforms.presets import AUGMENTATIONS, make_augmentation
from striate.errors import StriateError


def test_the_book_s_generator_has_the_book_s_numbers():
    book = AUGMENTATIONS["book"]
    assert book == Augmentation(book.geometry)  # nothing but geometry
    assert (book.geometry.rotate, book.geometry.shear, book.geometry.shift) == (40, 0.2, 0.2)
    assert book.geometry.zoom == (0.8, 1.2) and book.geometry.mirror and book.geometry.fill == "nearest"


@pytest.mark.parametrize("name", ["none", "light"])
def test_signs_and_digits_are_never_mirrored(name):
    augmentation = AUGMENTATIONS[name]
    assert augmentation is None or not (augmentation.geometry.mirror or augmentation.geometry.upend)


def test_cifar_is_a_crop_of_the_padded_picture_or_of_its_mirror_image():
    picture = torch.randint(1, 256, (1, 3, 32, 32), dtype=torch.uint8)
    padded = torch.zeros(1, 3, 40, 40, dtype=torch.uint8)
    padded[..., 4:36, 4:36] = picture
    crops = {
        padded[..., y : y + 32, x : x + 32].flip([3] * mirrored).contiguous().numpy().tobytes(): (
            y,
            x,
            mirrored,
        )
        for y in range(9)
        for x in range(9)
        for mirrored in (False, True)
    }
    seen = AUGMENTATIONS["cifar"](picture.expand(600, -1, -1, -1), uniform_draws(0, 0, torch.arange(600)))
    found = {crops[one.contiguous().numpy().tobytes()] for one in seen}
    assert len(found) > 150  # of 162 all come up in the long run


def test_a_table_changes_a_preset_or_begins_with_nothing():
    assert make_augmentation({"rotate": 10, "mirror": True}) == Augmentation(Geometry(rotate=10, mirror=True))
    light = AUGMENTATIONS["light"]
    changed = make_augmentation({"preset": "light", "rotate": 25, "mixup": 0.2})
    assert changed.geometry.rotate == 25 and changed.geometry.shear == light.geometry.shear
    assert changed.mixing == Mixing(mixup=0.2)
    assert make_augmentation({"zoom": [0.5, 1], "shift-pixels": 2}).geometry.zoom == (0.5, 1)
    assert make_augmentation({"brightness": 0.3}) == Augmentation(colour=Colour(brightness=0.3))
    assert make_augmentation({"preset": "photo"}) == AUGMENTATIONS["photo"]
    assert make_augmentation({}) is None and make_augmentation("none") is None


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ("fotos", r"unknown augmentation 'fotos'\. Did you mean photo\? Allowed: auto, none, light"),
        ({"preset": "wild"}, "unknown augmentation 'wild'"),
        ({"rotation": 10}, r"'rotation' is no change of pictures\. Did you mean .*Allowed: preset, shift"),
        ({"rotate": "far"}, r"rotate = 'far' is not possible; allowed: a number"),
        ({"rotate": True}, "rotate = True is not possible; allowed: a number"),
        ({"mirror": 1}, "mirror = 1 is not possible; allowed: true or false"),
        ({"shift_pixels": 1.5}, "allowed: a whole number"),
        ({"zoom": 0.2}, r"zoom = 0\.2 is not possible; allowed: a list of two numbers"),
        ({"fill": "grey"}, "allowed: nearest or reflect or wrap or constant"),
        ({"area": [0.5, 2]}, r"area = \[0\.5, 2\] is not possible"),
        ({"mixup": -1}, "mixup = -1 is not possible; allowed: 0 to 100"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(chosen, message):
    with pytest.raises(StriateError, match=message) as raised:
        make_augmentation(chosen)
    assert "\n" not in str(raised.value)
