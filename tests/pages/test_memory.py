"""The page on memory: bounds, gates and the curse by the core, and what its sentences say."""

import numpy as np
import pytest

from pages.concepts.frameworks.panel import PANEL as FRAMEWORKS
from pages.concepts.memory import data
from pages.concepts.memory.panel import BACK, BIAS, PANEL, REACH, SIGMA
from tests.app import open_page, prose


def say(**query) -> str:
    return prose(open_page("memory", **{f"memory_{k}": str(v) for k, v in query.items()}))


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
        ("Gaussian, σ₁ = 1.5", -20, -5),
        ("Orthogonal, inputs of size 1", -40, -10),
        ("Identity, ReLU", -1, 1e-9),
    ],
)
def test_presets_do_what_they_say(preset, low, high):
    of, sigma = setting(preset)
    assert low <= data.through_time(of).at(sigma)[0][BACK] <= high


def test_a_bound_that_explodes_is_not_sufficient():
    of, sigma = setting("Gaussian, σ₁ = 1.5")
    found = data.through_time(of)
    gradient, _, bound = found.at(sigma)
    assert bound[BACK] > 17 and gradient[BACK] < -5 and found.radius * sigma < 1
    assert "**necessary** for exploding, and not sufficient" in say(
        sigma=1.5, start="Gaussian", activation="None"
    )


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
    assert "differ in the forget bias that they begin with" in say()
