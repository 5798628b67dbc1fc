"""What each optimizer makes of a gradient. Step for step against PyTorch: test_reference.py."""

from math import sqrt

import numpy as np
import pytest

from core import network, optimizers
from core.network import NetSpec, Params
from core.optimizers import RULES, SGD, Adam, AdamW, Momentum, Muon, RMSProp

SPEC = NetSpec(5, 8, 3, 3, "tanh", initializer="xavier", bias_std=0.1, norm="layer", seeds=3)


def drawn(seed: int = 0, spec: NetSpec = SPEC) -> Params:
    """Parameters, or gradients of their shapes."""
    return network.init(spec, rng=np.random.default_rng(seed))


def scaled(params: Params, factor: float) -> Params:
    return Params(*[tuple(factor * a for a in arrays) for arrays in vars(params).values()])


def one(value: float) -> Params:
    """A network of one weight."""
    return Params((np.full((1, 1, 1), value),), ())


def moves(rule, *gradients: float) -> list[float]:
    """What a rule makes of one weight's gradients, step by step."""
    memory, found = optimizers.begin(rule, one(0.0)), []
    for g in gradients:
        move, memory = optimizers.move(one(0.0), one(g), memory)
        found.append(float(move.W[0][0, 0, 0]))
    return found


@pytest.mark.parametrize("name", RULES)
def test_a_step_writes_into_nothing_that_it_was_given(name):
    params, gradients = drawn(), drawn(1)
    memory = optimizers.begin(RULES[name](), params)
    _, memory = optimizers.step(params, gradients, memory, 0.1)
    given = [*optimizers.leaves(params), *optimizers.leaves(gradients)]
    given += [a for tree in memory.kept for a in optimizers.leaves(tree)]
    before = [a.copy() for a in given]
    moved, after = optimizers.step(params, gradients, memory, 0.1)
    assert all(np.array_equal(a, b) for a, b in zip(given, before, strict=True))
    assert after.steps == 2 and not np.array_equal(moved.W[0], params.W[0])


@pytest.mark.parametrize("name", RULES)
def test_member_s_moves_as_if_alone(name):
    rule, params = RULES[name](), drawn()
    memory = optimizers.begin(rule, params)
    lone = [optimizers.begin(rule, _member(params, s)) for s in range(3)]
    for seed in (1, 2, 3):
        together, memory = optimizers.move(params, drawn(seed), memory)
        for s in range(3):
            alone, lone[s] = optimizers.move(_member(params, s), _member(drawn(seed), s), lone[s])
            for a, b in zip(optimizers.leaves(together), optimizers.leaves(alone), strict=True):
                assert np.array_equal(a[s : s + 1], b)


def _member(params: Params, s: int) -> Params:
    return Params(*[tuple(a[s : s + 1] for a in arrays) for arrays in vars(params).values()])


def test_adam_s_first_move_is_the_gradient_over_its_size_and_epsilon():
    for g in (3.0, -1e-3, 1e-12, -1e-30, 0.0):
        assert moves(Adam(epsilon=1e-8), g)[0] == pytest.approx(g / (abs(g) + 1e-8), rel=1e-12)


@pytest.mark.parametrize("factor", [1e-10, 1e10])
@pytest.mark.parametrize(
    "rule", [Adam(epsilon=1e-60), RMSProp(epsilon=1e-60), RULES["sign"](), Muon(epsilon=1e-60)]
)
def test_the_size_of_the_gradient_does_not_matter_where_epsilon_is_small(rule, factor):
    params, small = drawn(), optimizers.begin(rule, drawn())
    large = small
    for seed in (1, 2):
        a, small = optimizers.move(params, drawn(seed), small)
        b, large = optimizers.move(params, scaled(drawn(seed), factor), large)
        for mine, other in zip(a.W, b.W, strict=True):
            assert mine == pytest.approx(other, rel=1e-9, abs=1e-12)


def test_below_epsilon_adam_vanishes_too():
    assert moves(Adam(epsilon=1e-8), 1e-12)[0] == pytest.approx(1e-4, rel=1e-3)
    assert moves(Adam(epsilon=1e-30), 1e-12)[0] == pytest.approx(1.0)
    # and float64 loses the square of what is below its root, whatever ε is
    assert moves(Adam(epsilon=1e-200), 1e-170)[0] > 1e20


