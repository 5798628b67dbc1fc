"""The page on memory: bounds, gates and the curse by the core, and what its sentences say."""

import re
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest

from core import gates
from core.losses import LOSSES
from core.network import Params
from pages.concepts.frameworks.panel import PANEL as FRAMEWORKS
from pages.concepts.memory import data, make_runs, words
from pages.concepts.memory.panel import BACK, BIAS, PANEL, REACH, SIGMA
from pages.kit import theme
from tests.app import open_page, prose, says

say = partial(says, "memory")


def setting(preset: str) -> tuple[data.Setting, float]:
    values = PANEL.defaults | dict(next(p for p in PANEL.presets if p.name == preset).values)
    of = data.Setting(values["start"], values["activation"], float(values["inputs"]), 0)
    return of, values["sigma"]


@pytest.mark.parametrize("start", PANEL["start"].options)
@pytest.mark.parametrize("activation", PANEL["activation"].options)
@pytest.mark.parametrize("inputs", [0.1, 1.0])
def test_no_gradient_exceeds_the_bound(start, activation, inputs):
    found = data.through_time(data.Setting(start, activation, inputs, 3))
    finite = np.isfinite(found.gradient)
    assert (found.gradient[finite] <= found.bound[finite] + 1e-9).all()
    assert (found.slopes <= 1e-9).all()  # no slope exceeds 1


@pytest.mark.parametrize(
    "preset,low,high",
    [
        ("σ₁ = 0.9", -20, -4.5),
        ("Orthogonal, σ₁ = 1, no activation", -1e-9, 1e-9),
        ("σ₁ = 1.6, no activation", 20.411, 20.413),  # 1.6¹⁰⁰
        ("Gaussian, σ₁ = 1.3", -20, -5),
        ("Orthogonal, inputs of size 1", -40, -10),
        ("Identity, ReLU", -1, 1e-9),
    ],
)
def test_presets_do_what_they_say(preset, low, high):
    of, sigma = setting(preset)
    assert low <= data.through_time(of).at(sigma)[0][BACK] <= high


def test_a_bound_that_explodes_is_not_sufficient():
    of, sigma = setting("Gaussian, σ₁ = 1.3")
    found = data.through_time(of)
    gradient, _, bound = found.at(sigma)
    assert bound[BACK] > 11 and gradient[BACK] < -5 and found.radius * sigma < 1
    assert "**necessary** for exploding, and not sufficient" in say(
        sigma=1.3, start="Gaussian", activation="None"
    )


@pytest.mark.parametrize("seed", range(0, 40, 4))
def test_the_bound_explodes_and_the_gradient_vanishes_at_any_seed(seed):
    of, sigma = setting("Gaussian, σ₁ = 1.3")
    gradient, _, bound = data.through_time(replace(of, seed=seed)).at(sigma)
    assert bound[BACK] > 11 and gradient[BACK] < -3


def test_the_live_frames_are_the_numbers_of_the_words():
    frame = data.time_frames(setting("σ₁ = 0.9")[0], 50).set_index("sigma")
    gradient, _, bound = data.through_time(setting("σ₁ = 0.9")[0]).at(0.9)
    for column, exact in (("gradient", gradient), ("bound", bound)):
        assert float(frame.loc[0.9, column].split()[50]) == pytest.approx(exact[50], abs=6e-5)
    assert len(frame) == len(SIGMA.values())
    assert "The bound (γσ₁)ⁿ allows 0.00515" in say()  # 0.9⁵⁰


@pytest.mark.parametrize("cell", PANEL["cell"].options)
def test_a_forget_bias_decides_what_the_gates_keep(cell):
    found = data.gated(cell, 0)
    kept = found.kept[:, BACK]
    assert (np.diff(kept) > 0).all()
    row = BIAS.values().index
    assert found.alone[row(0.0), 1] == pytest.approx(np.log10(0.5))
    assert 10 ** found.alone[row(1.0), 1] == pytest.approx(0.731, abs=5e-4)
    assert np.abs(kept - found.alone[:, BACK])[row(0.0) :].max() < 5
    # nearly open: the memory's gradient is what the gates keep
    assert found.gradient[-1, BACK] == pytest.approx(kept[-1], abs=1)
    assert found.gradient[-1, BACK] > found.slopes[BACK] + 5


@pytest.mark.parametrize("cell", PANEL["cell"].options)
def test_where_the_gates_close_most_of_the_gradient_comes_by_its_second_way(cell):
    """Through the state and the gates: what the gates alone would leave is a small part of it."""
    with (
        patch.object(gates, "keep_products", wraps=gates.keep_products) as of_trace,
        patch.object(gates, "memory_norms", wraps=gates.memory_norms) as of_gradients,
    ):
        data.gated(cell, 41)  # of no other test: it is computed
    kept = of_trace.call_args.args[0].gate[gates.KEEPS]  # by forget bias, step, example, unit
    dc = of_gradients.call_args.args[0].dc
    alone = dc[:, -1] * np.exp(np.log(kept[:, 1:]).sum(1))
    share = np.sqrt((alone**2).sum((1, 2)) / (dc[:, 0] ** 2).sum((1, 2)))
    assert (share[np.array(BIAS.values()) <= 0] < 1e-2).all(), "closed, or half open"
    assert share[-1] > 0.05 > share[0], "wide open: much of it by the gates alone"
    assert "The gradient has a second way" in say() and "by both ways, with" in say()


