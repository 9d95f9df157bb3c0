"""Scenes: boxes and masks against counted pixels, and numbers that repeat them."""

from dataclasses import replace

import numpy as np
import pytest
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


def test_equal_things_are_told_apart():
    scene = compose_scene([flat(0)], GROUND, UPRIGHT, seed=0, index=0)
    assert captions_of(scene)[0] == "There is a red thing, another red thing and a third red thing."
    grapes = replace(scene, phrases=("some grapes", "some grapes", "a pear"))
    said = captions_of(grapes)
    assert said[0] == "There are some grapes, another lot of grapes and a pear."
    assert any(text.startswith("Some grapes are ") for text in said[1:])
    people = replace(scene, phrases=("one of the people",) * 3)
    assert captions_of(people)[0] == (
        "There is one of the people, another of the people and a third one of the people."
    )


@pytest.mark.parametrize(
    ("caption", "label", "phrase"),
    [
        (None, "animals", "one of the animals"),
        ("", "apple_tree", "an apple tree"),
        ("A frog.", "animals", "a frog"),
        ("A peacock (a male peafowl).", "animals", "a peacock"),
        ("A spiny lobster, from the Hawaiian islands.", "animals", "a spiny lobster"),
        ("A ripe, red tomato!", "food", "a ripe, red tomato"),
        ("A christmas pudding is eaten on Christmas Day in England.", "seasonal", "a christmas pudding"),
        ("A US 5 cent piece ($.05) called a nickel.", "coins", "a US 5 cent piece"),
        ("A wheel! Put the brake calipers toward the rear.", "vehicles", "a wheel"),
        ("A St. Bernard dog.", "animals", "one of the animals"),
        ("Jupiter—the largest planet in our solar system!", "space", "Jupiter"),
        ("Eat your broccoli!", "food", "an object of the class food"),
        ("This shell is hundreds of years old!", "military", "an object of the class military"),
        ("No entry!", "town", "an object of the class town"),
    ],
)
def test_a_thing_is_called_by_what_its_caption_names_else_by_its_class(caption, label, phrase):
    assert phrase_of(caption, label) == phrase


def test_things_without_a_place_are_counted():
    options = SceneOptions(size=64, objects=(30, 30), most_hidden=0.0, rotate=0.0, extent=(1.0, 1.0))
    scenes = [compose_scene([flat(0)], GROUND, options, seed=0, index=index) for index in range(10)]
    assert all(len(scene.boxes) + scene.left_out == 30 for scene in scenes)
    assert sum(scene.left_out for scene in scenes) > 0
    assert compose_scene([flat(0)], GROUND, SceneOptions(objects=(1, 1)), seed=0, index=0).left_out == 0
