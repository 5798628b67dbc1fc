"""The page on repeated multiplication: its numbers, and its sentences where they differ."""

import math
from functools import partial

import numpy as np
import pytest

from core import scalar_chain
from pages.concepts.products import data
from pages.concepts.products import words as sentences
from pages.kit import theme
from tests.app import (
    answer,
    charts,
    link,
    link_shown,
    open_page,
    proceed,
    prose,
    says,
    set_value,
    widget_of,
)

say = partial(says, "products")


def test_the_articles_own_numbers_are_on_the_page():
    words = say()
    assert "0.6³ = 0.216," in words
    assert "0.6¹⁵ = 4.70185×10⁻⁴" in words
    assert "1.6¹⁵ = 1,152.92" in words
    assert "one part in 2,127" in words


@pytest.mark.parametrize(
    "w,n,value",
    [
        (0.6, 15, "4.70×10⁻⁴"),
        (1.6, 15, "1,153"),
        (0.9, 50, "0.00515"),
        (-1, 15, "−1.00"),
        (0, 1, "0"),
        (-2, 60, "1.15×10¹⁸"),
    ],
)
def test_the_finding_below_the_chart(w, n, value):
    factors = "1 factor makes" if n == 1 else f"{n} factors make"
    assert f"{factors} **{value}**" in say(w=w, n=n)


def test_what_became_of_it_is_said_as_a_share_a_part_or_a_multiple():
    assert "**0.990**: 99 % of the size is left." in say(w=0.99, n=1)
    assert "one part in 2,127" in say(w=0.6)
    assert "**−32,768**: that many times what went in." in say(w=-2)


def test_the_headline_is_about_the_gradient_where_slopes_are_in_it():
    words = say(w=2, n=60, activation="tanh")
    gradient = float(data.along(2.0, "tanh").gradient.log10[60])
    assert gradient < -45
    told = f"the gradient is **{theme.from_log10(gradient)}**: one part in"
    assert f"With the slopes of Tanh between them {told}" in words
    assert "that many times" not in words and "the line of *w*ⁿ is straight" in words


def test_where_half_precision_ends_is_said_of_rounding_once():
    frame = data.powers("identity").set_index("w")
    assert frame.loc[0.6, "fp16_says"] == "rounded once to\nfloat16: 0 from n = 34"


def test_zero_has_no_line_and_no_line_is_promised():
    assert "the line is straight" in say(w=0.01)
    words = say(w=0)
    assert "*w*ⁿ has no line" in words and "the line is straight" not in words


def test_a_negative_slope_turns_the_sign_of_the_slopes_product():
    words = say(activation="silu", w=-2, n=1)  # SiLU′(−2) = −0.0908
    assert "1 slope makes −0.0908, and the gradient is 0.182 where *w*ⁿ alone is −2.00." in words
    assert r"\varphi'(z_l)}}_{-0.0908}" in words


def test_pace_differs_below_at_and_above_one():
    assert "every 4.5 factors divide the product by ten" in say(w=0.6)
    assert "every 4.9 factors multiply the product by ten" in say(w=1.6)
    assert "every single factor divides the product by 10.0," in say(w=0.1)
    assert "every single factor divides the product by 100," in say(w=-0.01)
    assert "no number of factors changes the size" in say(w=-1)
    assert "the first factor ends it" in say(w=0)


def test_the_window_around_one():
    assert "between 0.9885 and 1.0116. 0.6 does not." in say(w=0.6)
    assert "between 0.9885 and 1.0116. 0.99 does: you are in that window." in say(w=0.99)
    assert scalar_chain.power(0.9885, 60).exact == pytest.approx(0.5, abs=0.001)


def test_sign_is_said_where_there_is_one():
    assert "turns the sign of *w*ⁿ around with every factor" in say(w=-0.5)
    assert "turns the sign of *w*ⁿ around" not in say(w=0.5)


