"""The page on backpropagation as a product: its numbers, and its sentences where they differ."""

from functools import partial

import numpy as np
import pytest

from core import scalar_chain
from pages.concepts.chain_rule import data, panel
from pages.concepts.chain_rule import words as sentences
from pages.concepts.chain_rule.data import Example
from tests.app import answer, open_page, prose, says, set_to
from tests.app import charts as drawn

say = partial(says, "chain_rule")


# The ledger --------------------------------------------------------------------------------------


def test_the_articles_slope_at_five():
    words = say()
    assert "*z*₂ is 5.003 and the sigmoid's slope there is 0.0066." in words
    assert "its σ′(5) ≈ 0.0066 survives: it is 0.00664806" in words
    assert "It is $1/(1 + e^{-z})$" in words


def test_the_default_ledger_is_the_lesson_plans():
    way = data.walk(Example(2.0, 1.0, 0.0), 5.6767, "w1")
    assert way.factors == pytest.approx([0.9933, 0.00665, 5.6767, 0.1050, 1.0], rel=1e-3)
    assert 10 ** way.levels[-1] == pytest.approx(3.94e-3, rel=2e-3)
    short = data.walk(Example(2.0, 1.0, 0.0), 5.6767, "w2")
    assert 10 ** short.levels[-1] == pytest.approx(5.82e-3, rel=2e-3)


def test_w2_is_a_factor_of_one_gradient_only():
    assert "can it outrun that slope?" in say()
    words = say(gradient="w₂")
    assert "*w*₂ is no factor here." in words and "can it outrun" not in words


def equation(at) -> str:
    """The first one of the page."""
    return next(block.value for block in at.markdown if "$$" in block.value)


def test_every_factor_is_a_number_in_the_equation():
    latex = equation(open_page("chain_rule"))
    for number in ("0.00393", "0.993", "0.00663", "5.68", "0.105", "1.00"):
        assert f"_{{{number}}}" in latex
    latex = equation(open_page("chain_rule", chain_rule_gradient="w₂"))
    for number in ("0.00580", "0.993", "0.00663", "0.881"):
        assert f"_{{{number}}}" in latex
    assert "dw_2" in latex


def test_the_factors_multiply_to_the_gradient_at_every_position():
    w2 = np.array(panel.W2.values())
    net = scalar_chain.two_layer_chain(w1=-1.3, w2=w2, x=0.7, y=0.4)
    for gradient, whole in (("w1", net.dw1), ("w2", net.dw2)):
        way = data.walk(Example(-1.3, 0.7, 0.4), w2, gradient)
        assert way.signs[:, -1] * 10 ** way.levels[:, -1] == pytest.approx(whole, rel=1e-12)
        assert way.levels.shape[-1] == len(data.NODES[gradient])
        assert way.factors.shape[-1] == len(data.FACTORS[gradient])


def test_the_factor_is_boxed_in_the_equation_and_marked_in_the_frame():
    table = data.way("w1", "slope2").set_index("node")
    assert list(table.index[table["mark"]]) == list(table.index[table["here"]]) == ["z₂"]
    assert list(table.index[table["faint"]]) == ["a₁", "z₁", "w₁"]
    assert table.loc["z₂", "name"] == "σ′(z₂)"
    for gradient, factor in (("w1", "all"), ("w2", "w2")):  # all of them, and one of the other's
        table = data.way(gradient, factor)
        assert not table["mark"].any() and not table["faint"].any()
        assert list(table["here"]) == [*[False] * (len(table) - 1), True]
    at = open_page("chain_rule", chain_rule_factor="σ′(z₂)")
    assert equation(at).count(r"\boxed") == 1
    assert r"\boxed{\underbrace{\textcolor{#8a5a00}{\sigma'(z_2)}}_{0.00663}}" in equation(at)
    assert "**Step 2 of 5: × σ′(z₂)**" in prose(at)
    assert "So far: dJ/dz₂ = 0.00658." in prose(at)


