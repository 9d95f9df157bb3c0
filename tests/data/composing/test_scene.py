"""Scenes: boxes and masks against counted pixels, and numbers that repeat them."""

import numpy as np
import torch
from PIL import Image

from striate.data.composing.captions import captions_of, phrase_of
from striate.data.composing.cut_out import Background, CutOut
from striate.data.composing.scene import SceneOptions, compose_scene

COLOURS = [(250, 0, 0), (0, 250, 0), (0, 0, 250)]
UPRIGHT = SceneOptions(size=96, objects=(3, 3), rotate=0.0, mirror=False)


def flat(number: int) -> CutOut:
    image = Image.new("RGBa", (50, 30 + 5 * number), (*COLOURS[number], 255))
    return CutOut(f"{number}.png", number, f"a {['red', 'green', 'blue'][number]} thing", lambda: image)


GROUND = [Background("black.png", lambda: Image.new("RGB", (200, 150)))]


def test_boxes_and_masks_are_those_of_the_painted_pixels():
    seen_hidden = False
    for index in range(40):
        # Each class has a colour of its own; a scene with two things of one class says nothing here.
        scene = compose_scene([flat(0), flat(1), flat(2)], GROUND, UPRIGHT, seed=0, index=index)
        labels = scene.labels.tolist()
        if len(set(labels)) < len(labels):
            continue
        pixels = scene.picture.permute(1, 2, 0).numpy()
        for label, box, mask in zip(labels, scene.boxes.tolist(), scene.masks.numpy(), strict=True):
            painted = pixels[:, :, label] > 125
            assert (painted == mask).all()
            ys, xs = np.nonzero(painted)
            assert box == [xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]
            seen_hidden |= int(mask.sum()) < (box[2] - box[0]) * (box[3] - box[1])
    assert seen_hidden, "no scene had a thing in front of another"


def test_a_scene_belongs_to_seed_index_and_epoch_and_to_nothing_else():
    def scene(seed: int = 0, index: int = 0, epoch: int = 0) -> torch.Tensor:
        things = [flat(0), flat(1), flat(2)]
        return compose_scene(things, GROUND, UPRIGHT, seed=seed, index=index, epoch=epoch).picture

    first = scene()
    scene(index=7)
    assert torch.equal(first, scene())
    for other in (scene(seed=1), scene(index=1), scene(epoch=1)):
        assert not torch.equal(first, other)


def test_nothing_is_hidden_by_more_than_was_said():
    options = SceneOptions(size=64, objects=(8, 8), most_hidden=0.25, rotate=0.0, extent=(0.3, 0.5))
    for index in range(20):
        scene = compose_scene([flat(0)], GROUND, options, seed=0, index=index)
        for mask, corners in zip(scene.masks, scene.corners, strict=True):
            whole = (corners[2] - corners[0]).abs().prod()
            assert mask.sum() >= 0.74 * whole
            assert (mask.sum() > 0).item()


def test_a_sample_has_all_of_its_truth():
    sample = compose_scene([flat(0), flat(1)], GROUND, UPRIGHT, seed=0, index=0).sample("x")
    truth = sample.truth
    assert (
        truth.boxes.shape == (3, 4) and truth.masks.shape == (3, 96, 96) and truth.points.shape == (3, 4, 2)
    )
    assert truth.box_labels.shape == (3,) and (truth.visible == 2).all()


def test_sentences_agree_with_the_boxes():
    checked = 0
    for index in range(30):
        scene = compose_scene([flat(0), flat(1), flat(2)], GROUND, UPRIGHT, seed=0, index=index)
        if len(set(scene.phrases)) < len(scene.phrases):
            continue
        middle = {
            p: ((b[0] + b[2]) / 2, (b[1] + b[3]) / 2) for p, b in zip(scene.phrases, scene.boxes, strict=True)
        }
        for sentence in captions_of(scene)[1:]:
            for relation, axis, sign in (
                ("to the left of", 0, -1),
                ("to the right of", 0, 1),
                ("above", 1, -1),
                ("below", 1, 1),
            ):
                if relation in sentence:
                    one, two = sentence.rstrip(".").split(" is ")
                    other = two.split(f"{relation} ")[1]
                    difference = middle[one[0].lower() + one[1:]][axis] - middle[other][axis]
                    assert difference * sign > 0, sentence
                    checked += 1
    assert checked > 10


def test_equal_things_are_told_apart_and_classes_make_phrases():
    scene = compose_scene([flat(0)], GROUND, UPRIGHT, seed=0, index=0)
    assert captions_of(scene)[0] == "There is a red thing, another red thing and another red thing."
    assert phrase_of("A frog.", "animals") == "a frog"
    assert phrase_of("Eat your broccoli!", "food") == "a food"
    assert (
        phrase_of(None, "animals") == "one of the animals" and phrase_of("", "apple_tree") == "an apple tree"
    )
