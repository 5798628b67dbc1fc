"""The home page: its three networks, its vote, its sentences where they differ, its map."""

import math
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import parse_qsl

import numpy as np
import pytest

from core import datasets, network, scalar_chain, untrained
from core.losses import LOSSES
from pages.concepts.home import charts as builders
from pages.concepts.home import data, make_runs, panel, words
from pages.concepts.home.panel import SEEN_UNITS, C
from pages.kit import site, theme
from tests.app import answer, charts, open_page, proceed, prose, widget_of


def say(**query) -> str:
    """What a reader sees at this link, with the answer shown."""
    link = {f"home_{k}": str(v) for k, v in query.items()}
    return prose(open_page("home", answer="shown", **link))


def reaches(name: str, c: float, draw: int | None = None) -> float:
    found = data.drag(name, draw)
    return 10 ** float(found.median[found.at(c), 0])


# The three networks ------------------------------------------------------------------------------


def test_the_articles_numbers_live_in_a_real_network():
    assert reaches("relu_he", 0.6) == pytest.approx(4.70185e-4, rel=0.3)
    assert reaches("relu_he", 1.0) == pytest.approx(0.93, rel=0.3)
    assert reaches("relu_he", 1.6) == pytest.approx(1152.92, rel=0.3)
    words = say()
    assert "0.6¹⁵ = 4.70×10⁻⁴ and 1.6¹⁵ = 1,153" in words
    small, large = (theme.number(reaches("relu_he", c)) for c in (0.6, 1.6))
    assert f"the real networks measure {small} and {large}." in words


@pytest.mark.parametrize("draw", [1, 20])
def test_relu_scales_exactly(draw):
    found = data.drag("relu_he", draw)
    expected = found.median[found.at(1.0), 0] + 15 * np.log10(found.c)
    assert np.allclose(found.median[:, 0], expected, atol=1e-9)
    assert np.allclose(found.slopes, found.slopes[0])


@pytest.mark.parametrize("name", data.NETWORKS)
@pytest.mark.parametrize("c", [0.6, 1.66])
def test_a_median_over_the_draws_is_of_the_ratio_itself(name, c):
    kind, found = data.NETWORKS[name], data.drag(name, None)
    x, across, back = datasets.digits().x_train[:8], [], []
    for own in np.random.default_rng(0).spawn(found.members):
        params = network.init(replace(kind.spec, weight_scale=c, seeds=1), rng=[own])
        trace = network.forward(kind.spec, params, x)
        start = own.standard_normal((1, 8, 10))
        gradients = network.backward(kind.spec, params, trace, start)
        norms = [[float(np.linalg.norm(a)) for a in part] for part in (gradients.dW, gradients.dz)]
        across.append(norms[0][0] / norms[0][-2])  # the last is the output layer's
        back.append(norms[1][0] / norms[1][-1])
    row = found.at(c)
    assert len(back) % 2 == 1, "the median is one of them"
    assert found.dW[row, 0] == pytest.approx(np.log10(np.median(across)), abs=1e-7)
    assert found.median[row, 0] == pytest.approx(np.log10(np.median(back)), abs=1e-7)


def test_a_draw_without_a_number_is_beyond_all_that_have_one():
    nan = math.nan
    assert data.median(np.array([3.0, nan, 1.0])) == 3.0
    assert data.median(np.array([4.0, nan, 1.0, 2.0])) == 3.0
    assert math.isnan(data.median(np.array([nan, 2.0, nan])))
    assert math.isnan(data.median(np.array([nan, 2.0, nan, 1.0])))


@pytest.mark.parametrize("c", builders.THREE)
def test_the_dragged_gradient_is_that_of_the_first_step_of_training(c):
    """They start from different outputs, which moves the ratio by less than half."""
    measured = 10 ** data.median(data.trained("relu_he", None, c).grew)
    assert measured == pytest.approx(reaches("relu_he", c), rel=0.5)


def test_training_as_the_lesson_has_it():
    stalls, learns, breaks = (data.trained("relu_he", None, c) for c in builders.THREE)
    assert 0.05 < stalls.middle[-1] < 0.15
    assert data.median(stalls.loss[-1]) == pytest.approx(math.log(10), abs=0.01)
    assert 0.66 < learns.middle[-1] < 0.89
    assert np.isfinite(breaks.halted).all() and breaks.end in (2, 3, 4)
    updates = [10 ** data.median(run.update) for run in (stalls, learns, breaks)]
    assert updates[0] == pytest.approx(1.3e-6, rel=0.3)
    assert updates[1] == pytest.approx(3.3e-3, rel=0.3)
    assert updates[2] == pytest.approx(5.1, rel=0.3)
    words = say(c=1.6)
    assert "1.5×10⁻⁶ at ×0.6, 0.0040 at ×1 and 5.6 at ×1.6" in words
    assert "5,375 → 3.95×10²⁸ → not a number, and the next step stops." in words
    assert "That of ×0.6, after all 200: 2.30;" in words


