"""The page on what frameworks start with: its measured tables, and what it says of them."""

import math
import re
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from core import theory
from core.activations import ACTIVATIONS
from core.datasets import digits
from pages.concepts.frameworks import clips, data, measure, names, networks, tables, words
from pages.concepts.frameworks.charts import LEFT
from pages.concepts.frameworks.networks import Setting
from pages.concepts.frameworks.panel import CASES, DEEPEST, NAMES, PANEL
from pages.concepts.frameworks.probes import record
from pages.kit import theme
from tests.app import answer, open_page, prose, says

EXACT = 0.01  # relative: a measured standard deviation is right to 0.2 percent

say = partial(says, "frameworks")


def gain(framework: str, activation: str, width: int, depth: int = 30) -> float:
    return 10 ** data.default_run(framework, Setting(activation, width, 0)).gain(depth)


def scale(framework: str, n_in: int, n_out: int, activation: str = "identity") -> float:
    """σ√fan_in of a default dense layer."""
    law = tables.default(framework, activation).weights
    return math.hypot(*law.at(n_in, n_out)) * math.sqrt(n_in)


# The tables --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", measure.TABLES)
def test_a_table_has_the_columns_that_the_probes_fill(name):
    table = getattr(tables, name)()
    assert tuple(table.columns) == measure.OF + measure.TABLES[name]
    assert not table.duplicated([c for c in table if c not in ("value", "result")]).any()
    assert set(table["framework"]) <= {f.label for f in measure.FRAMEWORKS.values()}


def test_each_framework_was_measured_in_one_go():
    assert data.counted().frameworks >= 18
    labels = set()
    for table in (tables.weights(), tables.values(), tables.clips()):
        labels |= set(zip(table["framework"], table["version"], table["date"], strict=True))
    assert {label for label, _, _ in labels} == {f.label for f in measure.FRAMEWORKS.values()}
    assert len(labels) == len(measure.FRAMEWORKS), "two versions or days of one framework"


def test_every_framework_has_its_probe_and_every_probe_its_framework():
    endings = {measure.NODE: "js"}
    wanted = {
        f"{name}_probe.{endings.get(framework.runs_on, 'py')}"
        for name, framework in measure.FRAMEWORKS.items()
    }
    assert {file.name for file in measure.PROBES.glob("*_probe.*")} == wanted


def test_the_weights_statistics_are_possible():
    rows = tables.weights()
    drawn = rows[rows["std"] > 1e-12]
    assert (rows["smallest"] <= rows["mean"] + 1e-9).all()
    assert (rows["mean"] <= rows["largest"] + 1e-9).all()
    assert (drawn["kurtosis"] > 1.7).all() and (drawn["kurtosis"] < 3.1).all()
    assert (rows["std"] <= (rows["largest"] - rows["smallest"]) / 2 + 1e-9).all()


def test_a_framework_writes_its_rows_in_place_of_the_old_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(measure, "HERE", tmp_path)
    row = {"call": "f", "case": "a NaN", "result": "1; 2"}
    found = {"version": "1", "weights": [], "values": [], "clips": [row]}
    measure.write("keras", found)
    measure.write("pytorch", found)
    measure.write("keras", found | {"version": "2"})
    lines = (tmp_path / "clips.csv").read_text("utf-8").splitlines()
    assert [line.split(",")[:2] for line in lines[1:]] == [["PyTorch", "1"], ["Keras", "2"]]


# Laws --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "framework,family,follows,size",
    [
        ("PyTorch", "uniform", "fan-in", 1 / math.sqrt(3)),
        ("Keras", "uniform", "both fans", 1.0),
        ("Flax", "cut", "fan-in", 1.0),
        ("Haiku", "cut", "fan-in", tables.CUT),
        ("TensorFlow.js", "cut", "both fans", tables.CUT),
        ("Chainer", "normal", "fan-in", 1.0),
        ("MXNet", "uniform", "neither fan", 0.07 / math.sqrt(3) * math.sqrt(1000)),
        ("BrainState", "cut", "fan-in", math.sqrt(2)),
    ],
)
def test_how_defaults_are_drawn(framework, family, follows, size):
    law = tables.default(framework, "identity").weights
    assert (law.family, law.follows) == (family, follows)
    assert scale(framework, 1000, 1000) == pytest.approx(size, rel=EXACT)


