"""The page on optimizers: bands of what it claims, by the core and by its committed runs."""

from math import log10, sqrt
from types import SimpleNamespace
from urllib.parse import parse_qsl

import numpy as np
import pytest

from core.optimizers import RULES, orthogonalized
from pages.concepts.optimizers import data, make_runs, networks, words
from pages.concepts.optimizers.networks import EXPONENTS, NETWORKS, RATES, STEPS
from pages.concepts.optimizers.panel import PANEL
from pages.kit import theme
from tests.app import open_page, prose, says, set_to

BY_SIZE = ("sign", "rmsprop", "adam", "adamw", "muon")  # whose step does not follow the gradient's


def say(**query) -> str:
    return says("optimizers", **{name: PANEL[name].text(to) for name, to in query.items()})


def right(network: str, rule: str) -> float:
    return float(data.trained(network, rule).middle[-1])


# The first step ----------------------------------------------------------------------------------


def test_adam_gives_a_small_gradient_its_size_back():
    small, deep = (data.first_step(name, "adam") for name in ("small", "deep"))
    assert small.gradient[0] < -5 and abs(small.at(-8)[0]) < 0.05
    assert deep.gradient[0] < -10 and deep.at(-8)[0] < -2.5
    assert abs(deep.at(-30)[0]) < 0.05


def test_muon_and_no_other_without_epsilon_has_a_floor():
    healthy, deep = (data.first_step(name, "muon").at(-8)[0] for name in ("one", "deep"))
    assert -1.2 < healthy < -1 and deep < healthy - 1
    assert data.first_step("deep", "sign").at(-8)[0] > -0.05
    for name in NETWORKS:
        found = data.first_step(name, "sgd")
        assert np.allclose(found.moves, found.gradient)


def test_the_examples_stay_apart_in_relu_at_every_scale_and_not_in_sigmoids():
    spread = {name: data.first_step(name, "adam").spread for name in NETWORKS}
    assert np.allclose(spread["small"], spread["one"], atol=1e-9)
    assert np.allclose(spread["large"], spread["one"], atol=1e-9)
    assert 0.2 < 10 ** spread["one"][-1] < 0.5
    assert -7 < spread["sigmoid10"][-1] < -5.5 and -13 < spread["sigmoid20"][-1] < -11.5


def test_the_live_frames_are_those_of_the_words():
    frame = data.floors("deep", "adam").set_index("e")
    found = data.first_step("deep", "adam")
    assert list(frame.index) == list(EXPONENTS)
    for exponent in EXPONENTS:
        packed = [float(v) for v in frame.loc[exponent, "move"].split()]
        assert packed == pytest.approx(found.at(exponent), abs=6e-4)
    assert not data.floors("deep", "muon")["floor"].any()


def test_what_the_finding_says_at_two_floors():
    assert "With ε = 10⁻³⁰ the first step of Adam moves a weight" in say(network="deep", e=-30)
    assert "The first step of SGD moves a weight of layer 1" in say(rule="sgd")
    assert "The gradients of all of the 30 layers lie below ε = 10⁻⁸" in say(network="deep")
    assert "No layer's gradient lies below ε" in say(network="small")


def test_every_rule_has_its_equation_and_its_row():
    assert set(data.ROOT) == set(RULES) - set(data.NO_FLOOR)
    assert list(words.rules().index) == [rule.label for rule in RULES.values()]


# Training ----------------------------------------------------------------------------------------


def test_the_committed_runs_are_complete():
    runs, rates = data.runs(), data.rates()
    assert len(runs) == len(NETWORKS) * len(RULES) * networks.DRAWS
    assert len(rates) == len(NETWORKS) * sum(map(len, RATES.values()))
    for name in NETWORKS:
        for rule, tried in RATES.items():
            run = data.trained(name, rule)
            assert run.share.shape == (networks.DRAWS, len(STEPS)) and run.rate in tried
            rows = rates[(rates["network"] == name) & (rates["rule"] == rule)]
            best = rows["right"].max() / data.HELD_OUT
            assert best == pytest.approx(run.middle[-1]), "not the best of its rates"


