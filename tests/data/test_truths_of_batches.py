"""What batches carry beside labels: truths in the input's pixels, moved as the pictures were."""

import pytest
import torch
from lightning_fabric import Fabric

from striate.data.loading import Batches, Store, known_of
from striate.data.sample import Batch, Truth
from striate.data.transforms.augmentation import Augmentation
from striate.data.transforms.geometry import Geometry
from striate.data.transforms.presets import AUGMENTATIONS
from striate.data.transforms.truths import Moving
from striate.preprocess.preprocessing import Preprocessing
from striate.training.multi_scale import MultiScale

SIDE = 64


def spots(count, size_hw=(SIDE, SIDE)):
    """Black pictures with a bright blot of 5 pixels, and where its middle is."""
    generator = torch.Generator().manual_seed(1)
    middles = torch.randint(20, 44, (count, 2), generator=generator)
    pictures = torch.zeros(count, 1, *size_hw, dtype=torch.uint8)
    for picture, (x, y) in zip(pictures, middles.tolist(), strict=True):
        picture[:, y - 2 : y + 3, x - 2 : x + 3] = 255
    return pictures, middles + 0.5


def seen_middle(picture):
    """The centre of brightness, in pixels with corners at whole numbers."""
    weights = (picture[0].double() - 60).clamp(min=0)
    ys, xs = torch.meshgrid(torch.arange(weights.shape[0]), torch.arange(weights.shape[1]), indexing="ij")
    return torch.stack([(weights * (xs + 0.5)).sum(), (weights * (ys + 0.5)).sum()]) / weights.sum()


def store_of_spots(count):
    pictures, middles = spots(count)
    truths = [Truth(points=point[None].float()) for point in middles]
    spec = Preprocessing((SIDE, SIDE), 1, (0.5,), (0.5,))
    known = known_of(truths, [(SIDE, SIDE)] * count, spec)
    return Store(pictures, torch.full((count,), -1), known)


@pytest.mark.parametrize("augment", ["light", "shift", "photo", "crop", "book"])
def test_points_are_where_the_augmented_pictures_show_them(augment):
    batches = Batches(store_of_spots(24), torch.arange(24), 6, seed=3, augmentation=AUGMENTATIONS[augment])
    compared = 0
    for batch in batches.epoch(1):
        assert len(batch.truths) == len(batch.placements) == len(batch.sizes_hw) == len(batch)
        for picture, truth in zip(batch.pictures, batch.truths, strict=True):
            point = truth.points[0]
            inside = bool(((point > 6) & (point < SIDE - 6)).all())
            if truth.visible[0] and inside and int(picture.max()) > 120:
                assert torch.allclose(seen_middle(picture), point.double(), atol=1.0)
                compared += 1
    assert compared > 12


def test_truths_lie_in_the_input_and_their_pictures_sizes_are_kept():
    spec = Preprocessing((32, 32), 1, (0.5,), (0.5,), fit="pad")
    known = known_of([Truth(points=torch.tensor([[50.0, 20.0]]))], [(50, 100)], spec)
    # By hand: 100 x 50 becomes 32 x 16, eight rows down.
    assert known.truths[0].points[0].tolist() == pytest.approx([16.0, 6.4 + 8])
    assert known.sizes_hw == ((50, 100),)
    assert known.placements[0].points_back(known.truths[0].points).tolist() == [[50.0, 20.0]]


def test_a_class_needs_none_of_it():
    batch = next(iter(Batches(Store(spots(4)[0], torch.arange(4)), torch.arange(4), 2)))
    assert batch.truths == batch.placements == batch.sizes_hw == () and batch.labels.tolist() == [0, 1]


def test_batches_of_other_sides_carry_their_points_along():
    plain = Batches(store_of_spots(8), torch.arange(8), 4)
    for old, new in zip(plain.epoch(0), MultiScale(plain, (1.5,), 0).epoch(0), strict=True):
        for before, after in zip(old.truths, new.truths, strict=True):
            assert torch.allclose(after.points, before.points * 1.5)


def test_fabric_takes_a_batch_with_truths():
    class Step(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(1))

        def forward(self, batch):
            assert isinstance(batch, Batch)
            return torch.stack([truth.points.sum() for truth in batch.truths]).sum() * self.weight

    fabric = Fabric(accelerator="cpu", precision="bf16-mixed")
    batch = next(iter(Batches(store_of_spots(4), torch.arange(4), 4))).to(torch.device("cpu"))
    expected = sum(float(truth.points.sum()) for truth in batch.truths)
    assert fabric.setup(Step())(batch).item() == pytest.approx(expected, rel=0.01)


def test_picked_pictures_keep_what_is_known_of_them():
    batch = next(iter(Batches(store_of_spots(4), torch.arange(4), 4)))
    some = batch.picked([2, 2, 0])
    assert some.rows.tolist() == [2, 2, 0]
    assert some.truths[0] is some.truths[1] is batch.truths[2] and some.truths[2] is batch.truths[0]


def test_points_change_places_in_a_mirror_where_the_task_says_so():
    """Two points of one picture: which is the left one follows the picture's own left."""
    points = torch.tensor([[10.0, 20.0], [50.0, 20.0]])
    spec = Preprocessing((SIDE, SIDE), 1, (0.5,), (0.5,))
    known = known_of([Truth(points=points)] * 16, [(SIDE, SIDE)] * 16, spec)
    pictures = torch.zeros(16, 1, SIDE, SIDE, dtype=torch.uint8)
    pictures[:, :, :, :32] = 255  # the left half, by which a mirrored picture is known
    augmentation = Augmentation(Geometry(mirror=True))

    def of(moving):
        store = Store(pictures, torch.full((16,), -1), known, moving)
        batch = next(iter(Batches(store, torch.arange(16), 16, seed=1, augmentation=augmentation)))
        mirrored = [int(picture[0, 0, 0]) == 0 for picture in batch.pictures]
        return mirrored, [truth.points[:, 0].tolist() for truth in batch.truths]

    mirrored, paired = of(Moving(flip_pairs=[(0, 1)]))
    assert 0 < sum(mirrored) < 16
    assert paired == [[14.0, 54.0] if turned else [10.0, 50.0] for turned in mirrored]
    assert of(Moving())[1] == [[54.0, 14.0] if turned else [10.0, 50.0] for turned in mirrored]