def test_the_activation_is_said():
    assert "No activation means φ′ = 1" in say()
    words = say(activation="Sigmoid", w=1, n=15)
    chain = scalar_chain.chain(scalar_chain.tied(1.0, 15), activation="sigmoid")
    assert "With Sigmoid, 15 slopes multiply to " in words
    exponent = math.floor(chain.slope_products.log10[0])
    assert exponent == -10  # below (1/4)^15·…: about 2e-10
    assert "×10⁻¹⁰" in words


def test_slopes_times_weights_is_the_gradient():
    for activation in ("identity", "tanh", "relu", "gelu"):
        for w in (-1.7, 0.6, 1.3):
            along = data.along(w, activation)
            both = along.slopes.log10 + along.weights.log10
            assert np.allclose(both, along.gradient.log10, atol=1e-9) or np.isinf(both).any()


def test_a_dead_chain_says_zero():
    words = say(activation="ReLU", w=-1.0)  # the first pre-activation is negative
    assert "15 slopes multiply to 0, and the gradient is 0" in words
    assert "1 slope makes 0, and" in say(activation="ReLU", w=-1.0, n=1)


def test_random_weights_against_the_exact_law():
    drawn = data.random_products(15, 1.0, 0)
    assert drawn.weights_below_one == pytest.approx(0.682689, abs=1e-6)
    assert drawn.below_one_theory == pytest.approx(0.9949, abs=1e-4)
    assert drawn.share_below_one == pytest.approx(drawn.below_one_theory, abs=0.003)
    assert 10**drawn.median_theory == pytest.approx(9.65e-5, rel=0.01)
    assert drawn.rms_theory == 0.0
    assert "At σ = 1 that share is 68 %." in say()
    assert "At σ = 2 that share is 38 %." in say(sigma=2)


def test_the_bars_hold_every_draw_that_the_axis_shows():
    bars = data.random_products(15, 1.0, 3).tables["frame"]
    assert (bars["density"] * (bars["right"] - bars["left"])).sum() == pytest.approx(1, abs=1e-3)


def test_another_seed_draws_anew_and_the_same_seed_the_same():
    first, again = data.random_products(15, 1.0, 0), data.random_products(15, 1.0, 0)
    other = data.random_products(15, 1.0, 1)
    assert first.median == again.median != other.median
    at = open_page("products")
    words = prose(at)
    widget_of(at, "products_seed").set_value(1).run()
    assert prose(at) != words


@pytest.mark.parametrize("width,growth,tolerance", [("10", 7.16, 0.25), ("64", 13.50, 0.1)])
def test_matrices_follow_the_gains_law_where_they_are_wide(width, growth, tolerance):
    drawn = data.matrix_products(width, "one", 0)
    assert drawn.vector[15] == pytest.approx(growth, abs=tolerance)
    assert drawn.law[15] == pytest.approx(15 * math.log10(math.sqrt(int(width))))


def test_matrices_at_gain_one_stretch_a_few_directions():
    drawn = data.matrix_products("64", "gain", 0)
    assert drawn.law[15] == pytest.approx(0, abs=1e-9)
    assert drawn.largest[15] == pytest.approx(0.68, abs=0.15)
    assert drawn.median[15] == pytest.approx(-2.3, abs=0.3)


def test_what_a_product_of_matrices_does_to_directions_is_said():
    stretches = "the product stretches some directions and flattens others"
    assert stretches in say(scale="σ = 1/√width") and stretches in say(width=2)
    assert "both grow, yet some directions" in say()
    assert "both shrink, yet some directions" in say(width=2, scale="σ = 1/√width")


@pytest.mark.parametrize("scale", ["one", "gain"])
@pytest.mark.parametrize("width", ["2", "5", "10", "20", "64"])
def test_the_names_of_the_matrices_lines_stand_apart_on_the_axis(width, scale):
    places = np.sort(data.matrix_products(width, scale, 0).tables["names"]["log10"])
    assert len(places) == 4 and np.abs(places).max() <= 28.5
    assert np.diff(places).min() > 3.5