def test_plain_descent_trains_one_scale_only():
    assert right("small", "sgd") < 0.15 and 0.7 < right("one", "sgd") < 0.95
    large = data.tried("large", "sgd")
    assert (large[large["rate"] >= 0.001]["halted"] == networks.DRAWS).all()
    assert (large[large["rate"] < 0.001]["halted"] == 0).all() and right("large", "sgd") < 0.35
    rows = data.tried("small", "sgd")
    assert len(rows) == 14 and rows["rate"].max() == 100
    assert (rows["halted"] == 8).sum() == 3 and rows["right"].max() / data.HELD_OUT < 0.15


def test_the_best_rate_is_within_the_grid_wherever_something_is_learned():
    for name in NETWORKS:
        for rule, tried in RATES.items():
            if right(name, rule) > 0.15:
                assert min(tried) < data.trained(name, rule).rate < max(tried), (name, rule)


def test_a_step_is_colored_by_its_size_over_the_weights():
    """At the rate with which He × 1 learned best; a size in learning rates tells nothing."""
    for name in ("one", "small", "sigmoid10"):
        for rule in RATES:
            step = data.relative(name, rule, -8)[0]
            found = data.first_step(name, rule)
            rate = np.log10(data.trained("one", rule).rate)
            assert step == pytest.approx(rate + found.at(-8)[0] - found.weights[0])
            if right(name, rule) > 0.4:
                assert data.meaning(name, rule, -8) == "healthy", (name, rule, step)
    met = {
        (name, rule, e): data.meaning(name, rule, e)
        for name, rule, e in (
            *(("small", "sgd", -8), ("deep", "adam", -8), ("deep", "adam", -30)),
            *(("large", "sgd", -8), ("large", "adam", -8), ("deep", "adamw", -30)),
        )
    }
    assert list(met.values()) == [
        *("vanishing", "vanishing", "healthy", "exploding", "healthy", "healthy")
    ]
    said = say(network="small", rule="sgd")
    assert "At the learning rate 0.03, the best for He × 1, the step is" in said


def test_what_the_preset_says_of_weights_too_large():
    (preset,) = (preset for preset in PANEL.presets if preset.name == "Weights too large")
    large = data.tried("large", "sgd").set_index("rate")
    assert (
        theme.percent(large["right"][1e-5] / data.HELD_OUT) == "26 %" and "26 %" in preset.comment
    )
    assert (data.tried("large", "adam")["halted"] == 0).all()
    assert theme.percent(right("large", "adam")) == "44 %" and "44 %" in preset.comment
    assert 0.4 < right("large", "adam") / right("one", "adam") < 0.6


def test_rules_that_divide_by_the_size_train_small_weights_too():
    for rule in BY_SIZE:
        assert 0.4 < right("small", rule) < right("one", rule)
    assert right("small", "muon") > 0.75 and right("small", "adam") < 0.75
    assert all(data.trained("large", rule).halted == 0 for rule in BY_SIZE)
    assert 0.3 < right("large", "adam") < 0.6 and 0.4 < right("large", "muon") < 0.65


def test_ten_sigmoid_layers_take_muon_and_twenty_take_none():
    assert right("sigmoid10", "muon") > 0.8
    assert all(right("sigmoid10", rule) < 0.25 for rule in RATES if rule != "muon")
    assert all(right("sigmoid20", rule) < 0.25 for rule in RATES)


def test_below_its_floor_adam_does_not_learn():
    deep, sigmoid = data.swept("deep"), data.swept("sigmoid20")
    assert (deep.middle[deep.nearest(-10) :] < 0.15).all()
    assert (deep.middle[: deep.nearest(-10)] > 0.18).all() and deep.middle.max() < 0.5
    assert len(sigmoid.exponents) == 15 and sigmoid.middle.max() < 0.15
    small = data.swept("small")
    assert small.middle[small.nearest(-2)] < 0.15 and small.middle[small.nearest(-8)] > 0.4


@pytest.mark.slow
def test_the_committed_runs_can_be_made_again():
    run = data.trained("small", "adam")
    again = make_runs.curves("small", networks.rule("adam"), run.rate) / data.HELD_OUT
    assert np.abs(again - run.share)[:, :3].max() < 0.03
    assert np.median(again[:, -1]) == pytest.approx(run.middle[-1], abs=0.1)
    again = {row["layer"]: row["moved"] for row in make_runs.by_width(("mup", 64))[:5]}
    kept = data.pd.read_csv(data.HERE / "width.csv").query("how == 'mup' and width == 64")
    assert again == kept[kept["draw"] == 0].set_index("layer")["moved"].to_dict()