def test_tanh_as_the_lesson_has_it():
    bad, good = (data.trained(name, None, 1.0) for name in ("tanh_normal", "tanh_xavier"))
    assert 0.07 <= bad.middle[-1] <= 0.24 and not np.isfinite(bad.halted).any()
    assert 0.93 <= good.middle[-1] <= 0.97
    assert reaches("tanh_normal", 1.0) > 1e4


def test_presets_say_what_the_runs_show():
    panel = site.panel("home")
    comments = {preset.name: preset.comment for preset in panel.presets}
    assert "one part in 2,500" in comments["×0.6"]
    assert 1 / reaches("relu_he", 0.6) == pytest.approx(2500, rel=0.02)
    assert "five to six times" in comments["×1.6"]
    assert 5 < 10 ** data.median(data.trained("relu_he", None, 1.6).update) < 6
    nearly = data.trained("relu_he", None, 1.2)
    assert "13-fold" in comments["×1.2: nearly 1"]
    assert round(reaches("relu_he", 1.2)) == 13
    assert "about a thousandfold" in comments["×1.6"]
    assert reaches("relu_he", 1.6) == pytest.approx(1000, rel=0.05)
    assert "Sixteen of the twenty" in comments["×1.2: nearly 1"]
    assert (nearly.halted <= 6).sum() == 16


def test_one_point_of_the_file_is_what_the_script_makes():
    made = make_runs.runs("relu_he", 1.6, [3], steps=4)
    kept = data.trained("relu_he", 4, 1.6)
    assert made["halted"].item() == kept.halted.item()
    assert made["grew"].item() == pytest.approx(kept.grew.item(), abs=2e-3)
    right = [float(text) for text in made["right"].item().replace("x", "nan").split()]
    assert np.allclose(np.array(right) / data.HELD_OUT, kept.share[: len(right), 0], equal_nan=True)
    made = make_runs.runs("tanh_xavier", 1.0, [0], steps=5)
    right = np.array(made["right"].item().split(), dtype=float) / data.HELD_OUT
    assert np.allclose(right, data.trained("tanh_xavier", 1, 1.0).share[:6, 0])


def test_the_file_is_complete():
    for name in data.NETWORKS:
        for c in data.FACTORS:
            run = data.trained(name, None, c)
            assert run.share.shape == run.loss.shape == (len(data.STEPS), panel.DRAWS)
            alive = np.isnan(run.halted)
            assert np.isfinite(run.share[:, alive]).all()
            assert np.isnan(run.share[-1, ~alive]).all()


# The vote ----------------------------------------------------------------------------------------


def test_the_vote_comes_before_the_curves():
    at = open_page("home")
    assert len(charts(at)) == 2
    words = prose(at)
    assert "Which of the three learns?" in words
    assert "80 %" not in words and "held-out digits right" not in words
    answer(at, "large")
    assert len(charts(at)) == 3
    words = prose(at)
    assert "Not “×1.6, and fastest: its gradients are the largest”." in words
    assert "throws the weights away" in words
    assert "×1 gets 80 % of the held-out digits right, ×0.6 10 %" in words
    assert "×1.6 breaks at step 3: its numbers are no longer finite." in words


def test_just_tell_me_and_a_link_that_says_so_show_the_curves():
    at = open_page("home")
    proceed(at, "home")
    assert len(charts(at)) == 3
    assert len(charts(open_page("home", home_c="1.3", answer="shown"))) == 3
    assert len(charts(open_page("home", home_c="1.3"))) == 2


# What to notice ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "c,network,finding",
    [
        (0.6, "relu_he", "at layer 1 is **3.96×10⁻⁴** times that at layer 16 (median of 21 draws)"),
        (0.6, "relu_he", "Trained at ×0.6, it gets 10 % of the held-out digits right."),
        (1.0, "relu_he", "Trained at ×1, it gets 80 % of the held-out digits right."),
        (1.6, "relu_he", "Trained at ×1.6, 20 of 20 break, the first 10 by step 3."),
        (
            1.24,
            "relu_he",
            "×1.2, the nearest size that was, 16 of 20 break, the first 10",
        ),
        (1.0, "tanh_xavier", "times that at layer 15 (median of 5 draws): 14 layers"),
    ],
)
def test_the_finding(c, network, finding):
    assert finding in say(c=c, network=site.panel("home")["network"].options[network])