def test_a_factor_of_the_other_gradient_is_said_to_be_none():
    words = say(factor="w₂", gradient="w₂")
    assert "w₂ is no factor of dJ/dw₂: at z₂ the ways part." in words
    assert "**Step" not in words
    assert "**Step 3 of 5: × w₂**" in say(factor="w₂", gradient="w₁")


@pytest.mark.parametrize("gradient", ["w1", "w2"])
def test_the_step_control_walks_back_one_factor_at_a_time(gradient):
    at = open_page("chain_rule", chain_rule_gradient={"w1": "w₁", "w2": "w₂"}[gradient])
    walked = []
    for _ in range(len(data.FACTORS[gradient]) + 1):
        at.button(key="chain_rule.step").click().run()
        walked.append(set_to(at, "chain_rule_factor"))
    assert tuple(walked) == (*data.FACTORS[gradient], "all")


def test_the_slopes_and_what_pays_for_them():
    words = say()
    assert "σ′(z₂)·σ′(z₁) = 6.96×10⁻⁴" in words
    assert "w₂·x pays for a part: the slopes with it make 0.00395." in words
    assert "Nothing here pays for them" in say(w2=0.5)
    assert "With a factor of 0 there" in say(w2=0)


@pytest.mark.parametrize(
    "query,sentence",
    [
        ({}, "largest at w₂ = 2: 0.0224. Here it is 18 % of that. Go beyond, and it shrinks"),
        ({"w2": 2.02}, "largest at w₂ = 2: 0.0224. You are there. Go beyond"),
        ({"y": 1}, "largest at w₂ = −2: 0.0224."),
        ({"y": 0.5}, "largest at w₂ = ±2.32:"),
        ({"w1": -6}, "That is the slider's end"),
        ({"x": 0}, "With x = 0 no w₂ gives w₁ a gradient"),
    ],
)
def test_no_weight_outruns_the_slope(query, sentence):
    assert sentence in say(**query)


def test_beyond_the_best_weight_the_gradient_only_shrinks():
    w2 = np.array(panel.W2.values())
    for w1 in (-3.0, 0.0, 2.0, 6.0):
        for y in (0.0, 0.3, 0.5, 1.0):
            best, most = data.largest(Example(w1, 1.0, y))
            net = scalar_chain.two_layer_chain(w1=w1, w2=w2, x=1.0, y=y)
            beyond = np.abs(net.dw1)[np.sign(best) * w2 >= abs(best)]
            steps = np.diff(beyond if best > 0 else beyond[::-1])
            assert (steps <= 0).all()
            assert np.abs(net.dw1).max() == most
            slopes = net.dw1_factors[1].value * net.dw1_factors[3].value
            assert np.abs(w2 * slopes).max() < 1, "the weight would pay for more than a part"


def test_the_sign_is_said():
    assert "No factor is negative, so dJ/dw₁ is positive" in say()
    assert "One factor is negative, so dJ/dw₁ is negative" in say(y=1)
    assert "Two factors are negative, so dJ/dw₁ is positive" in say(y=1, x=-1)
    assert "Three factors are negative, so dJ/dw₁ is negative" in say(y=1, x=-1, w2=-3)
    assert "A gradient of 0 has no direction" in say(w2=0)


def test_bars_below_the_chart_are_said_to_be():
    assert "A bar that ends in ▾ goes on below the chart." in say(w2=-12)
    assert "▾" not in say()


def test_the_live_ledger_has_one_row_per_step_of_the_drag():
    frame = data.ledger(Example(2.0, 1.0, 0.0), "w1")
    assert len(frame) == 301 <= 3000
    assert frame["level"].str.split().map(len).eq(6).all()
    at = frame[frame["w2"] == 0.0].iloc[0]
    assert at["level"].split()[3:] == ["x", "x", "x"], "nothing is left after a factor of 0"
    assert len(drawn(open_page("chain_rule"))) == 3