def test_a_law_gives_back_what_was_measured_at_every_shape():
    rows = tables.weights()
    for framework in tables.frameworks():
        default = tables.default(framework, "identity")
        own = rows[
            (rows["framework"] == framework)
            & (rows["layer"] == "dense")
            & (rows["call"] == default.call)
        ]
        for row in own.itertuples():
            _, std = default.weights.at(row.n_in, row.n_out)
            assert std == pytest.approx(row.std, rel=EXACT), (framework, row.n_in, row.n_out)


def test_a_law_sees_the_fans_apart():
    assert scale("thinc", 1000, 250) == pytest.approx(1.265, rel=EXACT)
    assert scale("PyTorch", 1000, 250) == pytest.approx(0.577, rel=EXACT)
    maxout = tables.weights()[lambda of: of["layer"] == "dense maxout"]
    assert tables.law(maxout).follows == "fan-out"


def test_one_plain_dense_layer_starts_with_hes_weights():
    he = [f for f in tables.frameworks() if abs(scale(f, 256, 256) - math.sqrt(2)) < 0.02]
    assert he == ["BrainState"]  # as its preset says


@pytest.mark.parametrize("family", tables.KURTOSIS)
def test_quantiles_have_mean_0_and_standard_deviation_1(family):
    u = (np.arange(400_000) + 0.5) / 400_000
    x = networks.quantiles(family, u)
    assert x.mean() == pytest.approx(0, abs=1e-6)
    assert x.std() == pytest.approx(1, rel=1e-4)
    assert np.mean(x**4) == pytest.approx(tables.KURTOSIS[family], rel=1e-3)


def test_defaults_that_differ_in_scale_have_weights_that_are_multiples():
    z = networks.quantiles("uniform", np.random.default_rng(0).random((50, 50)))
    torch, keras = (
        networks.drawn(tables.default(f, "relu").weights, z, 50, 50) for f in ("PyTorch", "Keras")
    )
    assert keras / torch == pytest.approx(math.sqrt(3) * np.ones((50, 50)), rel=1e-3)


# Depth -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "framework,keeps", [("PyTorch", 1 / math.sqrt(6)), ("Keras", math.sqrt(0.5)), ("Haiku", 0.622)]
)
def test_what_a_relu_layer_keeps(framework, keeps):
    assert gain(framework, "relu", 256) == pytest.approx(keeps, rel=0.02)


def test_what_reaches_layer_1_of_30():
    torch = 10 ** data.default_run("PyTorch", Setting("relu", 256, 0)).kept[29, 0]
    keras = 10 ** data.default_run("Keras", Setting("relu", 256, 0)).kept[29, 0]
    assert 2e-12 < torch < 1e-11  # (1/6)^(29/2) = 5.1e-12
    assert 1e-5 < keras < 1e-4  # 2^(−29/2) = 4.3e-5
    assert 0.3 < 10 ** data.he_run(Setting("relu", 256, 0)).kept[29, 0] < 3


@pytest.mark.parametrize(
    "framework,of_29,of_30",
    [("PyTorch", 6 ** -(29 / 2), 6**-15), ("Keras", 2 ** -(29 / 2), 2**-15)],
)
def test_how_many_gains_are_counted_is_said(framework, of_29, of_30):
    of = Setting("relu", 256, 0)
    run, said = data.default_run(framework, of), words.factors(framework, of, 30)
    assert "From layer 30 to layer 1 ‖dJ/dz‖ is multiplied by 29 gains" in said
    more, less = re.search("finds (.+) in place of (.+) for", said).groups()
    assert less == theme.from_log10(run.kept[29, 0], 2)
    assert number(less) == pytest.approx(of_29, rel=0.4)  # one network of that width
    assert number(more) == pytest.approx(of_30, rel=0.4)
    assert words.factors(framework, of, 30) in say(framework=framework, width=256)
    assert "by one gain." in words.factors(framework, of, 2)
    same = words.factors("Flax", Setting("identity", 256, 0), 60)
    assert "finds the same, to two digits," in same


