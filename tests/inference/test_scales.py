"""Scales at test time: the middle of a picture, enlarged, counts as much as the picture itself."""

import json

import pytest
import torch
from tests.cli.test_commands import striate  # noqa: F401

from striate.actions.load import load
from striate.errors import StriateError
from striate.inference.views import Views, enlarged, parse_scales


def pictures():
    return torch.randint(
        0, 256, (20, 1, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    )


def test_twice_as_large_is_the_middle_half_of_each_side():
    given = torch.zeros(1, 3, 8, 12, dtype=torch.uint8)
    given[:, :, 2:6, 3:9] = 200
    assert (enlarged(given, 2.0) == 200).all()
    assert enlarged(given, 2.0).shape == given.shape
    assert enlarged(given, 1.2).float().mean() > given.float().mean()


def test_scores_are_the_mean_over_the_picture_and_its_scales(digits_run):
    plain, given = load(digits_run), pictures()
    expected = torch.stack(
        [plain.outputs(view)[0] for view in (given, enlarged(given, 1.2), enlarged(given, 1.5))]
    )
    found = load(digits_run, scales=[1.2, 1.5]).outputs(given)[0]
    assert torch.allclose(found, expected.mean(dim=0), atol=1e-5)
    assert not torch.allclose(found, plain.outputs(given)[0], atol=0.1)


def test_every_scale_is_mirrored_too(digits_run):
    from dataclasses import replace

    plain, given = load(digits_run), pictures()
    views = [given, enlarged(given, 1.3)]
    expected = torch.stack([plain.outputs(view)[0] for view in [*views, *(view.flip(3) for view in views)]])
    both = replace(plain, views=Views(flips=True, scales=(1.3,)))
    assert torch.allclose(both.outputs(given)[0], expected.mean(dim=0), atol=1e-5)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1", "a scale of 1 is not possible"),
        ("1.2,9", "a scale of 9"),
        ("nan", "a scale of nan"),
        ("big", "is not numbers"),
    ],
)
def test_what_is_no_scale_is_refused(text, said):
    with pytest.raises(StriateError, match=said):
        parse_scales(text)


def test_a_run_refuses_them_too_and_several_runs_pass_them_on(digits_run):
    with pytest.raises(StriateError, match="above 1 and up to 4"):
        load(digits_run, scales=[0.5])
    assert [member.views.scales for member in load([digits_run, digits_run], scales=[1.2]).members] == [
        (1.2,)
    ] * 2


def test_the_commands_take_scales(striate, digits_run, digits):  # noqa: F811
    file = str(digits / "digit 2" / "001.png")
    seen = {}
    for flags in ((), ("--scales", "1.2,1.5")):
        for words in (("predict", digits_run, file), ("evaluate", digits_run)):
            code, out, _ = striate(*words, "--json", *flags)
            assert code == 0
            seen[words[0], flags] = json.loads(out)
    assert seen["predict", ()]["top"] != seen["predict", flags]["top"]
    assert seen["evaluate", ()]["metrics"]["loss"] != seen["evaluate", flags]["metrics"]["loss"]
    code, _, said = striate("predict", digits_run, file, "--scales", "0.5")
    assert code == 2 and "a scale of 0.5 is not possible" in said