def test_what_a_gate_keeps_is_said():
    assert "keeps 50 % of the memory at each step: halved at every step" in say()
    assert "keeps 73 % of the memory at each step" in say(bias=1.0)
    told = prose(open_page("memory", answer="shown"))
    assert "The answer is **2.5×10⁻¹⁴**" in told


@pytest.mark.parametrize("seed", [0, 1])
def test_the_curse_is_measured_within_a_fourth_of_its_law(seed):
    found = data.touchy(seed)
    assert found.theory.shape == found.measured.shape == (3, len(REACH.values()))
    assert np.abs(found.measured - found.theory).max() < np.log10(1.25)
    assert (found.theory[2] < np.log10(0.5)).all() and found.theory[0, -1] > 4


def test_the_link_leads_to_what_frameworks_keep():
    assert "forget" in FRAMEWORKS["name"].options
    (forget, _) = open_page("memory").get("page_link")[:2]
    assert forget.proto.label == "What each framework's LSTM keeps at the start"
    assert "frameworks_name" in forget.proto.query_string


# Learning to remember ----------------------------------------------------------------------------


def test_a_sequence_shows_its_symbol_once_and_then_noise():
    rngs = [np.random.default_rng(seed) for seed in range(2)]
    x, symbols = make_runs.sequences(5, 30, rngs)
    assert x.shape == (4, 5, 30, make_runs.SYMBOLS + 1) and symbols.shape == (4, 5)
    assert (x[:, :, 0].argmax(axis=-1) == symbols).all() and (x[:, :, 0].sum(axis=-1) == 1).all()
    assert not x[:, :, 1:, :-1].any() and x[0, :, 1:, -1].std() == pytest.approx(1, abs=0.2)
    np.testing.assert_array_equal(x[:2], x[2:])  # clipped and not see the same
    assert not np.array_equal(x[0], x[1])


def test_only_the_later_half_is_clipped_and_keeps_its_direction():
    members = 2 * make_runs.SEEDS
    g = 3 * np.random.default_rng(0).standard_normal((members, 4, 5))
    g[-1] /= 100  # short enough as it is
    (clipped,) = make_runs._clipped(Params((g,), ())).W
    norm = np.linalg.norm(g, axis=(1, 2))
    factor = np.where(np.arange(members) < make_runs.SEEDS, 1, np.minimum(1, 1 / norm))
    np.testing.assert_allclose(clipped, g * factor[:, None, None])


def test_every_member_has_the_gradient_of_its_own_loss():
    rng = np.random.default_rng(0)
    output, symbols = rng.standard_normal((3, 6, 4)), rng.integers(4, size=(3, 6))
    found = make_runs._cross_entropy(output, symbols)
    for o, y, d in zip(output, symbols, found, strict=True):
        np.testing.assert_allclose(d, LOSSES["softmax_cross_entropy"](o[None], y)[1][0])


def test_the_committed_runs_are_whole_and_are_what_the_page_tells():
    runs = data.runs()
    assert list(dict.fromkeys(runs["cell"])) == list(make_runs.CELLS)
    sizes = runs.groupby(["cell", "length", "clipped", "rate"])["seed"].nunique()
    assert sizes.eq(make_runs.SEEDS).all()
    per_cell = len(make_runs.LENGTHS) * len(make_runs.CLIPPED) * len(make_runs.RATES)
    assert len(sizes) == per_cell * len(make_runs.CELLS)
    assert runs["accuracy"].between(0, 1).all() and set(runs.columns) == set(data.RUNS_UNITS)
    told = say()
    assert f"after {make_runs.STEPS} steps of Adam" in told and "0.01 and 0.03" in told
    assert make_runs.RATES == (0.01, 0.03) and make_runs.SEEDS == 8 and make_runs.SYMBOLS == 4
    assert f"{make_runs.WIDTH} units" in told and "over 95 % of new sequences" in told


@pytest.mark.parametrize("clip", PANEL["clip"].options)
def test_what_the_page_says_of_the_runs_holds_in_bands(clip):
    learned = data.learned(clip).set_index(["cell", "length"])["learned"]
    assert learned.xs(10, level="length").eq(8).all()
    assert learned["LSTM, bias 4", 20] == 8 and learned["LSTM, bias 4", 50] >= 5
    for cell in ("GRU", "LSTM, bias 0", "LSTM, bias 1"):
        assert learned[cell, 50] <= 1 and learned[cell, 100] <= 1
    assert (
        learned.xs(100, level="length").le(4).all() and learned.xs(200, level="length").le(4).all()
    )
    told = say(clip=PANEL["clip"].options[clip])
    assert "- **LSTM, bias 4**: most seeds learned at 10, 20 and 50 steps." in told
    assert "8.9×10⁻¹⁶ with a bias of 0, 1.6×10⁻⁷ with 1, 0.40 with 4" in told  # σ(bias)⁵⁰
    with_, without = (int(data.learned(c)["learned"].sum()) for c in ("yes", "no"))
    assert f"{with_} of 240 networks learned with clipping, {without} did without." in told