def test_slopes_are_the_same_for_relu_and_not_for_tanh():
    assert "the slopes' product is 0.00533 in all three networks" in say(c=0.6)
    words = say(c=0.6, network="tanh, Xavier")
    assert "With tanh the slopes answer: ∏ φ′(*z*) is 0.737 at ×0.6" in words


def test_which_gradient_is_flat_and_which_is_not():
    words = say(c=0.6)
    assert "‖dJ/d*W*‖ of layer 1 is 0.923 times that of layer 16" in words
    assert "about the same at both ends" in words
    words = say(c=1, network="tanh, N(0, 1)")
    assert "The input is about as large at both ends, as tanh stays" in words
    assert "What they make" not in words and "it follows dJ/d*z*" in words
    words = say(c=1.34, network="tanh, Xavier")  # a little of both
    assert "about the same at both ends" not in words and "it follows" not in words
    assert "is 2.08 times that of layer 15. dJ/d*W* is dJ/d*z* times" in words
    assert "to layer 1 dJ/d*z* changed by a factor of 1.1;" in words


@pytest.mark.parametrize("name", data.NETWORKS)
def test_a_gradient_of_weights_follows_only_where_its_input_keeps_its_size(name):
    """The inputs of the first and the last layer, from one network of the core."""
    found, c = data.drag(name, 3), 1.6
    spec, x = replace(data.NETWORKS[name].spec, seeds=1), untrained.digits()
    own = untrained.generators(data.SEED, 3)[2:]
    params = network.scale_weights(network.init(spec, rng=own), np.array([c]))
    last = network.forward(spec, params, x).h[-2]
    size = np.log10(np.linalg.norm(last) / np.linalg.norm(x))
    assert found.inputs[found.at(c)] == pytest.approx(size, abs=1e-9)
    for c in C.values():
        row = found.at(c)
        says = words._which_gradient(SimpleNamespace(network=name, show="one", seed=3, c=c))
        if "it follows" in says:
            assert abs(found.inputs[row]) < 0.15
            assert abs(found.dW[row, 0] - found.median[row, 0]) < 0.15


def test_the_window_of_sizes():
    assert "those from ×0.9 to ×1.1 make it get more than half" in say(c=1)
    assert "those from ×0.8 to ×1.7" in say(c=1, network="tanh, Xavier")
    assert "none makes this network get half" in say(c=1, network="tanh, N(0, 1)")


@pytest.mark.parametrize("name", data.NETWORKS)
@pytest.mark.parametrize("draw", [None, *range(1, panel.DRAWS + 1)])
def test_the_sizes_that_learn_are_neighbors(name, draw):
    """The sentence names the first and the last of them only."""
    learned = [data.FACTORS.index(c) for c in data.learners(name, draw)]
    assert learned == list(range(len(learned))) or np.all(np.diff(learned) == 1)


def test_one_draw_is_said_and_shown():
    words = say(c=1.2, show="One", seed=2)
    assert "(draw 2)" in words
    assert "Trained at ×1.2, it gets" in words  # one of the four that survive
    assert "Trained at ×1.2, it breaks at step 6: its numbers are no longer finite." in say(
        c=1.2, show="One", seed=1
    )
    at = open_page("home", home_show="One")
    words = prose(at)
    widget_of(at, "home_seed").set_value(2).run()
    assert prose(at) != words


def test_the_equation_is_the_gradient():
    for name in data.NETWORKS:
        found = data.drag(name, None)
        rest = found.median[:, 0] - found.slopes[:, 0] - found.weights[:, 0]
        assert np.abs(rest).max() < 0.9  # decades; within a tenth for ReLU
    words = say(c=0.8)
    assert "Together they make 0.0328. The rest, a factor of 0.903," in words
    assert r"\approx" in words and r"\neq" not in words
    words = say(c=1.5, network="tanh, N(0, 1)")
    assert "The rest, a factor of 0.181," in words
    assert r"\approx" not in words and r"\neq" in words


# The map -----------------------------------------------------------------------------------------


def test_the_map_leads_to_states_that_their_pages_have():
    links = {element.proto.page: element.proto.query_string for element in _links()}
    listed = [page.path for page in site.PAGES if page.path in links]
    assert "products" in listed
    for path in listed:
        panel = site.panel(path)
        query = dict(parse_qsl(links[path]))
        assert query, f"the map opens {path} in no state"
        for key, raw in query.items():
            control = next(c for c in panel.controls if panel.key(c.name) == key)
            assert control.text(control.parse(raw)) == raw
            assert control.means(raw, control.parse(raw))


