"""Large JPEGs at reduced scale: the same pixels everywhere, close to the whole, damage still named."""

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from striate.data.dataset import BadPicture
from striate.data.datasets.picture_files import picture_shape, read_for, set_limits
from striate.data.datasets.recognise import open_dataset
from striate.data.decoding.decode import Limits, as_picture, decode, decode_for, reduction, shape_of
from striate.data.reading import read_pictures
from striate.errors import StriateError
from striate.preprocess.preprocessing import Preprocessing

SMALL = (40, 40)


def smooth(height: int, width: int) -> Image.Image:
    y, x = np.mgrid[0:height, 0:width]
    waves = [127 + 120 * np.sin(x / 37), 127 + 120 * np.cos(y / 23), (x + y) * 255 / (height + width)]
    return Image.fromarray(np.stack(waves, axis=2).astype(np.uint8))


def jpeg(image: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", **{"quality": 90, **options})
    return file.getvalue()


@pytest.mark.parametrize(
    ("size_hw", "target_hw", "factor"),
    [
        ((480, 640), (40, 40), 8),  # 60 = 1.5 x 40 pixels are left
        ((479, 640), (40, 40), 4),
        ((240, 4000), (40, 40), 4),
        ((239, 4000), (40, 40), 1),
        ((480, 640), (41, 10), 4),
        ((6000, 8000), None, 1),
        ((3000, 4000), (224, 224), 8),
    ],
)
def test_a_reduced_picture_keeps_half_as_many_pixels_again_as_its_target(size_hw, target_hw, factor):
    assert reduction(size_hw, target_hw) == factor


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_large_jpeg_comes_reduced_and_says_its_whole_size(mode, progressive):
    content = jpeg(smooth(504, 640).convert(mode), progressive=progressive)
    found = decode_for(content, SMALL)
    assert found.picture.shape == (len(mode), 63, 80)
    assert (found.size_hw, found.damage) == ((504, 640), None)
    whole = decode(content)[0].float()
    small = torch.nn.functional.interpolate(whole[None], size=(63, 80), mode="area")[0]
    assert (found.picture.float() - small).abs().mean() < 2
    assert torch.equal(found.picture, decode_for(content, SMALL).picture)


@pytest.mark.parametrize(("side", "reduced"), [(499, 62), (500, 63), (504, 63), (507, 63), (508, 64)])
def test_sides_that_are_no_multiple_of_a_block_are_rounded(side, reduced):
    assert decode_for(jpeg(smooth(480, side)), SMALL).picture.shape == (3, 60, reduced)
    assert decode_for(jpeg(smooth(side, 480)), SMALL).picture.shape == (3, reduced, 60)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_reduced_jpeg_stands_upright(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = jpeg(smooth(480, 640), exif=exif)
    found, whole = decode_for(content, SMALL), decode(content)[0]
    assert found.size_hw == tuple(whole.shape[1:]) and shape_of(content) == tuple(whole.shape)
    small = torch.nn.functional.interpolate(whole[None].float(), size=found.picture.shape[1:], mode="area")[0]
    assert (found.picture.float() - small).abs().mean() < 2


def test_only_large_jpegs_are_reduced():
    png = io.BytesIO()
    smooth(500, 600).save(png, "PNG")
    for content in (jpeg(smooth(150, 600)), png.getvalue(), jpeg(smooth(500, 600).convert("CMYK"))):
        assert torch.equal(decode_for(content, SMALL).picture, decode(content)[0])


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_large_jpeg_that_is_cut_short_is_damaged_at_any_scale(share):
    content = jpeg(smooth(500, 600))
    cut = content[: int(share * len(content))]
    picture, damage = decode(cut)
    found = decode_for(cut, SMALL)
    assert damage is not None and found.damage == damage and torch.equal(found.picture, picture)


def test_a_progressive_jpeg_that_is_cut_short_is_the_same_coarse_picture_at_any_scale():
    content = jpeg(smooth(500, 600), progressive=True)
    cut = content[: len(content) // 2]
    whole = decode_for(cut, None)
    found = decode_for(cut, SMALL)
    assert torch.equal(found.picture, whole.picture)
    assert found.damage == whole.damage == "the file is cut short; it is coarse"


def test_limits_hold_at_reduced_scale_too():
    content = jpeg(smooth(500, 600))
    with pytest.raises(BadPicture, match=r"600 x 500 pixels; at most 299,999"):
        decode_for(content, SMALL, Limits(pixels=299_999))
    with pytest.raises(BadPicture, match="bytes; at most 1,000"):
        decode_for(content, SMALL, Limits(bytes=1000))
    assert decode_for(content, SMALL, Limits(pixels=300_000)).damage is None


@pytest.mark.parametrize("given", [(0, None), (2**31, None), (None, 0), (None, 10**9)])
def test_impossible_limits_are_refused(given):
    with pytest.raises(StriateError, match=r"--max-(bytes|pixels) is a number from 1 to"):
        Limits.of(*given)


def test_limits_reach_every_way_of_reading(tmp_path):
    for label in "ab":
        (tmp_path / label).mkdir()
        smooth(50, 60).save(tmp_path / label / "1.png")
        smooth(100, 100).save(tmp_path / label / "2.png")
    dataset = set_limits(open_dataset(tmp_path), Limits.of(None, 9_999))
    spec = Preprocessing((16, 16), 3, (0.5,) * 3, (0.5,) * 3)
    _, found = read_pictures(dataset, spec)
    assert [row.problem is None for row in found.rows] == [True, False, True, False]
    assert picture_shape(dataset, 0) == (3, 50, 60)
    for way in (
        lambda: read_for(dataset, 1, None),
        lambda: picture_shape(dataset, 1),
        lambda: dataset.read(1),
    ):
        with pytest.raises(BadPicture, match="at most 9,999"):
            way()
    with pytest.raises(StriateError, match="at most 9,999"):
        as_picture(tmp_path / "a" / "2.png", limits=Limits.of(None, 9_999))


@pytest.fixture
def large(shared: Path) -> list[Path]:
    return sorted((shared / "data" / "scenes" / "large").glob("*.jpg"))


@pytest.mark.slow
def test_the_fitted_picture_of_large_photographs_is_close_to_that_of_the_whole(large):
    spec = Preprocessing((224, 224), 3, (0.5,) * 3, (0.5,) * 3)
    for path in large:
        content = path.read_bytes()
        whole = spec.fit_picture(decode(content)[0]).int()
        found = decode_for(content, spec.size_hw)
        assert min(found.picture.shape[1:]) >= 1.5 * 224 and max(found.size_hw) > 3000
        difference = (spec.fit_picture(found.picture).int() - whole).abs()
        assert difference.float().mean() < 1.0 and difference.max() < 20


@pytest.mark.parametrize("fit", ["squeeze", "pad", "crop"])
def test_training_evaluation_and_prediction_see_the_same_large_photograph(large, tmp_path, fit):
    for label, path in zip("ab", large, strict=False):
        (tmp_path / label).mkdir()
        (tmp_path / label / path.name).write_bytes(path.read_bytes())
    dataset = open_dataset(tmp_path)
    spec = Preprocessing((96, 128), 3, (0.5,) * 3, (0.5,) * 3, fit)
    pictures, found = read_pictures(dataset, spec)
    for row, item in enumerate(dataset.items):
        predicted = spec.fit_picture(as_picture(tmp_path / item.name, spec.size_hw))
        evaluated = spec.fit_picture(read_for(dataset, row, spec.size_hw).picture)
        assert torch.equal(pictures[row], predicted) and torch.equal(pictures[row], evaluated)
        assert found.rows[row].size_hw == picture_shape(dataset, row)[1:]


FILES = {
    "RGB PNG": ("PNG", "RGB"),
    "palette": ("PNG", "P"),
    "grey": ("PNG", "L"),
    "grey and alpha": ("PNG", "LA"),
    "alpha": ("PNG", "RGBA"),
    "bilevel": ("PNG", "1"),
    "16 bits": ("PNG", "I;16"),
    "GIF": ("GIF", "P"),
    "JPEG": ("JPEG", "RGB"),
    "grey JPEG": ("JPEG", "L"),
    "CMYK": ("JPEG", "CMYK"),
    "TIFF": ("TIFF", "RGB"),
    "WEBP": ("WEBP", "RGB"),
    "BMP": ("BMP", "RGB"),
}


@pytest.mark.parametrize("name", FILES)
def test_the_header_tells_the_shape_that_decoding_gives(name):
    kind, mode = FILES[name]
    file = io.BytesIO()
    image = smooth(30, 41)
    image = image.convert("L").convert("I;16") if mode == "I;16" else image.convert(mode)
    image.save(file, kind)
    assert shape_of(file.getvalue()) == tuple(decode(file.getvalue())[0].shape)
