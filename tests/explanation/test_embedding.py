"""Features before the head, held against the network cut by hand, scikit-learn and cosines on paper."""

import pytest
import torch

from striate.errors import StriateError
from striate.explanation.embedding import features_of, nearest, places_of, principal_components
from striate.models.build import create_model


def test_features_are_what_the_head_reads():
    network, images = create_model("resnet18").eval(), torch.rand(2, 3, 64, 64)
    expected = network.feature_maps(images)[-1].mean(dim=(2, 3))
    assert torch.allclose(features_of(network, images), expected, atol=1e-5)


def test_maps_before_a_convolutional_head_are_averaged():
    network, images = create_model("squeezenet1_1").eval(), torch.rand(1, 3, 64, 64)
    expected = network.feature_maps(images)[-1].mean(dim=(2, 3))
    assert torch.allclose(features_of(network, images), expected, atol=1e-5)


@pytest.mark.parity
def test_principal_components_are_scikit_learns_but_for_the_sign():
    from sklearn.decomposition import PCA

    features = torch.randn(30, 6, generator=torch.Generator().manual_seed(0)) * torch.arange(1.0, 7.0)
    expected = PCA(2).fit_transform(features.numpy())
    found = principal_components(features).numpy()
    assert abs(found) == pytest.approx(abs(expected), abs=1e-3)


def test_components_of_a_line_are_its_coordinate_and_always_of_one_sign():
    for weights, rising in (([3.0, 4.0], 1), ([-3.0, -4.0], -1), ([4.0, -3.0], 1), ([-4.0, 3.0], -1)):
        places = principal_components(torch.arange(5.0)[:, None] * torch.tensor([weights]))
        expected = [rising * place for place in (-10.0, -5.0, 0.0, 5.0, 10.0)]
        assert places[:, 0].tolist() == pytest.approx(expected, abs=1e-5)
        assert places[:, 1].abs().max() < 1e-5


def test_neighbours_by_hand():
    features = torch.tensor([[1.0, 0.0], [0.0, 2.0], [3.0, 3.0], [-1.0, 0.0]])
    found = nearest(features, torch.tensor([5.0, 0.0]), 3)
    assert [one.row for one in found] == [0, 2, 1]
    assert [one.cosine for one in found] == pytest.approx([1.0, 0.5**0.5, 0.0])


@pytest.mark.parity
def test_t_sne_keeps_clusters_together_and_is_reproducible():
    generator = torch.Generator().manual_seed(0)
    centres = torch.randn(3, 20, generator=generator) * 20
    features = torch.cat([centre + torch.randn(12, 20, generator=generator) for centre in centres])
    how, places = places_of(features)
    assert how == "t-sne"
    assert torch.equal(places, places_of(features)[1])
    distances = torch.cdist(places, places)
    distances.fill_diagonal_(float("inf"))
    assert (distances.argmin(dim=1) // 12).tolist() == [row // 12 for row in range(36)]


def test_two_pictures_are_refused_and_few_are_projected_by_pca():
    with pytest.raises(StriateError, match="a map of 2 pictures"):
        places_of(torch.rand(2, 4))
    assert places_of(torch.rand(5, 4))[0] == "pca"
    assert places_of(torch.rand(20, 1), "pca")[1].shape == (20, 2)


def test_without_scikit_learn_the_map_is_pca_and_t_sne_says_what_to_install(monkeypatch):
    monkeypatch.setattr("striate.explanation.embedding._has_scikit_learn", lambda: False)
    assert places_of(torch.rand(20, 4))[0] == "pca"
    with pytest.raises(StriateError, match=r'pip install "striate\[embedding\]"'):
        places_of(torch.rand(20, 4), "t-sne")