# After a quiet time, and with the width ----------------------------------------------------------


@pytest.mark.parametrize("beta2, quiet", [(0.999, 1500), (0.999, 50), (0.95, 300), (0.9, 1500)])
def test_one_large_gradient_moves_adam_by_its_bound(beta2, quiet):
    around, bound = data.moves_around(beta2, quiet), data.bound(beta2, quiet)
    assert 0.95 * bound < around["none"][data.BEFORE] <= bound
    assert all(
        around[shield].max() < around["none"].max() for shield in data.SHIELDS if shield != "none"
    )


def test_the_bound_after_a_long_time_and_after_1500_steps():
    assert data.bound(0.999, 10**6) == pytest.approx(0.1 / sqrt(0.001))  # 3.16
    assert data.bound(0.999, 1500) == pytest.approx(2.788, abs=1e-3)
    assert "2.79 at most" in say()


def test_clipping_by_the_weights_is_by_unit():
    W, g = np.eye(3) * [1.0, 2.0, 0.0], np.ones((3, 3))
    clipped = data.clipped_by_weights(g, W)
    assert np.linalg.norm(clipped, axis=0) == pytest.approx([0.01, 0.02, 1e-5])
    assert np.array_equal(data.clipped_by_weights(1e-9 * g, W), 1e-9 * g)


def test_the_step_grows_with_the_width_and_not_with_mup():
    for layer, standard, mup in ((2, 0.7, 0.05), (3, 0.7, 0.05), (4, 0.7, 0.05), (5, 1.2, 0.25)):
        low, high = data.moved("standard", layer)
        assert high - low > standard
        low, high = data.moved("mup", layer)
        assert abs(high - low) < mup
    assert "one rate moves every width about as far" in say(how="mup")


def test_every_sentence_at_every_network_and_optimizer():
    from types import SimpleNamespace

    for name in NETWORKS:
        for rule in RULES:
            for exponent in (-30, -8, -2):
                at = SimpleNamespace(network=name, rule=rule, e=exponent)
                text = " ".join([words.finding(at), *words.notes(at), words.trained(at)])
                assert "nan" not in text and "factor of 1 " not in text
                assert words.equation(at).startswith("$$")


def test_the_lab_is_one_link_away():
    (link,) = [e for e in open_page("optimizers").get("page_link") if e.proto.query_string]
    query = dict(parse_qsl(link.proto.query_string))
    lab = open_page("training", **query)
    assert set_to(lab, "training_b_rule") == "adam" and set_to(lab, "training_a_rule") == "sgd"
    assert set_to(lab, "training_a_scale") == set_to(lab, "training_b_scale") == 0.6


def test_the_idea_is_what_the_runs_say():
    told = say()
    assert (
        "only Muon, which lifts small singular values of a step up to 485 times, still learns"
        in told
    )
    assert [rule for rule in RATES if right("sigmoid10", rule) >= data.LEARNED] == ["muon"]
    assert not words.learners("sigmoid20")
    assert words.question()["ten"] in told and words.question()["spread"] in told


def test_muons_equation_is_an_equation():
    """Its right side, by the core: the first step sends 1 − 0.95² of the gradient."""
    g = data.first_step("sigmoid20", "muon")
    G = np.random.default_rng(0).standard_normal((1, 64, 64))
    G *= 10 ** float(g.gradient[0]) / np.sqrt((G * G).mean())
    moved = orthogonalized(0.0975 * G, epsilon=1e-7)
    assert np.sqrt((moved**2).mean()) == pytest.approx(10 ** float(g.at(-8)[0]), rel=0.02)
    words = say(network="sigmoid20", rule="muon")
    assert r"\Bigl(0.0975\,G\,/\max(" in words and r"}_{5.44 \times 10^{-14}}" in words
    assert "divides 0.0975 of a layer's gradient by the norm of that" in words