def number(text: str) -> float:
    """Of 2.1×10⁻¹², as it is written."""
    mantissa, _, exponent = text.partition("×10")
    digits = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    return float(f"{mantissa}e{exponent.translate(digits) or 0}")


def test_mxnet_has_one_range_at_any_width_and_is_right_at_one_of_them():
    law = tables.default("MXNet", "relu").weights
    assert law.follows == "neither fan"
    assert law.std * math.sqrt(3) == pytest.approx(0.07, rel=EXACT)
    assert 2 / law.std**2 == pytest.approx(1200, rel=0.05)  # σ√n = √2
    for width in (16, 64, 256):
        run = data.default_run("MXNet", Setting("relu", width, 0))
        assert theme.outcome(run.kept[29, 0]) == "vanishing"


def test_a_default_that_ignores_the_width_depends_on_it():
    gains = [gain("Brain.js", "tanh", width) for width in (16, 64, 256)]
    assert gains[0] < 0.5 < 0.8 < gains[1] < 1 < gains[2]


def test_weights_that_are_all_positive_explode_with_relu():
    assert gain("ml-fnn", "relu", 64) > 3
    assert "None of them is negative." in say(framework="ml-fnn")


@pytest.mark.parametrize(
    "name,outcome",
    [
        ("PyTorch, ReLU", "vanishing"),
        ("Keras, tanh", "healthy"),
        ("BrainState, ReLU", "healthy"),
        ("MXNet, ±0.07", "vanishing"),
        ("ml-fnn, only positive", "exploding"),
    ],
)
def test_a_preset_comes_out_as_its_comment_says(name, outcome):
    values = next(p.values for p in PANEL.presets if p.name == name)
    at = SimpleNamespace(**PANEL.defaults | dict(values))
    run = data.default_run(at.framework, networks.setting(at))
    assert theme.outcome(run.kept[at.depth - 1, 0]) == outcome


def test_the_frames_are_one_row_per_depth():
    frame = data.gradients("PyTorch", "Keras", Setting("relu", 64, 0))
    assert list(frame["depth"]) == list(range(2, DEEPEST + 1))
    for row in frame.itertuples():
        points = row.line.split()
        assert len(points) == DEEPEST and float(points[row.depth - 1]) == 0
        assert set(points[row.depth :]) <= {"x"}


def test_beside_itself_a_framework_has_one_line():
    frame = data.gradients("Keras", "Keras", Setting("relu", 64, 0))
    assert frame["other_name"].isna().all()
    assert set(frame["other"].iloc[0].split()) == {"x"}


def test_names_of_lines_stand_apart():
    for framework, activation in (("PyTorch", "relu"), ("ml-fnn", "tanh"), ("Haiku", "sigmoid")):
        frame = data.gradients(framework, "Keras", Setting(activation, 64, 0))
        places = np.sort(frame[[f"{line}_at" for line in ("line", "other", "he", "slopes")]])
        assert np.diff(places, axis=1).min() > 2


def test_the_gauge_has_a_row_for_each_default_and_hes():
    rows = data.gauge("PyTorch", Setting("relu", 64, 0), 30)
    assert set(rows["name"]) == {*tables.frameworks(), "He"}
    assert rows["log10"].is_monotonic_increasing and rows["here"].sum() == 1
    assert rows.loc[rows["here"], "name"].item() == "PyTorch"
    vanish, hold, explode = data.groups(Setting("relu", 64, 0), 30)
    assert "Keras" in vanish and hold == ["BrainState"] and explode == ["ml-fnn"]


def test_the_prediction_is_of_a_run():
    at = open_page("frameworks")
    answer(at, -2)
    words = prose(at)
    assert "The answer is **3.3×10⁻⁸**." in words and "Xavier's weights" in words
    assert 19 * math.log10(1 / math.sqrt(6)) == pytest.approx(math.log10(3.3e-8), abs=0.15)