# Depth -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("w,size", [(1, 1.6e-10), (1.6, 2.2e-9), (4, 3.9e-18), (-4.8, 5.1e-4)])
def test_depth_figures(w, size):
    assert 10 ** data.depths("sigmoid").at(w, 15)[0] == pytest.approx(size, rel=0.02)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
def test_a_chains_first_layers_are_the_shorter_chain(activation):
    depths = data.depths(activation)
    for w, layers in ((-2.0, 2), (1.6, 15), (0.7, 60)):
        chain = scalar_chain.chain(scalar_chain.tied(w, layers), activation=activation)
        size, sign, slopes, slopes_sign = depths.at(w, layers)
        assert size == pytest.approx(float(chain.dw.log10[0]), abs=1e-9)
        assert sign == chain.dw.sign[0]
        assert slopes == pytest.approx(float(chain.slope_products.log10[0]), abs=1e-9)
        assert slopes_sign == chain.slope_products.sign[0]


def test_slopes_that_are_negative_make_a_negative_product():
    said = say(activation="silu", w=-2, layers=2)
    assert "dŷ/d*w*₁ is **0.132**; the slopes alone make −0.066." in said


def test_the_bound_holds_for_every_chain_and_is_not_the_slopes_alone():
    for activation in ("sigmoid", "tanh", "relu", "gelu"):
        depths = data.depths(activation)
        for w in (-6.0, -4.8, 0.5, 1.0, 1.6, 4.0):
            for layers in (2, 15, 60):
                assert depths.at(w, layers)[0] <= depths.bound(w, layers) + 1e-9
    depths = data.depths("sigmoid")
    assert depths.at(1.6, 15)[0] > 15 * np.log10(0.25), "(¼)^L bounds the slopes only"
    assert 10 ** depths.bound(4.0, 15) == pytest.approx(0.25)


def test_the_best_weights_and_the_bound_are_said():
    words = say()
    assert "|*w*|ᴸ⁻¹/4ᴸ = 9.31×10⁻¹⁰" in words
    assert "The gradient is 5.8 times smaller" in words
    assert "size nearest to 1 is 1.6, with 2.2×10⁻⁹; the negative one −4.8, with 5.1×10⁻⁴." in words
    words = say(activation="ReLU")
    assert "With ReLU, whose largest slope is 1.00, the bound is 1.00." in words
    assert "stays within a factor of 2 of it" in words
    assert "size nearest to 1 is 1, with 1.0; every negative one gives 0." in words
    assert "the slopes alone make 6.2×10⁻⁴" in say(w=-6, layers=2), "less than the gradient"
    assert "Nothing gets through" in say(activation="ReLU", w=-1)


def test_relu_with_weight_one_is_exactly_one_at_any_depth():
    depths = data.depths("relu")
    assert all(depths.at(1.0, layers)[0] == 0.0 for layers in (2, 15, 60))


def test_the_negative_weights_fixed_point():
    w = np.array([-4.8, 1.6])
    chain = scalar_chain.chain(scalar_chain.tied(w, 60))
    assert (w * chain.slope[:, -1]) == pytest.approx([-0.88, 0.28], abs=0.005)
    on_the_way = np.abs(w[0] * chain.slope[0, :15])
    assert on_the_way.min() < 0.05 and np.sum(on_the_way < 0.6) > 2, "some are far smaller"
    # on either side of −5.87: the chain settles, and the chain jumps between two values
    settled, jumps = scalar_chain.chain(scalar_chain.tied(np.array([-5.8, -5.94]), 4000)).a
    assert settled[-1] == pytest.approx(settled[-2], abs=1e-6)
    assert abs(jumps[-1] - jumps[-2]) > 0.05