def test_each_cell_is_shown_at_its_best_rate():
    for clip in PANEL["clip"].options:
        runs = data.runs()[data.runs()["clipped"] == (clip == "yes")]
        right = (runs["accuracy"] > data.LEARNED).groupby(
            [runs["cell"], runs["length"], runs["rate"]]
        )
        best = right.sum().groupby(level=["cell", "length"]).max()
        found = data.learned(clip).set_index(["cell", "length"])["learned"]
        assert found.to_dict() == best.to_dict()


@pytest.mark.parametrize("cell", ["RNN, orthogonal", "GRU"])
def test_the_committed_runs_can_be_made_again(cell):
    job = make_runs.Job(cell, 10, 0.01)
    again = pd.DataFrame(make_runs.rows(job)).set_index(["clipped", "seed"])["accuracy"]
    runs = data.runs()
    kept = runs[(runs["cell"] == cell) & (runs["length"] == 10) & (runs["rate"] == job.rate)]
    apart = (again - kept.set_index(["clipped", "seed"])["accuracy"]).abs()
    assert (apart < 0.05).sum() >= len(apart) - 2  # rounding differs between processors


def test_the_matrix_is_not_said_to_do_what_it_cannot():
    said = say(start="identity", activation="ReLU", sigma=1)
    assert "the slopes alone make 0.00187; *W* alone, which stretches every" in said
    assert "makes 1, and the gradient is 0.229 times the last step's" in said.replace("1.00", "1")
    assert "does the rest" not in said and "do the rest" not in said
    assert "do the rest" in say(start="Gaussian", activation="Tanh")
    assert "nothing is lost to them" in say(activation="None")
    assert "(in a GRU, of the update gate)" in say(cell="GRU, reset after")


@pytest.mark.parametrize("start", ["orthogonal", "identity"])
@pytest.mark.parametrize("name", ["tanh", "relu", "sigmoid"])
@pytest.mark.parametrize("sigma", [0.4, 1.0, 1.3])
@pytest.mark.parametrize("inputs", ["0.1", "1"])
def test_what_arrives_is_called_a_product_only_where_it_is(start, name, sigma, inputs):
    at = SimpleNamespace(**PANEL.defaults | {"start": start, "activation": name})
    at.sigma, at.inputs = sigma, inputs
    gradient, slopes, _ = data.through_time(data.setting(at)).at(sigma)
    apart = abs(slopes[-1] + 100 * np.log10(sigma) - gradient[-1])
    *_, said = words.notes(at)
    assert ("the product of both" in said) == (apart < 0.02)
    assert ("not come through all of them alike" in said) == (apart >= 0.02)


@pytest.mark.parametrize("start,sufficient", [("orthogonal", True), ("gaussian", False)])
def test_where_every_step_multiplies_by_the_same_a_bound_above_one_is_enough(start, sufficient):
    at = SimpleNamespace(**PANEL.defaults | {"start": start, "activation": "identity"})
    at.sigma = 1.6
    first, *_ = words.notes(at)
    assert ("not sufficient" in first) != sufficient
    assert ("each step back multiplies by just that" in first) == sufficient


def test_how_far_the_state_moves_with_nu_is_said_of_scaled_inputs():
    """ν alone would leave √(1 − λ²) of it in the state's size."""
    said = " ".join(words.touchy(SimpleNamespace(**PANEL.defaults | {"reach": 3.0})).split())
    with_nu = theme.from_log10(data.touchy(PANEL.defaults["seed"]).measured[2, -1])
    assert f"with scaled inputs, and then {with_nu} times as far as ν" in said


@pytest.mark.parametrize("sigma,back", [(0.45, 2), (0.5, 5), (0.95, 2)])
def test_a_gradient_at_its_bound_is_the_same_number(sigma, back):
    at = SimpleNamespace(
        **PANEL.defaults
        | {"sigma": sigma, "back": back, "start": "orthogonal", "activation": "identity"}
    )
    gradient, bound = re.search(r"\*\*(\S+)\*\*.*allows (\S+);", words.finding(at)).groups()
    assert gradient == bound


@pytest.mark.parametrize(
    "reach,lam,square", [(0.3, 0.4988, 2.95), (1.0, 0.9, 264), (2.0, 0.99, 2.5e5)]
)
def test_the_law_of_the_curse_stands_beside_what_is_measured(reach, lam, square):
    at = SimpleNamespace(**PANEL.defaults | {"reach": reach})
    said = words.touchy(at)
    law = (1 + lam**2) / (1 - lam**2) ** 3
    assert law == pytest.approx(square, rel=0.01)
    assert theme.tex(np.log10(law)) in said
    row = PANEL["reach"].values().index(reach)
    assert theme.tex(2 * data.touchy(at.seed).measured[0, row]) in said