def test_sentences_at_the_ends():
    assert "does not look at the width" in say(framework="MXNet")
    assert "cut off at 2σ." in say(framework="Haiku")
    assert "all slopes are 1" in say(activation="Identity")
    assert "The rule takes it to be 0" in say(framework="ml-fnn", activation="Tanh")
    assert "The biases start at 0.1, each of them." in say(framework="ConvNetJS")
    assert "fewer than you have set" in say(depth=30)
    assert "up to 4 layers: more than you have set." in say(depth=2, activation="Tanh")
    assert "within a factor of 10 up to 60 layers" in say(framework="Flax", activation="Identity")


# Names -------------------------------------------------------------------------------------------


def test_every_name_has_a_topic_with_rows():
    assert names.TOPICS.keys() == NAMES.keys()
    for name in NAMES:
        assert len(names.table(name)), name


def test_every_row_of_a_table_says_the_version_and_the_text_the_day():
    versions, days = tables.versions(), tables.values().set_index("framework")[["date"]]
    for name in NAMES:
        told = set()
        for one in "; ".join(names.table(name)["by"]).split("; "):
            (framework,) = (f for f, v in versions.items() if one.startswith(f"{f} {v} `"))
            told.add(framework)
        found = days[days.index.isin(told)]
        assert names.about(name).endswith(tables.measured(found))
    for case in CASES:
        assert all("2.13.0" in who for who in clips.table(case)["by"] if "PyTorch" in who)
        assert words.clipped(case).endswith(tables.measured(tables.clips()))
    two = tables.values().head(2).assign(date=["2026-11-27", "2026-11-29"])
    assert tables.measured(two) == "Measured between 2026-11-27 and 2026-11-29."


def test_what_is_taken_away_of_the_tables_is_what_was_measured():
    taken = data.values_table()
    assert len(taken) == len(tables.values()) and "nan" in set(taken["value"])
    entries = clips.entries()
    of = entries[(entries["framework"] == "MindSpore") & (entries["case"] == "a NaN")]
    of = of[of["call"] == "ops.clip_by_global_norm"]
    assert list(of["given"]) == list(of["result"]) == ["nan", "1", "2", "3"]
    assert list(of["parameter"]) == [1, 1, 1, 2] and list(of["entry"]) == [1, 2, 3, 1]
    assert len(entries) == sum(len(np.concatenate(clips.GIVEN[c])) for c in tables.clips()["case"])


def meant(name: str) -> dict[str, tuple[str, str]]:
    """By number: who, and what it does over 20 layers."""
    return {row[0]: (row[1], row[2]) for row in names.table(name).itertuples(index=False)}


def test_leaky_relu_has_four_slopes_and_keras_two_of_them():
    slopes = meant("leaky")
    assert {"0.01", "0.2", "0.25", "0.3"} <= slopes.keys()
    assert "Keras" in slopes["0.2"][0] and "Keras" in slopes["0.3"][0]
    assert slopes["0.3"][1] == theme.number(1.09**10, 2) == "2.4"


def test_he_normal_is_three_numbers():
    he = meant("he")
    assert "MLX" in he["1.00"][0] and "`initializers.heNormal`" in he["1.24"][0]
    assert "PyTorch" in he["1.41"][0] and 0.95 < float(he["1.41"][1]) < 1.05


def test_xavier_is_a_compromise_for_a_rectangle():
    rows = meant("xavier")
    assert "PyTorch" in rows["1.00 and 1.3"][0] and "TensorFlow.js" in rows["0.88 and 1.1"][0]
    assert float(rows["1.00 and 1.3"][1]) == pytest.approx(0.8**10, rel=0.1)


def test_leaky_relu_has_five_slopes_at_its_kink():
    slopes = [number for number in meant("kinks") if number.startswith("leaky ReLU at 0")]
    assert sorted(slopes) == [f"leaky ReLU at 0: {a}" for a in ("0.01", "0.2", "0.25", "0.6", "1")]


def test_gelu_has_two_forms_that_hardly_differ():
    exact, tanh_form = names.gelu_forms()
    assert exact != tanh_form and abs(exact - tanh_form) < 0.01
    assert "Keras 3.15.1 `'gelu'`" in meant("gelu")["exact"][0]
    assert "Keras 3.15.1 `ops.gelu`" in meant("gelu")["tanh form"][0]


