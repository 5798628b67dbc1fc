"""The digits are the UCI digits, split once and for all; spirals are what they are said to be."""

import numpy as np
import pytest

from core.datasets import DATASETS, DIGITS_FILE, _standardized, digits, spirals


def raw():
    with np.load(DIGITS_FILE, allow_pickle=False) as file:
        return file["images"], file["labels"]


def test_all_images_are_there_and_small():
    images, labels = raw()
    assert images.shape == (1797, 64) and images.dtype == np.uint8
    assert images.min() == 0 and images.max() == 16
    # The class counts and the sum of all pixels of the published set.
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert int(images.sum()) == 561718
    assert len(np.unique(images, axis=0)) == 1797
    assert DIGITS_FILE.stat().st_size < 100_000


def test_the_file_is_scikit_learns_copy():
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")
    images, labels = raw()
    theirs, their_labels = datasets.load_digits(return_X_y=True)
    ours = np.column_stack([images, labels])
    theirs = np.column_stack([theirs.astype(np.uint8), their_labels.astype(np.uint8)])
    np.testing.assert_array_equal(ours[np.lexsort(ours.T)], theirs[np.lexsort(theirs.T)])


def test_credit_and_license_lie_beside_the_file():
    text = (DIGITS_FILE.parent / "README.md").read_text(encoding="utf-8")
    for words in ("Alpaydin", "Kaynak", "CC BY 4.0", "10.24432/C50P49"):
        assert words in text


def test_the_split_is_stratified():
    data = digits()
    assert data.x_train.shape == (1437, 64) and data.x_test.shape == (360, 64)
    assert data.y_train.shape == (1437,) and data.y_test.shape == (360,)
    share = np.bincount(data.y_test) / np.bincount(raw()[1])
    assert np.abs(share - 0.2).max() < 0.005
    # In the training part the classes are mixed, as a batch needs.
    assert len(set(data.y_train[:100].tolist())) == 10


def test_pixels_are_standardized_by_the_training_set():
    data, images = digits(), raw()[0].astype(float)
    train = images[:1437]
    constant = train.std(axis=0) == 0
    assert constant.sum() == 3
    np.testing.assert_allclose(data.x_train.mean(axis=0), 0, atol=1e-13)
    np.testing.assert_allclose(data.x_train.std(axis=0), np.where(constant, 0, 1), atol=1e-12)
    assert (data.x_test[:, constant] == 0).all()
    scaled = (images[1437:, ~constant] - train[:, ~constant].mean(0)) / train[:, ~constant].std(0)
    np.testing.assert_allclose(data.x_test[:, ~constant], scaled, rtol=1e-9, atol=1e-12)


def test_a_pixel_that_training_never_saw_stays_zero():
    x = np.array([[1.0, 7.0], [3.0, 7.0], [2.0, 9.0]])
    data = _standardized(x, np.arange(3), 2)
    np.testing.assert_array_equal(data.x_train, [[-1, 0], [1, 0]])
    np.testing.assert_array_equal(data.x_test, [[0, 0]])


def test_a_nearest_neighbor_recognizes_the_held_out_digits():
    """Images and labels belong together: one wrong order and this is 10 %."""
    data = digits()
    squares = (data.x_train**2).sum(axis=1)
    nearest = np.argmin(squares - 2 * data.x_test @ data.x_train.T, axis=1)
    assert np.mean(data.y_train[nearest] == data.y_test) > 0.94


def test_shared_data_cannot_be_changed():
    assert digits() is digits()
    for name in ("x_train", "y_train", "x_test", "y_test"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(digits(), name)[0] = 0


@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_spirals_lie_on_their_arms_but_for_the_noise(noise):
    data = spirals(400, turns=1.5, noise=noise, rng=np.random.default_rng(0))
    assert data.x_train.shape == (400, 2) and data.x_test.shape == (100, 2)
    assert np.bincount(data.y_train).tolist() == [200, 200]
    np.testing.assert_allclose(data.x_train.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(data.x_train.std(axis=0), 1, rtol=1e-12)
    # Undo the standardization, which is one affine map of all points: fit it to the arms.
    rng = np.random.default_rng(0)
    radius = np.sqrt(rng.random(500))
    angle = 2 * np.pi * 1.5 * radius + np.pi * (np.arange(500) % 2)
    arms = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    arms += noise * rng.standard_normal((500, 2))
    x = np.concatenate([data.x_train, data.x_test])
    for i in range(2):
        slope, offset = np.polyfit(arms[:, i], x[:, i], 1)
        np.testing.assert_allclose(slope * arms[:, i] + offset, x[:, i], atol=1e-12)


def test_spirals_repeat_with_the_generator_and_noise_moves_them():
    a, b, c = (
        spirals(40, turns=1, noise=noise, rng=np.random.default_rng(7)) for noise in (0.1, 0.1, 0.0)
    )
    np.testing.assert_array_equal(a.x_train, b.x_train)
    assert np.abs(a.x_train - c.x_train).max() > 0.05


@pytest.mark.parametrize("bad", [{"n": 7}, {"n": 9.5}, {"turns": np.inf}, {"noise": -0.1}])
def test_spirals_refuse(bad):
    with pytest.raises(ValueError):
        spirals(**{"n": 40, "turns": 1.0, "noise": 0.1, "rng": np.random.default_rng(0)} | bad)


def test_named_data_sets_are_shared_and_balanced():
    for name, load in DATASETS.items():
        data = load()
        assert load() is data, name
        counts = np.bincount(data.y_train)
        assert counts.min() > 0.8 * counts.max()
    assert DATASETS["spirals"]().x_train.shape == (480, 2)


def test_the_spirals_that_pages_train_on_are_one_draw():
    """Trained runs are committed: another draw would be another picture."""
    ours = DATASETS["spirals"]()
    again = spirals(480, turns=1.25, noise=0.03, rng=np.random.default_rng(0))
    for name in ("x_train", "y_train", "x_test", "y_test"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(again, name))


def test_the_smallest_spirals_have_eight_examples():
    for n in (8, 8.0):  # a whole number, whatever its type
        data = spirals(n, turns=1.0, noise=0.1, rng=np.random.default_rng(0))
        assert data.x_train.shape == (8, 2) and data.x_test.shape == (2, 2)


def test_pixels_are_the_digits_as_they_are_in_the_file():
    raw, data = DATASETS["pixels"](), DATASETS["digits"]()
    assert raw.x_train.min() == 0 and raw.x_train.max() == 16
    assert (raw.x_train == 0).mean() == pytest.approx(0.5, abs=0.02)
    np.testing.assert_array_equal(raw.y_train, data.y_train)
    x = np.concatenate([raw.x_train, raw.x_test])
    again = _standardized(x, np.concatenate([raw.y_train, raw.y_test]), len(raw.x_train))
    np.testing.assert_array_equal(again.x_test, data.x_test)
    assert not raw.x_train.flags.writeable