@pytest.mark.parametrize("beta2,quiet,steps", [(0.9, 300, 99), (0.99, 1500, 808)])
def test_how_long_the_root_is_large_is_counted(beta2, quiet, steps):
    square = 1 + (1 - beta2) * (data.SPIKE**2 - 1)
    for _ in range(steps - 1):
        square = beta2 * square + 1 - beta2
    assert square > 4 >= beta2 * square + 1 - beta2
    assert data.long_root(beta2, quiet) == pytest.approx(steps, abs=1)


def test_rmsprops_floor_is_ten_times_its_epsilon_at_the_first_step():
    at = SimpleNamespace(network="small", rule="rmsprop", e=-6)
    found = data.first_step("small", "rmsprop")
    assert (found.gradient > -6).any() and (found.gradient < -5).all()
    assert "all of the 16 layers lie below 10ε = 10⁻⁵" in words._under(at, found)


def test_what_twenty_sigmoid_layers_reach_is_said():
    best = max(right("sigmoid20", rule) for rule in RATES)
    assert f"no rule gets over {theme.percent(best)} right" in say()


def test_only_weights_that_get_a_gradient_are_moved_and_muon_has_few_directions():
    for name in NETWORKS:
        found = data.first_step(name, "muon")
        norm = found.gradient[0] + np.log10(64)
        if norm > -6:  # far above the floor
            assert 0.07 < 10 ** float(found.at(-8)[0]) < 0.09, name
        told = words._under(SimpleNamespace(rule="muon", e=-8, network=name), found)
        assert ("would be about 0.08" in told) == (norm + np.log10(1 - 0.95**2) < -7), name
    step = orthogonalized(np.diag(10.0 ** -np.arange(8.0))[None])[0]
    lifted = np.linalg.svd(step, compute_uv=False) / 10.0 ** -np.arange(8.0)
    assert lifted.max() == pytest.approx(3.4445**5, rel=0.02) and round(3.4445**5) == 485


def test_what_is_below_the_floor_is_where_the_text_says():
    for rule in ("adam", "rmsprop"):
        rows = data.floors("deep", rule)
        found, shift = data.first_step("deep", rule), {"adam": 0, "rmsprop": 1}[rule]
        np.testing.assert_allclose(rows["ground"], rows["e"] + shift)
        under = int((found.gradient < -11 + shift).sum())
        told = words._under(SimpleNamespace(rule=rule, e=-11, network="deep"), found)
        assert told.startswith("No layer's") == (under == 0)


def test_the_equation_says_how_far_its_sides_are_apart():
    """A root mean square of g stands there for each g: exact where no ε is met or alone divides."""
    said = prose(open_page("optimizers"))
    left, right = 0.486, 1.77e-8 * 3.61e7
    assert f"the sides agree within a factor of {theme.within(log10(right / left))}" in said
    assert "the sides" not in prose(open_page("optimizers", optimizers_e="-30"))
    assert "the sides" in prose(open_page("optimizers", optimizers_rule="AdamW"))
    assert "the sides" not in prose(open_page("optimizers", optimizers_rule="SGD"))


@pytest.mark.parametrize(
    "network,rule", [("deep", "sgd"), ("large", "momentum"), ("small", "adam")]
)
def test_a_rate_is_the_best_only_where_one_is_better(network, rule):
    rates = data.tried(network, rule)
    said = words.trained(SimpleNamespace(**PANEL.defaults | {"network": network, "rule": rule}))
    learns = rates["right"].max() > data.GUESSED * data.HELD_OUT
    assert ("the best of" in said) == learns
    assert (f"and no more at any of {len(rates)} learning rates" in said) == (not learns)


def test_adam_says_what_it_gets_at_the_epsilon_that_is_set():
    def said(e: int) -> str:
        return words.trained(SimpleNamespace(**PANEL.defaults | {"network": "deep", "e": e}))

    assert "**Adam** with ε = 10⁻⁸, PyTorch's, gets **10 %** of" in said(-30)
    assert "With ε = 10⁻³⁰ it gets 24 %." in said(-30)
    assert "With ε = 10⁻³⁰, the nearest to 10⁻²⁹ that was trained, it gets 24 %." in said(-29)
    assert "it gets" not in said(-8) and "it gets" not in said(-7), "-8 is the nearest"


def test_a_sentence_begins_with_a_capital():
    assert "Sign descent has no ε to move." in say(rule="sign")