def test_the_exact_form_is_gelu():
    z = np.linspace(-6, 6, 241)
    h, slope = np.empty_like(z), np.empty_like(z)
    names._exact_gelu(z, h, slope)
    assert np.abs(h - ACTIVATIONS["gelu"].f(z)).max() < 5e-4
    inner = slice(1, -1)
    assert slope[inner] == pytest.approx(np.gradient(h, z)[inner], abs=2e-3)


def test_what_some_depthwise_convolutions_lose_with_channels():
    rows = meant("depthwise")
    assert any("Keras" in who for number, (who, _) in rows.items() if number.endswith("0.045"))
    assert any("PyTorch" in who for who, _ in [rows["0.58, 0.58, 0.58"]])


def test_lecun_normal_is_two_numbers():
    lecun = meant("lecun")
    assert lecun.keys() == {"1.00", "0.88"}
    assert lecun["0.88"][0] == "TensorFlow.js 4.22.0 `initializers.leCunNormal`"
    assert float(lecun["0.88"][1]) == pytest.approx(tables.CUT**20, rel=0.05)


@pytest.mark.parametrize(
    "name,framework,call,scale,orthogonal",
    [
        ("rnn", "PyTorch", "nn.RNN", 1 / math.sqrt(3), False),
        ("rnn", "Keras", "layers.SimpleRNN", 1, True),
        ("gru", "PyTorch", "nn.GRU", 1 / math.sqrt(3), False),
        ("gru", "Keras", "layers.GRU", 1 / math.sqrt(3), False),
    ],
)
def test_how_recurrent_weights_start(name, framework, call, scale, orthogonal):
    by_call = {who: number for number, (who, _) in meant(name).items()}
    (number,) = (n for who, n in by_call.items() if f"`{call}`" in who and framework in who)
    assert number.startswith(f"{scale:.2f} (")
    assert (number == "1.00 (1.00)") == orthogonal
    weights = tables.weights()[lambda of: of["layer"] == f"{name} recurrent"].set_index("call")
    assert weights.loc[call, "std"] * math.sqrt(256) == pytest.approx(scale, rel=EXACT)


def test_twins_of_one_library_differ():
    lstm = tables.weights()[lambda of: of["layer"] == "lstm recurrent"].set_index("call")
    plain, twin = lstm.loc["nnx.LSTMCell", "std"], lstm.loc["nnx.OptimizedLSTMCell", "std"]
    assert twin / plain == pytest.approx(0.5, rel=EXACT)
    forget = meant("forget")
    assert "`links.NStepLSTM`" in forget["0.50"][0]
    assert "`links.StatelessLSTM`" in forget["0.73"][0]


def test_dropout_that_is_computed_anew_has_another_mask_in_some():
    rows = meant("recomputed")
    assert rows.keys() == {"the same", "another"}
    assert "PyTorch 2.13.0 `utils.checkpoint`" in rows["the same"][0]
    for who in ("`mx.checkpoint`", "`recompute_grad`", "`keras.remat`", "MindSpore"):
        assert who in rows["another"][0]
    mask, other = 2 * np.random.default_rng(0).integers(0, 2, (2, 100_000))
    assert float(rows["the same"][1]) == pytest.approx(np.mean(mask * (mask - 1)), abs=0.02)
    assert float(rows["another"][1]) == pytest.approx(np.mean(other * (mask - 1)), abs=0.02)


def test_weights_of_a_mean_have_their_root_mean_square_told_and_no_other_sigma():
    law = tables.default("ml-fnn", "relu").weights
    assert (law.mean, law.std) == pytest.approx((1 / 2, 1 / math.sqrt(12)), rel=EXACT)
    said = say(framework="ml-fnn")
    assert "The root mean square of a weight is 0.577/√*n*" in said
    assert "have that σ" not in said and "Their mean is counted into σ" in said
    assert "0.577 is 1/√3: numbers between −1/√*n* and 1/√*n* have that σ." in say()


