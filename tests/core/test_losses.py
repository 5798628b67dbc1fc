"""Losses: closed forms, central differences, digits where a careless formula has none."""

import numpy as np
import pytest

from core.losses import (
    LOSSES,
    binary_cross_entropy,
    mean_squared_error,
    softmax_cross_entropy,
)

S, N, K = 3, 5, 4
RNG = np.random.default_rng(0)
OUTPUT = RNG.normal(size=(S, N, K))
TARGETS = {
    "softmax_cross_entropy": RNG.integers(0, K, N),
    "mean_squared_error": RNG.normal(size=(N, K)),
    "binary_cross_entropy": RNG.uniform(size=(N, K)),
}
EVERY = pytest.mark.parametrize("name", LOSSES)


@EVERY
def test_gradient_against_central_differences(name):
    target, direction, step = TARGETS[name], RNG.normal(size=(S, N, K)), 1e-5
    value, d_output = LOSSES[name](OUTPUT, target)
    assert value.shape == (S,) and d_output.shape == (S, N, K)
    above, _ = LOSSES[name](OUTPUT + step * direction, target)
    below, _ = LOSSES[name](OUTPUT - step * direction, target)
    numeric = (above - below) / (2 * step)
    analytic = (d_output * direction).sum(axis=(1, 2))
    for s in range(S):
        assert analytic[s] == pytest.approx(numeric[s], rel=1e-8), (
            f"{name}, member {s}: gradient {analytic[s]!r}, central differences {numeric[s]!r}"
        )


@EVERY
def test_members_do_not_see_each_other(name):
    value, d_output = LOSSES[name](OUTPUT, TARGETS[name])
    for s in range(S):
        alone, d_alone = LOSSES[name](OUTPUT[s : s + 1], TARGETS[name])
        assert alone[0] == value[s]
        np.testing.assert_array_equal(d_alone[0], d_output[s])


def test_mean_squared_error_is_the_mean_over_examples_and_features():
    value, d_output = mean_squared_error([[[1.0, 2.0], [3.0, 5.0]]], [[0.0, 2.0], [3.0, 1.0]])
    assert value == pytest.approx([(1 + 16) / 4])
    np.testing.assert_allclose(d_output, [[[0.5, 0.0], [0.0, 2.0]]])


def test_cross_entropy_of_equal_logits_is_the_log_of_the_number_of_classes():
    value, d_output = softmax_cross_entropy(np.zeros((1, 2, 10)), np.array([3, 7]))
    assert value == pytest.approx([np.log(10)])
    assert d_output[0, 0, 3] == pytest.approx(-0.45) and d_output[0, 0, 0] == pytest.approx(0.05)


def test_binary_cross_entropy_of_logit_zero_is_log_two():
    value, d_output = binary_cross_entropy(np.zeros((1, 4, 1)), np.array([[0.0], [1], [1], [0.5]]))
    assert value == pytest.approx([np.log(2)])
    np.testing.assert_allclose(d_output[0, :, 0], [0.125, -0.125, -0.125, 0])


@pytest.mark.parametrize("size", [1e4, -1e4])
def test_stable_at_logits_of_ten_thousand(size):
    value, d_output = softmax_cross_entropy([[[size, 0.0, 0.0]]], np.array([0]))
    assert value == pytest.approx([max(-size, 0) + (np.log(2) if size < 0 else 0)])
    right = 0.0 if size > 0 else -1.0
    np.testing.assert_allclose(d_output, [[[right, -right / 2, -right / 2]]])
    value, d_output = binary_cross_entropy([[[size]]], [[1.0]])
    assert value == pytest.approx([max(-size, 0)])
    np.testing.assert_allclose(d_output, [[[right]]])


def test_a_confident_right_answer_keeps_its_digits():
    e = np.exp(-40.0)  # 1 − p and −ln p, both 4e-18, where p itself rounds to 1
    value, d_output = softmax_cross_entropy([[[40.0, 0.0]]], np.array([0]))
    np.testing.assert_allclose([value[0], -d_output[0, 0, 0], d_output[0, 0, 1]], e, rtol=1e-12)
    value, d_output = binary_cross_entropy([[[40.0]]], [[1.0]])
    np.testing.assert_allclose([value[0], -d_output[0, 0, 0]], e, rtol=1e-12)


def test_mean_squared_error_overflows_to_infinity_without_a_warning():
    value, d_output = mean_squared_error([[[1e200]]], [[0.0]])
    assert value[0] == np.inf and d_output[0, 0, 0] == 2e200


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mean_squared_error(np.zeros((2, 3)), np.zeros((2, 3))), "three axes"),
        (lambda: mean_squared_error(np.zeros((1, 2, 3)), np.zeros((3, 2))), "does not fit"),
        (lambda: softmax_cross_entropy(np.zeros((1, 0, 3)), np.zeros(0, int)), "none empty"),
        (lambda: softmax_cross_entropy(OUTPUT, np.zeros(N)), "whole numbers, not float64"),
        (lambda: softmax_cross_entropy(OUTPUT, np.zeros(N + 1, int)), "labels must be 5"),
        (lambda: softmax_cross_entropy(OUTPUT, np.full(N, K)), "between 0 and 3"),
        (lambda: softmax_cross_entropy(OUTPUT, np.full(N, -1)), "between 0 and 3"),
        # One wrong target among right ones is enough.
        (lambda: softmax_cross_entropy(OUTPUT, np.array([0, 1, -1, 2, 3])), "between 0 and 3"),
        (lambda: softmax_cross_entropy(OUTPUT, np.array([0, 1, K, 2, 3])), "between 0 and 3"),
        (lambda: binary_cross_entropy(OUTPUT, np.full((N, K), 1.5)), "between 0 and 1"),
        (lambda: binary_cross_entropy(OUTPUT, np.full((N, K), -0.5)), "between 0 and 1"),
        (lambda: binary_cross_entropy(OUTPUT, [[0.0, 1.0, 0.5, 1.5]] * N), "between 0 and 1"),
    ],
)
def test_bad_arguments_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_an_infinite_logit_on_the_right_side_costs_nothing():
    value, d_output = binary_cross_entropy(
        np.array([[[np.inf], [-np.inf]]]), np.array([[1.0], [0.0]])
    )
    assert value == 0 and (d_output == 0).all()


def test_a_confident_wrong_answer_keeps_its_digits():
    # p = 1e-13: −ln(1 − (1 − p)) would have three digits left of it.
    value, d_output = softmax_cross_entropy([[[-30.0, 0.0]]], [0])
    assert value == pytest.approx([30 + np.exp(-30.0)], rel=1e-15)
    np.testing.assert_allclose(d_output, [[[-1.0, 1.0]]], rtol=1e-12)


@EVERY
def test_lists_give_double_precision_and_single_precision_stays_single(name):
    single, target = OUTPUT.astype(np.float32), TARGETS[name]
    output = single.astype(np.float64)
    exact = LOSSES[name](output, target)
    for ours, expected in zip(LOSSES[name](output.tolist(), target.tolist()), exact, strict=True):
        assert ours.dtype == np.float64
        np.testing.assert_array_equal(ours, expected)
    for ours, expected in zip(LOSSES[name](single, target), exact, strict=True):
        assert ours.dtype == np.float32
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-7)