def test_the_law_is_said_to_fail_where_it_fails():
    assert "They agree within a factor of 2" in say(width=64)
    assert "It is off by a factor of" in say(width=2)


def test_the_prediction_is_answered_by_its_miss():
    at = open_page("products")
    assert "0.0052" not in prose(at)
    answer(at, -0.3)
    words = prose(at)
    assert "The answer is **0.0052**." in words
    assert "Your guess, 0.5, is 97 times too large." in words
    assert "nearly 1 should stay nearly 1" in words


def test_a_link_shows_the_answer_only_where_it_says_so_and_it_can_be_hidden():
    told = "The answer is **0.0052**."
    assert told not in say(w=0.7)
    at = open_page("products", products_w="0.7", answer="shown")
    assert told in prose(at)
    proceed(at, "products")
    assert told not in prose(at)
    at.run()
    assert told not in prose(at), "the link asked once"
    proceed(at, "products")
    assert told in prose(at)


def test_the_link_holds_the_answer_if_the_sharer_wants_it():
    at = open_page("products")
    assert "answer" not in link(at, "products")
    at.checkbox(key="products.with_answer").check().run()
    assert link_shown(at)["answer"] == "shown"
    again = open_page("products", **link_shown(at))
    assert "The answer is **0.0052**." in prose(again)


def test_the_live_chart_has_one_row_per_step_of_the_drag():
    frame = data.powers("tanh")
    assert len(frame) == 401 <= 3000
    assert frame["slopes"].str.split().map(len).eq(61).all()
    assert frame.loc[frame["w"] == 0.6, "fp16"].item() == 34


def test_the_page_has_three_charts():
    assert len(charts(open_page("products"))) == 3


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("scale,low,high", [("one", 12, 17), ("gain", -6, -1)])
def test_doubly_stochastic_streams_keep_their_sum_and_lose_their_differences(
    seed, scale, low, high
):
    mixed = data.streams(scale, seed)
    assert low < mixed.free < high
    assert -34 < mixed.difference < -26, "far below what a double tells apart"
    assert mixed.sum_off < 1e-12
    assert np.diff(np.sort(mixed.tables["names"]["log10"])).min() > 7


def test_a_product_that_cannot_explode_is_told_as_a_trap():
    at = open_page("products")
    widget_of(at, "products.more").set_value("Products that cannot explode").run()
    words = prose(at)
    mixed = data.streams("one", 0)
    assert f"a vector is {theme.from_log10(mixed.free, 2)} times as long" in words
    assert "its length explodes" in words and "That is a trap" in words
    assert "far below the 16 digits that float64 keeps" in words
    set_value(at, "products_scale", "gain")
    at.run()
    assert "free matrices with σ = 0.5" in prose(at) and "its length vanishes" in prose(at)


@pytest.mark.parametrize("n,sigma", [(30, 0.5), (4, 1.0), (15, 1.0), (30, 3.0)])
def test_the_histogram_holds_all_draws(n, sigma):
    bars = data.random_products(n, sigma, 0).tables["frame"]
    assert bars["density"].sum() / 2 == pytest.approx(1)
    assert bars["density"].max() < 0.5


@pytest.mark.parametrize(
    "seed,says", [(322, "has caught more giants than its share"), (0, "misses the giants")]
)
def test_a_sample_with_a_giant_is_told_from_one_without(seed, says):
    assert says in sentences.random_weights(15, data.random_products(15, 1.0, seed))


@pytest.mark.parametrize(
    "width,says",
    [("2", " (the geometric mean of the two)"), ("5", ""), ("64", " of the middle two)")],
)
def test_a_median_of_an_even_number_is_said_to_lie_between(width, says):
    said = sentences.random_matrices(width, 15, data.matrix_products(width, "1", 0))
    told = said.split("the median one ")[1].split("; within one product")[0]
    assert told.endswith(says) and ("mean" in told) == bool(says)