def test_four_against_a_quarter_is_asked_before_it_is_shown():
    at = open_page("chain_rule")
    assert "3.9×10⁻¹⁸" not in prose(at)
    answer(at, "yes")
    words = prose(at)
    assert "The slope is ¼ at z = 0 only" in words
    assert "After 15 layers dŷ/d*w*₁ is 3.9×10⁻¹⁸" in words


# The split ---------------------------------------------------------------------------------------


def test_the_slopes_vanish_and_the_gradient_explodes():
    net = data.split("64", "tanh", "normal", 0)
    assert net.slopes[-1] == pytest.approx(np.log10(9e-9), abs=0.1)
    assert net.weights[-1] == pytest.approx(np.log10(4e12), abs=0.1)
    assert net.gradient[-1] == pytest.approx(np.log10(3.7e4), abs=0.5)
    words = say()
    assert "The slopes alone would say that the gradient vanishes. It explodes" in words
    assert "predicts the gradient within a factor of 3" in words
    assert r"\approx" in words


def test_the_split_is_drawn_over_the_layers_as_other_charts_are():
    """From layer 15, where all are 1, back to layer 1 on the left, where their names stand."""
    net = data.split("64", "tanh", "normal", 0)
    by_layer = net.tables["frame"].query("series == 'gradient'").set_index("layer")["log10"]
    assert sorted(by_layer.index) == list(range(1, 16))
    assert by_layer[15] == 0 and by_layer[1] == net.gradient[-1]
    assert set(net.tables["names"]["layer"]) == {1}


def test_where_the_slopes_are_right_and_where_the_weights_pay():
    assert "Here they are right." in say(network="Sigmoid", scheme="Xavier")
    words = say(network="ReLU", scheme="He")
    assert "would say that the gradient vanishes. It keeps its size" in words
    words = say(network="ReLU", width=5)
    assert "misses it by a factor of" in words
    assert r"\neq" in words


def test_another_seed_draws_anew_and_the_same_seed_the_same():
    first, again = (data.split("10", "relu", "he", seed).gradient for seed in (0, 0))
    assert (first == again).all()
    assert (first != data.split("10", "relu", "he", 1).gradient)[1:].all()


def test_networks_that_died_are_counted_not_averaged():
    net = data.split("5", "relu", "orthogonal", 4)
    assert net.dead == 2
    sizes = net.tables["frame"].query("series == 'gradient'")["log10"]
    assert np.isfinite(sizes).all(), "a median over the networks, not a mean with −∞"
    words = say(network="ReLU", scheme="Orthogonal", width=5, seed=4)
    assert f"In 2 of {net.members} networks nothing comes through." in words
    assert "nothing comes through" not in say()


def test_the_weights_are_named_as_the_reason_only_where_they_are_one():
    """Of a gradient that the slopes misjudge; the three are log₁₀."""
    assert "they leave out the weights" in sentences._verdict(-8.0, 12.0, 4.0)
    assert "weights do not explain it" in sentences._verdict(-0.64, -0.03, -1.6)


def test_a_factor_of_3_is_3():
    assert "within a factor of 3" in sentences._independence(-1.0, 0.0, -1.47)
    assert "misses it by a factor of 3.1" in sentences._independence(-1.0, 0.0, -1.495)


@pytest.mark.parametrize("slopes,weights,gradient", [(-1.5, 0.4, -0.95), (-2.0, 0.9, -0.8)])
def test_a_verdict_and_the_sentence_after_it_agree(slopes, weights, gradient):
    """Also where the foretold and the measured size lie on both sides of a color's end."""
    explained = "within a factor of 3" in sentences._independence(slopes, weights, gradient)
    assert explained and "do not explain" not in sentences._verdict(slopes, weights, gradient)


def test_a_preset_that_speaks_of_w2_as_a_factor_shows_the_gradient_that_has_it():
    of_w2 = [preset for preset in panel.PANEL.presets if "w2" in preset.values]
    assert len(of_w2) == 4
    assert all(preset.values["gradient"] == "w1" for preset in of_w2)