def test_what_is_said_of_the_far_sigmoid_is_so_in_its_table():
    said, rows = names.about("sigmoid"), meant("sigmoid")
    exact = theme.number(ACTIVATIONS["sigmoid"].df(-40.0).item())
    assert f"both are {exact}." in said and f"{exact} and 0" in rows
    assert rows["0 and 0"][0] == "Chainer 7.8.1 `functions.sigmoid`"
    measured = tables.values()[lambda of: of["item"].isin(["sigmoid'(-40)", "sigmoid'(40)"])]
    left, right = (measured.loc[measured["item"] == f"sigmoid'({z})", "value"] for z in (-40, 40))
    assert f"which {(left > 0).sum()} of the {len(left)} functions here keep" in said
    assert (left > 0).sum() == len(left) - 1 and (right == 0).all()


def test_the_fine_print_says_how_near_a_measured_spread_is():
    """As a normal one of so many weights is: 0.14 percent is one standard error."""
    assert record.ENOUGH == 250_000 and 3.5 / math.sqrt(2 * record.ENOUGH) < 0.005
    assert "A measured σ is right to half a percent" in say()


def test_the_traps_are_said_with_measured_numbers():
    said = words.traps()
    silu = "the slope of `F.silu` is not a number, that of `F.swish` is 0."
    uniform = "`initializers.uniform` lies between 0 and 0.01"
    gates = "from 0.94 to 2×10⁻⁴"
    orthogonal = "from 0.87 to 0.001"
    clipped = "clipping to 1 leaves a norm of 10; PyTorch's 1.0."
    few = "0.34 at 16 channels and 0.045"
    for text in (
        few,
        "0.50.",
        "4.25×10⁻¹⁸",
        silu,
        uniform,
        gates,
        orthogonal,
        clipped,
    ):
        assert text in said, text


def test_by_muon_keras_moves_the_biases_of_attention_and_not_its_kernels():
    rows = tables.values()
    rows = rows[rows["item"] == "muon, share of entries that move alike"].set_index("call")["value"]
    assert rows["MultiHeadAttention, kernel"] > 0.9  # as Adam moves them
    assert max(rows["MultiHeadAttention, bias"], rows["Dense, kernel"]) < 0.2


# Clipping ----------------------------------------------------------------------------------------


def test_the_cases_are_those_that_the_probes_clip():
    assert clips.GIVEN.keys() == CASES.keys() == record.CLIPS.keys()
    assert clips.LIMIT == record.LIMIT
    for case, given in clips.GIVEN.items():
        for ours, theirs in zip(given, record.CLIPS[case], strict=True):
            assert np.array_equal(ours, theirs, equal_nan=True)


def test_every_call_was_given_every_case():
    rows = tables.clips()
    assert (rows.groupby(["framework", "call"])["case"].nunique() == len(CASES)).all()


@pytest.mark.parametrize(
    "case,result,verdict",
    [
        ("norms 3 and 4", "0.6; 0.8", "right"),
        ("norms 3 and 4", "0.5999999; 0.7999998", "right"),
        ("norms 3 and 4", "1; 1", "changed"),
        ("at the limit", "0.5999994; 0.7999992", "changed"),
        ("huge entries", "0.5 0.5 0.5 0.5; 1.5e-20 2e-20", "right"),
        ("huge entries", "0 0 0 0; 0 0", "destroyed"),
        ("huge entries", "0 0 0 0; 0.6 0.8", "destroyed"),
        ("an infinity", "nan 0 0; 0", "destroyed"),
        ("a NaN", "nan 1 2; 3", "changed"),
        ("a NaN", "nan nan nan; nan", "destroyed"),
        ("all zeros", "0; 0 0", "right"),
        ("all zeros", "nan; nan nan", "changed"),
    ],
)
def test_the_verdict(case, result, verdict):
    assert clips.verdict(case, result) == verdict


def test_clipping_by_name():
    came = clips.table("norms 3 and 4").set_index("comes out")["by"]
    assert "Keras 3.15.1 `SGD(clipnorm)`" in came["~ 1; 1"]
    assert "Keras 3.15.1 `SGD(global_clipnorm)`" in came["✓ 0.6; 0.8"]
    assert (
        "PyTorch"
        in clips.table("at the limit").set_index("comes out")["by"]["~ 0.5999994; 0.7999992"]
    )
    unclipped = clips.table("a NaN").set_index("comes out")["by"]["~ not a number, 1, 2; 3"]
    assert unclipped == "MindSpore 2.10.0 `ops.clip_by_global_norm`"
    huge = clips.matrix()[lambda of: of["case"] == CASES["huge entries"]]
    assert set(huge["verdict"]) == {"destroyed"}