def test_the_claim_names_plain_sgd_and_links_to_other_optimizers():
    claim = site.info("home").claim
    assert "[plain SGD](optimizers)" in claim and site.info("optimizers")


def test_the_map_shows_every_other_page():
    assert [*words.landmarks()] == [page.path for page in site.PAGES[1:]]


def _links():
    elements = open_page("home").get("page_link")
    return [element for element in elements if element.proto.query_string]


def test_the_maps_numbers_are_the_lessons():
    size = {name: 10**log10 for name, log10 in data.landmarks().items()}
    assert size["0.6"] == pytest.approx(scalar_chain.power(0.6, 15).exact)
    assert size["chain_rule"] == pytest.approx(1.6e-10, rel=0.02, abs=0)
    assert size["activations"] == pytest.approx(2.1e-15, rel=0.03)
    assert size["normal"] == pytest.approx(2.0e14, rel=0.3)
    assert size["he"] == pytest.approx(0.92, abs=0.1)
    assert size["turn"] == pytest.approx(31, abs=0.1)
    assert size["adam"] == pytest.approx(1 / (1 + 1e-2))  # g/(|g| + ε)
    assert size["added"] == pytest.approx(2**24) and size["scaled"] == pytest.approx(1.64, abs=0.01)
    assert size["kept"] == pytest.approx(0.731, abs=0.001)
    assert "0.6, fifteen times, is **4.7×10⁻⁴**" in say()


def test_live_frames_are_few_and_complete():
    for name, kind in data.NETWORKS.items():
        frame = data.gradients(name, None)
        assert list(frame["c"]) == panel.C.values() and len(frame) == 61
        assert frame["median"].str.split().map(len).eq(kind.spec.depth).all()
        assert set(builders.THREE) <= set(frame["c"])
        assert frame["first"].between(-6, 6).all()


@pytest.mark.parametrize("name,seed,c", [("relu_he", 3, 0.6), ("tanh_xavier", 1, 1.6)])
def test_the_picture_shows_a_lone_networks_units(name, seed, c):
    """Against one network at one factor, by itself, unit by unit."""
    gradient, signal = data.units(name, seed)
    kind = data.NETWORKS[name]
    x, y = data.pictured(kind)

    def passes(c):
        spec = replace(kind.spec, seeds=1, weight_scale=c)
        params = network.init(spec, rng=data.generators(seed - 1))
        trace = network.forward(spec, params, x)
        _, start = LOSSES["softmax_cross_entropy"](np.zeros((1, len(y), 10)), y)
        return trace, network.backward(spec, params, trace, start)

    (trace, gradients), row = passes(c), C.values().index(c)
    last = np.sqrt(np.mean(gradients.dz[-1] ** 2))
    first = np.sqrt(np.mean(passes(1.0)[0].h[0] ** 2))
    for layer in (0, 7, kind.spec.depth - 1):
        for unit in range(SEEN_UNITS):
            size = np.sqrt(np.mean(gradients.dz[layer][0, :, unit] ** 2)) / last
            assert 10 ** gradient[row, layer, unit] == pytest.approx(size, rel=1e-9)
            size = np.sqrt(np.mean(trace.h[layer][0, :, unit] ** 2)) / first
            assert 10 ** signal[row, layer, unit] == pytest.approx(size, rel=1e-9)


@pytest.mark.parametrize("network", ["relu_he", "tanh_normal"])
def test_tanh_is_named_as_a_bound_in_a_saturated_network_only(network):
    told = [
        words._which_gradient(SimpleNamespace(network=network, show="one", seed=draw, c=c))
        for draw in range(1, panel.DRAWS + 1)
        for c in C.values()
    ]
    follows = [says for says in told if "it follows dJ/d*z*" in says]
    assert follows
    assert all(("as tanh stays" in says) == (network == "tanh_normal") for says in follows)


@pytest.mark.parametrize("c, nearer", [(0.7, 0.6), (0.8, 1.0), (0.96, 1.0), (1.1, 1.0), (1.4, 1.6)])
def test_the_name_of_a_pinned_line_stands_away_from_the_nearer_line(c, nearer):
    at = SimpleNamespace(**panel.PANEL.defaults | {"c": c})
    (dy,) = set(data.main_line(at)["dy"])
    assert (dy > 0) == (nearer > c)  # pixels down