@pytest.mark.parametrize("epsilon", [1e-8, 0.1, 3.0])
def test_adam_is_the_formula_of_its_paper_at_every_step(epsilon):
    """As published, mean and square each corrected for having begun at 0."""
    gradients = np.random.default_rng(0).standard_normal(20)
    m = v = 0.0
    for t, (g, moved) in enumerate(
        zip(gradients, moves(Adam(epsilon=epsilon), *gradients), strict=True), 1
    ):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        right = m / (1 - 0.9**t) / (sqrt(v / (1 - 0.999**t)) + epsilon)
        assert moved == pytest.approx(right, rel=1e-12)


@pytest.mark.parametrize("beta1, beta2", [(0.9, 0.999), (0.9, 0.95), (0.5, 0.99)])
def test_one_large_gradient_after_a_quiet_time(beta1, beta2):
    """Its move comes near (1 − β₁)/√(1 − β₂) rates, and not above."""
    found = moves(Adam(beta1, beta2), *[1e-9] * 8_000, 1.0)[-1]
    bound = (1 - beta1) / sqrt(1 - beta2)
    assert 0.999 * bound < found <= bound * (1 + 1e-9)


def test_adamw_is_adam_and_a_decay():
    params, gradients = drawn(), drawn(1)
    plain, _ = optimizers.move(params, gradients, optimizers.begin(Adam(), params))
    decayed, _ = optimizers.move(params, gradients, optimizers.begin(AdamW(decay=0.3), params))
    for p, a, b in zip(params.W, plain.W, decayed.W, strict=True):
        assert b == pytest.approx(a + 0.3 * p, rel=1e-12)


def test_momentum_adds_up():
    assert moves(Momentum(0.5), 1.0, 1.0, 0.0) == [1.0, 1.5, 0.75]
    assert moves(SGD(), 1.0, -2.0) == [1.0, -2.0]


@pytest.mark.parametrize("shape", [(2, 64, 64), (1, 64, 10), (1, 5, 40)])
def test_muon_keeps_the_directions_and_evens_out_their_sizes(shape):
    G = np.random.default_rng(0).standard_normal(shape)
    U, sizes, Vt = np.linalg.svd(G, full_matrices=False)
    found = U.mT @ optimizers.orthogonalized(G) @ Vt.mT  # diagonal if the directions are kept
    diagonal = np.diagonal(found, axis1=1, axis2=2)
    assert np.abs(found - diagonal[..., None] * np.eye(diagonal.shape[-1])).max() < 1e-9
    seen = sizes / np.sqrt((sizes**2).sum(-1, keepdims=True)) > 0.01
    assert diagonal[seen].min() > 0.65 and diagonal.max() < 1.25


def test_muon_has_a_floor_too():
    G = np.random.default_rng(0).standard_normal((1, 8, 8))
    small = 1e-16 * G / np.linalg.norm(G)
    assert np.linalg.norm(optimizers.orthogonalized(small)) < 1e-6
    assert optimizers.orthogonalized(np.zeros((1, 8, 8))).max() == 0


@pytest.mark.parametrize(
    "rule, bad",
    [
        (Momentum, {"momentum": 1.0}),
        (Adam, {"beta1": -0.1}),
        (Adam, {"beta2": 1.0}),
        (Adam, {"epsilon": 0.0}),
        (AdamW, {"decay": -1.0}),
        (AdamW, {"epsilon": float("nan")}),
        (RMSProp, {"alpha": 1.0}),
        (Muon, {"epsilon": float("inf")}),
    ],
)
def test_settings_without_meaning_are_refused(rule, bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        rule(**bad)


def test_every_rule_says_what_it_is_and_hashes():
    assert len({rule() for rule in RULES.values()}) == len(RULES)
    assert len({rule.label for rule in RULES.values()}) == len(RULES)
    assert all(rule.source for rule in RULES.values())


def test_a_rate_of_numpys_leaves_float32_as_it_is():
    W = (np.ones((1, 2, 3), np.float32),)
    params = Params(W, (np.zeros((1, 1, 3), np.float32),))
    moved, _ = optimizers.step(params, params, optimizers.begin(SGD(), params), np.float64(0.1))
    assert {a.dtype for a in (*moved.W, *moved.b)} == {np.dtype(np.float32)}


@pytest.mark.parametrize("made", [lambda: Adam(epsilon=10**400), lambda: AdamW(decay=10**400)])
def test_a_number_beyond_float64_is_refused(made):
    with pytest.raises(ValueError, match="finite"):
        made()