def test_the_page_says_what_should_come_out():
    assert "Clipped as a whole they should be (0.60; 0.80)." in say()
    assert "there is no finite norm" in say(case="a NaN")


def test_a_gradient_that_is_within_a_factor_of_ten_again_is_said_to_be():
    kept = np.full((60, 1), -1.2)
    kept[:41], kept[50] = -0.5, -0.9
    run = SimpleNamespace(kept=kept)
    assert words._reach(run, 51).endswith("it is within it again at the 51 that you have set.")
    assert "again" not in words._reach(run, 52) and "again" not in words._reach(run, 41)


def test_a_fan_is_not_chosen_by_the_noise_of_a_sample():
    """Rows of one fan-in tell it from no fan by nothing."""
    rows = tables.weights()
    named = rows[rows["layer"].isin(["he_normal", "he_uniform", "lecun_normal"])]
    for _, of in named.groupby(["framework", "layer", "call"]):
        own = of["framework"].iloc[0] == "MXNet"  # its mean of both fans is what it asks for
        assert tables.law(of).follows == ("both fans" if own else "fan-in")
    lecun = names.table("lecun").set_index("σ√n")["20 layers"]
    assert lecun["0.88"] == "0.077" and lecun["1.00"] == "1.0"


def test_the_ends_of_a_distribution_say_one_number_in_every_table():
    """TensorFlow.js cuts at 2σ and does not make up for it: 0.88 everywhere, and its 20th power."""
    power = theme.from_log10(20 * math.log10(tables.CUT), 2)
    for name in ("truncated", "lecun"):
        effects = names.table(name).set_index(names.TOPICS[name].number)["20 layers"]
        assert effects["0.88"] == power


def test_a_layer_without_biases_has_none():
    for framework in tables.frameworks():
        found = tables.default(framework, "relu")
        rows = tables.weights()
        has = (rows["framework"] == framework) & (rows["layer"] == "dense bias")
        assert ("There are no biases." in words.drawn(found)) == (not has.any())
    assert "There are no biases." in words.drawn(tables.default("Penzai", "relu"))


@pytest.mark.parametrize("name", ["silu", "gelu", "tanh", "relu", "selu"])
@pytest.mark.parametrize("depth", [2, 60])
@pytest.mark.parametrize("width", [64, 256])
def test_at_the_scale_of_gain_one_the_gain_is_one(name, width, depth):
    scale = data.scale_of_gain_one(name, width, depth)
    square = float(np.mean(digits().x_train[: networks.EXAMPLES[width]] ** 2))
    profile = theory.depth_profile(
        ACTIVATIONS[name], depth=depth, sigma_w2=scale**2, input_square=square
    )
    assert np.log10(profile.gain[: depth - 1]).mean() == pytest.approx(0, abs=1e-3)


def test_an_own_layer_for_an_activation_is_the_default():
    assert tables.default("thinc", "silu").call == "Swish"
    assert tables.default("thinc", "silu").weights.std == pytest.approx(2**0.5, rel=0.005)
    layers = data.defaults_table().query("framework.str.startswith('thinc')")["layer"]
    assert list(layers) == ["`Linear`", "`Relu`", "`Gelu`", "`Swish`", "`Maxout`"]


def test_three_layers_tell_something_where_the_gradient_is_lost_by_then():
    tried = "tells nothing of thirty"
    for framework in tables.frameworks():
        run = data.default_run(framework, Setting("relu", 64, 0))
        ends = np.abs(run.kept[:, 0])
        lost = int(np.argmax(ends > 1)) if (ends > 1).any() else 99
        assert (tried in words._reach(run, 30)) == (3 <= lost < 30), framework


def test_a_gain_beyond_the_gauge_has_an_arrow():
    rows = data.gauge("ml-fnn", Setting("tanh", 256, 0), 30).set_index("name")
    assert rows.loc["ml-fnn", "says"].startswith("◂ ") and rows.loc["ml-fnn", "log10"] == LEFT
    assert not rows.loc["PyTorch", "says"].startswith("◂")
