"""Clipping: what it does to size and direction, at every magnitude, and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest

from core.clipping import NonFiniteGradient, clip_by_global_norm, clip_by_value, global_norm
from core.network import Gradients

EITHER = pytest.mark.parametrize("clip", [clip_by_value, clip_by_global_norm])


def gradients(scale=(1.0, 1.0)):
    """Of two members of depth 1; member s has the size scale[s]."""
    rng = np.random.default_rng(0)
    scale = np.asarray(scale)[:, None, None]
    draw = lambda *shape: scale * rng.normal(size=(2, *shape))  # noqa: E731
    return Gradients(
        dW=(draw(3, 4), draw(4, 2)),
        db=(draw(1, 4), draw(1, 2)),
        dz=(draw(5, 4),),
        dh=(draw(5, 4),),
        dgamma=(draw(1, 4),),
        dbeta=(draw(1, 4),),
    )


def parameters(g, s):
    return np.concatenate([a[s].ravel() for a in (*g.dW, *g.db, *g.dgamma, *g.dbeta)])


def test_the_article_s_example():
    by_value, by_norm = clip_by_value([3.0, 4.0], 1.0), clip_by_global_norm([3.0, 4.0], 1.0)
    assert by_value.gradients.tolist() == [1.0, 1.0]
    assert by_norm.gradients.tolist() == pytest.approx([0.6, 0.8], rel=1e-15)
    assert by_value.norm == by_norm.norm == 5.0
    assert by_value.factor == pytest.approx(np.sqrt(2) / 5) and by_norm.factor == 0.2


def test_value_clipping_of_one_single_entry_has_its_factor():
    clipped = clip_by_value([0.0, -5.0], 1.0)
    assert clipped.gradients.tolist() == [0.0, -1.0]
    assert clipped.factor == pytest.approx(0.2, rel=1e-15)


def test_value_clipping_leaves_small_entries_alone():
    assert clip_by_value([-7.0, -0.1, 0.0, 0.2, 7.0], 0.5).gradients.tolist() == [
        -0.5,
        -0.1,
        0.0,
        0.2,
        0.5,
    ]


def test_the_global_norm_is_over_all_parameters_of_a_member():
    g = gradients((1.0, 10.0))
    expected = [np.linalg.norm(parameters(g, s)) for s in range(2)]
    np.testing.assert_allclose(global_norm(g), expected, rtol=1e-14)
    clipped = clip_by_global_norm(g, 2.0)
    np.testing.assert_allclose(clipped.norm, expected, rtol=1e-14)
    np.testing.assert_allclose(clipped.factor, 2.0 / np.array(expected), rtol=1e-14)
    np.testing.assert_allclose(global_norm(clipped.gradients), 2.0, rtol=1e-14)
    for s in range(2):
        np.testing.assert_allclose(
            parameters(clipped.gradients, s), parameters(g, s) * clipped.factor[s], rtol=1e-13
        )


@EITHER
def test_only_the_member_that_needs_it_is_clipped(clip):
    g = gradients((1e-3, 1e3))
    clipped = clip(g, 1.0)
    assert clipped.factor[0] == 1.0 and clipped.factor[1] < 1e-2
    np.testing.assert_array_equal(parameters(clipped.gradients, 0), parameters(g, 0))


@EITHER
def test_gradients_of_activations_stay(clip):
    g = gradients((1e3, 1e3))
    clipped = clip(g, 1.0).gradients
    assert clipped.dz is g.dz and clipped.dh is g.dh


@pytest.mark.parametrize("size", [1e200, 1e308, 1e-200, 5e-324])
def test_norms_that_squares_do_not_have(size):
    g = np.array([size, -size])
    if size > 1:
        clipped = clip_by_global_norm(g, 1.0)
        np.testing.assert_allclose(clipped.gradients, [0.5**0.5, -(0.5**0.5)], rtol=1e-14)
    assert global_norm(g / 2) == pytest.approx(np.sqrt(0.5) * size, rel=1e-14, abs=5e-324)


@pytest.mark.parametrize("signs", [(-1, -1), (-1, 1), (1, -1)])
def test_a_large_tensor_and_a_small_one_have_a_norm_together(signs):
    """The scale is the largest magnitude of all tensors: the others fit beneath it."""
    big, small = 3e200 * signs[0], 4e-200 * signs[1]
    one = lambda size: (np.full((1, 1, 1), size),)  # noqa: E731
    for g in (
        Gradients(dW=one(big), db=one(small), dz=(), dh=()),
        Gradients(dW=one(small), db=one(big), dz=(), dh=()),
    ):
        assert global_norm(g) == pytest.approx([3e200], rel=1e-15)
        assert clip_by_global_norm(g, 1.0).norm == pytest.approx([3e200], rel=1e-15)
        assert clip_by_value(g, 1.0).factor == pytest.approx([1 / 3e200], rel=1e-14)


def test_a_norm_beyond_the_largest_number_is_infinite_and_the_direction_survives():
    g = np.full(100, 1.7e308)
    clipped = clip_by_global_norm(g, 1.0)
    assert clipped.norm == global_norm(g) == np.inf
    np.testing.assert_allclose(clipped.gradients, 0.1, rtol=1e-14)


@EITHER
def test_a_zero_gradient_stays_zero(clip):
    g = gradients((0.0, 1.0))
    clipped = clip(g, 1e-3)
    assert not parameters(clipped.gradients, 0).any()
    assert clipped.norm[0] == 0.0 and clipped.factor[0] == 1.0
    assert clip(np.zeros(2), 1.0).gradients.tolist() == [0.0, 0.0]


@EITHER
def test_a_gradient_exactly_at_the_limit_is_not_touched(clip):
    clipped = clip(np.array([0.0, 2.0]), 2.0)
    assert clipped.gradients.tolist() == [0.0, 2.0] and clipped.factor == 1.0


@EITHER
@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize(("tensor", "layer"), [("dW", 2), ("db", 1), ("dgamma", 1), ("dbeta", 1)])
def test_what_is_not_finite_is_refused_by_name(clip, bad, tensor, layer):
    g = gradients()
    arrays = [a.copy() for a in getattr(g, tensor)]
    arrays[layer - 1][1, 0, 1] = bad
    with pytest.raises(NonFiniteGradient, match=f"{tensor} of layer {layer} holds {bad}") as caught:
        clip(replace(g, **{tensor: tuple(arrays)}), 1.0)
    assert (caught.value.tensor, caught.value.layer) == (tensor, layer)
    with pytest.raises(NonFiniteGradient, match="the gradient holds") as caught:
        clip([1.0, bad, 0.0, -np.inf], 1.0)
    assert (caught.value.tensor, caught.value.layer) == ("the gradient", 0)
    assert caught.value.value == pytest.approx(bad, nan_ok=True)  # the first, not the last


@EITHER
@pytest.mark.parametrize("limit", [0.0, -1.0, np.inf, np.nan])
def test_a_limit_without_meaning_is_refused(clip, limit):
    with pytest.raises(ValueError, match="limit of clipping must be positive"):
        clip([1.0, 2.0], limit)


@EITHER
def test_the_argument_is_not_written_to(clip):
    g = gradients((1e3, 1e3))
    before = parameters(g, 0).copy()
    clip(g, 1.0)
    np.testing.assert_array_equal(parameters(g, 0), before)


def test_the_norm_of_an_infinite_gradient_is_infinite():
    assert global_norm(np.array([np.inf, 4.0])) == np.inf


def test_whole_numbers_are_clipped_in_double_precision_and_single_precision_stays_single():
    for g in ([3, 4], np.array([3, 4]), np.array([3, 4], np.float32)):
        assert global_norm(g) == 5.0
        for clip in (clip_by_value, clip_by_global_norm):
            clipped = clip(g, 2.5).gradients
            single = isinstance(g, np.ndarray) and g.dtype == np.float32
            assert clipped.dtype == (np.float32 if single else np.float64)
            np.testing.assert_array_equal(clipped, clip([3.0, 4.0], 2.5).gradients)
    assert global_norm(np.array([3e30, 4e30], np.float32)) == pytest.approx(5e30, rel=1e-7)
