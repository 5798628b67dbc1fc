"""The page on number formats: what a format keeps, by the core, and what its sentences say."""

import re
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest

from core import network
from core.formats import FORMATS, room, rounded, too_large
from pages.concepts.precision import charts, data, measure_seldom, words
from pages.concepts.precision.panel import PANEL, SCALE, SHOWN
from pages.kit import theme
from tests.app import open_page, prose, says, set_to, widget_of

say = partial(says, "precision")


def setting(activation="sigmoid", weights="xavier", depth=10, layer=1) -> data.Setting:
    return data.Setting(activation, weights, depth, 64, 0, "dz", layer)


def test_a_sigmoid_network_loses_layer_1_in_float16_and_a_loss_scale_saves_it():
    entries = data.sizes(setting())
    assert data.fate(entries, FORMATS["float16"])[0] > 0.99
    lost, _, over = data.fate(entries * 2.0**18, FORMATS["float16"])
    assert lost < 0.01 and over == 0
    assert data.fate(entries, FORMATS["bfloat16"])[0] == 0


def test_no_scale_holds_a_network_that_is_spread_too_wide():
    entries = data.sizes(setting("relu", "normal", 20, None))
    form = FORMATS["float16"]
    assert all(sum(data.fate(entries * 2.0**s, form)[::2]) > 0.1 for s in range(25))


def test_shares_of_the_live_chart_are_those_of_the_words():
    frame = data.fates(setting())
    for row in frame.itertuples():
        for name, said in zip(SHOWN, row.fates.split("|"), strict=True):
            lost, _, over = data.fate(data.sizes(setting()) * 2.0**row.scale, FORMATS[name])
            assert ("holds all" in said) == (lost == over == 0)
            assert (f"{theme.percent(lost)} becomes 0" in said) == (lost > 0)
            assert (f"{theme.percent(over)} too large" in said) == (over > 0)


def test_a_small_share_that_is_lost_is_not_nothing_nor_a_large_one_all():
    assert data._fate(1 / 2048, 0.0) == "0.049 % becomes 0"
    assert data._fate(0.0, 0.99990) == "over 99.99 % too large"
    assert data._fate(0.25, 1e-9) == "25 % becomes 0, under 0.01 % too large"


def test_bars_stand_where_the_scale_brings_them():
    """At 2⁻⁸ what is above the axis at 1 is on it."""
    wide = setting("identity", "normal", 20, 1)
    wide = replace(wide, width=128, quantity="dW", seed=8)
    at_scale, width = np.log2(data.sizes(wide)) + SCALE.low, charts.BIN
    bars = data.bars(wide)
    for left in range(50, charts.HIGH - width, width):
        share = np.mean((at_scale >= left) & (at_scale < left + width))
        found = bars.loc[bars["left"] == left - SCALE.low, "height"].sum()
        top = max(np.histogram(at_scale, np.arange(-300, 300, width))[0])
        assert found == pytest.approx(share * len(at_scale) / top)
    assert (bars["left"] > 58).any()


@pytest.mark.parametrize(
    "form,activation,zero",
    [
        ("float32", "sigmoid", 17),
        ("bfloat16", "sigmoid", 7),
        ("float16", "sigmoid", 9),
        ("bfloat16", "tanh", 4),
        ("float32", "tanh", 10),
        ("float64", "sigmoid", 37),
        ("float64", "tanh", 20),
    ],
)
def test_the_usual_formula_is_exactly_zero_from_here_on(form, activation, zero):
    """As PyTorch gives it on a processor."""
    assert data.first_zero(form, activation) == zero
    assert f"is exactly 0 from *z* = {zero} on" in say(
        form=FORMATS[form].label, slope=activation.capitalize()
    )


def test_the_same_formula_is_alive_far_on_the_other_side():
    left = data.slope_as_frameworks(np.array([-17.0, -88.0]), FORMATS["bfloat16"], "sigmoid")
    assert (left > 0).all()
    assert data.slope_without_loss(17.0, FORMATS["float32"], "sigmoid") == pytest.approx(
        4.1399e-8, rel=1e-3
    )


def test_a_weight_goes_too_far_down_and_not_up_at_all():
    large, small = (data.walks("bfloat16", 0).at(update) for update in (0.002, 0.001))
    assert (large.down[-1], large.up[-1]) == (0.609375, 1.0)
    assert small.down[-1] == small.up[-1] == 1.0
    frame = data.walk_frames("bfloat16", 0).set_index("update")
    assert frame.loc[0.002, "down"].split()[-1] == "0.6094"
    assert (
        "Downward it ends at 0.6094, where 0.8 is right; upward at 1, where 1.2 is right." in say()
    )


def test_sums_end_where_one_is_less_than_half_a_step():
    assert data.added_up("bfloat16", 1000) == 256
    assert data.added_up("float16", 5000) == 2048
    assert data.added_up("float32", 5000) == 5000


def test_the_product_sticks_at_the_smallest_number():
    told = prose(open_page("precision", answer="shown"))
    assert "It sticks at 5.96×10⁻⁸" in told and "from *n* = 32 on" in told


def test_the_committed_runs_tell_what_the_page_says_of_them():
    runs = data.runs()
    assert runs.groupby(["rate", "way", "seed"]).size().eq(9).all()
    for rate, worst in ((0.03, 0.9), (0.003, 0.2)):
        found = data.trained(rate).groupby("way")["median"].first()
        assert found["all in bfloat16"] > worst
        assert found["bfloat16, weights also in float32"] > found["all in float32"] - 0.05
    assert data.still(0.003)["all in bfloat16"] > 0.9 > 0.01 > data.still(0.003)["all in float32"]
    assert data.trained(0.003).groupby("way")["median"].first()["all in bfloat16"] < 0.5


@pytest.mark.slow
def test_the_committed_runs_can_be_made_again():
    from pages.concepts.precision import make_runs

    *_, last = make_runs.train(make_runs.WAYS[1], 0, 0.003)
    runs = data.runs()
    kept = runs[(runs["rate"] == 0.003) & (runs["way"] == "all in bfloat16") & (runs["seed"] == 0)]
    assert make_runs.accuracy(last.params) == pytest.approx(kept["accuracy"].iloc[0], abs=0.02)
    assert last.still[0] / last.asked[0] == pytest.approx(kept["still"].iloc[0], abs=0.01)


def test_what_devices_do_is_a_table_of_measured_numbers():
    found = data.devices().set_index("what")
    assert found.shape == (9, 5) and not found.isna().all(axis=1).any()
    assert "448" in words.devices().to_numpy()
    assert "an NVIDIA H200;" in words.about_devices()


def test_a_dead_network_has_nothing_to_round(monkeypatch):
    monkeypatch.setattr(data, "sizes", lambda of: np.array([]))
    at = SimpleNamespace(**PANEL.defaults)
    assert "the network is dead" in words.notes(at)[0]
    assert data.fate(np.array([]), FORMATS["float16"]) == (0, 0, 0)


@pytest.mark.parametrize("preset", PANEL.presets, ids=lambda preset: preset.name)
def test_a_preset_shows_what_its_comment_says(preset):
    at = SimpleNamespace(**PANEL.defaults | preset.values)
    if "slope" in preset.values:
        assert data.first_zero(at.form, at.slope) == 17
        assert words._true(17, at.slope) == pytest.approx(4e-8, rel=0.05)
        return
    if "update" in preset.values:
        assert "it ends at 1, where" in words.walks(at) and "upward at 1, where" in words.walks(at)
        return
    of, here = data.setting(at), SCALE.values().index(at.scale)
    lost, _, over = data.in_format(of, at.form)[here]
    least = data.in_format(of, at.form)[:, ::2].sum(axis=1).min()
    if preset.verdict == "bad":
        assert lost > 0.95 and least < 0.01  # a scale would save them
    elif preset.verdict == "good":
        assert lost + over < 0.01
    else:
        assert least > 0.1  # no scale does


def test_the_loss_scale_is_chosen_by_its_value():
    at = open_page("precision", precision_scale="16")
    box = widget_of(at, "precision_scale")
    assert box.options[box.index] == "65,536" and box.options[0] == "1/256"
    box.set_value(-8).run()
    assert set_to(at, "precision_scale") == -8


def test_a_power_ends_where_the_article_is_too_short_to_show_it():
    table = data.power_table(0.6).set_index("format")
    assert list(table.index) == list(SHOWN.values())
    once, steps = table["|w|ⁿ rounded once"], table["|w| multiplied step by step"]
    assert once["float16"] == "0 from n = 34 on" and once["float64"] == "0 from n = 1459 on"
    assert all(text.startswith("stuck at ") for text in steps)
    grown = data.power_table(1.6).set_index("format")["|w|ⁿ rounded once"]
    assert grown["float16"] == "∞ from n = 24 on"
    assert grown["float8 e4m3"] == "not a number from n = 14 on"
    assert data.power_table(1.0).set_index("format").loc["float16"].tolist() == [
        "never lost",
        "stays at 1 from n = 1 on",
    ]


@pytest.mark.parametrize("name", ["float8_e4m3fn", "float8_e5m2", "bfloat16"])
@pytest.mark.parametrize("w", [0.3, 0.6, 0.9, 1.05, 1.6, 2.0])
def test_powers_of_other_formats_end_where_rounding_them_says(name, w):
    form, end = FORMATS[name], {e.form.name: e for e in data.power_ends(w)}[name]
    n = np.arange(1, 3000)
    with np.errstate(over="ignore", under="ignore"):
        held = rounded(w**n, form)
    lost = (held == 0) | ~np.isfinite(held)
    assert end.n == n[lost][0]


def test_a_scale_of_float32_can_be_halved_so_often():
    scale, count = np.float32(2.0**16), 0
    while scale > 0:
        scale, count = scale / np.float32(2), count + 1
    assert data.halvings(16, FORMATS["float32"]) == count == 166
    assert "after 166 halvings, or after 143 where" in " ".join(words.scales().split())


def at_of(**values) -> SimpleNamespace:
    return SimpleNamespace(**PANEL.defaults | values)


def test_what_the_equation_says_is_true_of_the_numbers_that_it_shows():
    """At two digits 2.4×10⁻⁷ · 4,096 is more than 9.8×10⁻⁴, and is said not to be."""
    tried = 0
    for form in SHOWN:
        for scale in SCALE.values():
            for more in ({}, {"activation": "relu", "weights": "uniform_classic", "layer": "all"}):
                said = words.equation(at_of(form=form, scale=scale, depth=20, **more))
                half, size, factor, most = (
                    float(re.sub(r"10\^\{(-?\d+)\}", r"1e\1", text).replace(r" \times 1e", "e"))
                    for text in re.findall(
                        r"\}_\{((?:[^{}]|\{[^{}]*\})+)\}", said.replace("{,}", "")
                    )
                )
                assert (r"\;\not<\;" not in said) == (half < size * factor), said
                assert (r"\;\not\le\;" not in said) == (size * factor <= most), said
                tried += 1
    assert tried == 2 * len(SHOWN) * len(SCALE.values())


def test_where_no_update_moves_the_weight_adam_stands_still_too():
    assert "one of this size moves nothing" in words.walks(at_of(form2="bfloat16", update=0.001))
    assert "Adam" not in words.walks(at_of(form2="bfloat16", update=0.002))


@pytest.mark.parametrize("rate", [0.03, 0.003])
def test_updates_that_change_nothing_are_shown_by_layer(rate):
    table = data.still_by_layer(rate)
    assert list(table.columns) == ["layer 1", "layer 4", "layer 8", "output"]
    assert list(table.index) == list(data.still(rate).index)
    runs = data.runs()
    chosen = runs[
        (runs["rate"] == rate) & (runs["way"] == "all in bfloat16") & (runs["layer"] == 4)
    ]
    assert table.loc["all in bfloat16", "layer 4"] == theme.percent(float(chosen["still"].mean()))


EVERY = [
    at_of(form=form, activation=activation, weights=weights, depth=depth, width="16", quantity=of)
    for form in SHOWN
    for activation, weights, depth, of in (
        *(("sigmoid", "xavier", 10, "dz"), ("sigmoid", "xavier", 15, "dW")),
        *(("relu", "normal", 20, "dz"), ("identity", "normal", 20, "dW"), ("tanh", "he", 2, "dz")),
    )
]


@pytest.mark.parametrize("at", EVERY, ids=lambda at: f"{at.form} {at.activation} {at.quantity}")
@pytest.mark.parametrize("layer", ["1", "all"])
def test_that_a_scale_holds_all_entries_is_said_where_one_does(at, layer):
    at = SimpleNamespace(**vars(at) | {"layer": layer})
    told = " ".join(words.notes(at))
    shares = data.in_format(data.setting(at), at.form)[:, ::2].sum(axis=1)
    if "No scale holds them all" in told or "none of those here" in told:
        assert shares.min() > 0
    else:
        assert shares.min() == 0 and ": none of the entries" in told


def test_a_network_that_overflows_when_rounded_has_no_loss():
    at = at_of(activation="relu", weights="normal", depth=20, form="float16")
    found = data.by_layer(data.setting(at), at.form, at.scale, at.over)
    assert not found.finite and np.isinf(found.throughout).all()
    assert "there is no loss to start from" in words.layers(at)
    assert data.by_layer(data.setting(at), "bfloat16", 0, "lost").finite


@pytest.mark.parametrize("form", SHOWN)
def test_from_where_on_a_number_is_too_large(form):
    edge, lost = too_large(FORMATS[form])
    assert np.isfinite(rounded(np.nextafter(edge, 0), FORMATS[form]))
    assert not np.isfinite(rounded(np.nextafter(edge, np.inf), FORMATS[form]))
    assert lost == (form != "float8_e4m3fn")
    last = data.last_count(FORMATS[form])
    assert np.isfinite(rounded(last, FORMATS[form]))
    if last < 1e12:
        assert not np.isfinite(rounded(last + 1, FORMATS[form]))


def test_norms_and_powers_end_where_single_numbers_do():
    table = data.sums().set_index("format")
    assert table.loc["float16", "norm of 100,000 ones, added exactly"] == "316.25"
    assert table.loc["float16", "its squares in the format"] == "∞"
    assert table.loc["bfloat16", "1,000 ones"] == "256"
    assert data.flushed(0.6, FORMATS["float32"]) == 171
    assert data.last_above_zero("bfloat16", "sigmoid") == -88
    for form in SHOWN:  # one side goes blind first
        assert data.first_zero(form, "sigmoid") < -data.last_above_zero(form, "sigmoid")
    assert data.walks("float8_e5m2", 0).at(0.0005).copy[-1] == 1


def test_a_format_says_how_its_bits_are_shared():
    # one bit is the sign, and of the digits the first is left unsaid
    assert [form.bits - form.precision for form in FORMATS.values()] == [11, 8, 5, 8, 5, 4]
    assert all(form.source for form in FORMATS.values())


# Any layer, any format, cut or not ---------------------------------------------------------------


def test_any_layer_can_be_looked_at_and_one_too_many_is_the_last():
    of = data.setting(at_of(layer="7"))
    spec, params, _, trace, d_output = data._begun(of)
    own = np.abs(network.backward(spec, params, trace, d_output).dz[6].ravel())
    np.testing.assert_array_equal(data.sizes(of), own[own > 0])
    assert data.setting(at_of(layer="17")) == data.setting(at_of(layer="10"))
    assert "of the nonzero entries of dJ/dz of layer 10, the last one, **" in " ".join(
        words.finding(at_of(layer="17")).split()
    )
    assert "At layer 7 the exact" in words.layers(at_of(layer="7"))
    assert "At layer 1 the exact" in words.layers(at_of(layer="all"))
    assert len(data.sizes(data.setting(at_of(layer="all")))) == 10 * len(own)


def test_an_old_link_still_means_its_layers():
    for label, name in (("layer 1", "1"), ("all layers", "all")):
        assert set_to(open_page("precision", precision_layer=label), "precision_layer") == name


def test_float64_is_on_the_rulers_and_in_every_menu():
    assert list(SHOWN) == list(FORMATS)
    assert set(PANEL["form"].options) == set(PANEL["form2"].options) == set(FORMATS)
    (ruler,) = [r for r in data.rulers("float64").to_dict("records") if r["chosen"]][2:3]
    assert (ruler["label"], ruler["says"]) == ("float64", "normal")
    assert list(data.sums()["format"]) == list(SHOWN.values())
    told = say(form="float64", form2="float64")
    assert "becomes infinity" in told and "There is hardly anything to mend" in told
    found = data.by_layer(setting(), "float64", 0, "lost")
    assert np.isneginf(found.once).all() and (found.throughout < -12).all()


def test_what_is_too_large_is_cut_where_the_reader_says_so():
    wide = {"activation": "relu", "weights": "normal", "depth": 20, "form": "float16"}
    lost, cut = at_of(**wide), at_of(**wide, over="cut")
    assert "Those become infinite." in words.finding(lost)
    assert "Those become 65,504, the largest number: finite, and wrong." in words.finding(cut)
    found = data.by_layer(data.setting(cut), cut.form, cut.scale, cut.over)
    assert found.finite and np.isfinite(found.once).all()
    assert np.isinf(data.by_layer(data.setting(lost), lost.form, lost.scale, "lost").once).any()
    assert "finds none" in " ".join(words.notes(cut))
    wider = at_of(**wide | {"form": "float8_e5m2", "scale": 24, "over": "cut"})
    assert "Rounded once, to float8 e5m2, it differs by" in words.layers(wider)


def test_where_no_scale_keeps_any_entry_none_is_called_best():
    at = at_of(weights="uniform_classic", depth=20, width="16", form="float8_e4m3fn")
    assert "no scale from 2⁻⁸ to 2²⁴ keeps any: 100 % of the entries" in " ".join(words.notes(at))


# Seldom guessed ----------------------------------------------------------------------------------


def test_what_was_measured_has_version_and_day():
    found = data.seldom()
    assert tuple(found) == measure_seldom.COLUMNS
    assert set(found["library"]) == set(measure_seldom.LIBRARIES)
    assert not found.duplicated(["library", "item"]).any()
    assert found.groupby("library")[["version", "date"]].nunique().eq(1).all().all()


def test_libraries_do_not_agree_on_500_and_this_page_does_as_it_is_told():
    found = data.casts("lost")
    assert found.loc["ml_dtypes 0.6.0", "500 as e4m3"] == "not a number"
    assert found.loc["PyTorch 2.13.0", "500 as e4m3"] == "448"
    assert found.iloc[-1].tolist() == ["not a number", "not a number", "∞", "∞"]
    assert found.loc["MLX 0.32.4"].tolist() == ["448", "448", "–", "–"]  # it has no e5m2
    assert found.index[-1] == "this page: what is too large is lost"
    assert data.casts("cut").iloc[-1].tolist() == ["448", "448", "57,344", "57,344"]


def test_the_casts_here_are_those_of_ml_dtypes():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    if data.version("ml_dtypes") != f"ml_dtypes {ml_dtypes.__version__}":
        pytest.skip("another version was measured")
    for item, value in measure_seldom.ml_dtypes():
        np.testing.assert_equal(value, data.seen("ml_dtypes", item))


def test_vega_lite_still_draws_0_at_the_top():
    for item, value in measure_seldom.vega_lite():
        assert value == pytest.approx(data.seen("vl-convert", item))
    assert data.seen("vl-convert", "height of 0") == data.seen("vl-convert", "height of 1")


def test_a_count_ends_and_takes_the_mean_with_it():
    few, many = data.rows_seen()
    half = FORMATS["float16"]
    assert np.isfinite(rounded(few, half)) and np.isinf(rounded(many, half))
    assert data.seen("PyTorch", f"loss of {many} rows in float16") == 0
    assert data.seen("PyTorch", f"largest gradient of {many} rows in float16") == 0
    assert data.seen("PyTorch", f"loss of {few} rows in float16") == pytest.approx(
        np.log(2), rel=0.01
    )
    assert "e5m2 a count above 61,439 becomes infinite" in words.seldom("float8_e5m2", "lost")
    assert "a count above 464 becomes not a number" in words.seldom("float8_e4m3fn", "lost")
    assert "more rows than there are" in words.seldom("float64", "lost")


def test_the_gradient_of_a_norm_ends_where_its_slope_leaves_the_format():
    for size in measure_seldom.SPREADS:
        slope = rounded(0.5 * (size**2 + 1e-5) ** -1.5, FORMATS["float16"])
        assert np.isfinite(slope) == data.seen("JAX", f"finite gradient of {size:g}")
    loud = rounded(np.float64(3 * measure_seldom.LOUD**2), FORMATS["float16"])
    assert np.isinf(loud) and np.isnan(data.seen("JAX", f"gelu'({measure_seldom.LOUD})"))
    assert "the mean is too large" in words.seldom("float16", "cut")


def test_dropout_drops_what_its_format_can_draw():
    dropped = data.seen("TensorFlow", f"dropped at rate {measure_seldom.RATE:g} in bfloat16")
    assert measure_seldom.RATE < 1 / 128 == pytest.approx(dropped, abs=3e-4)
    kept = rounded(1 / (1 - measure_seldom.RATE), FORMATS["bfloat16"])
    mean = data.seen("TensorFlow", f"mean after rate {measure_seldom.RATE:g} in bfloat16")
    assert mean == pytest.approx((1 - dropped) * kept, rel=1e-6)
    told = f"A rate of 0.1 % drops {theme.percent(dropped)}; {theme.number(mean)} of the signal"
    assert told in " ".join(words.rate_rounded_up().split())


def test_a_group_norm_loses_its_way_back_where_one_over_its_cube_ends():
    def off(size, how):
        return data.seen("PyTorch", f"group norm of {size:g} in float16, error by {how}")

    small, large = measure_seldom.GROUPED
    assert np.isinf(rounded(np.float64(small**-3), FORMATS["float16"]))
    assert rounded(np.float64(large**-3), FORMATS["float16"]) == 0
    assert np.isnan(off(small, "torch.func")) and off(large, "torch.func") > 0.1
    assert max(off(size, "backward()") for size in (small, large)) < 2**-10
    said = " ".join(words.no_way_back().split())
    assert f"that of `torch.func` by {theme.percent(off(large, 'torch.func'))}; at 0.01" in said


def test_a_norm_explodes_where_the_square_of_the_mean_leaves_no_room_for_the_variance():
    near, far = measure_seldom.MEANS
    assert np.spacing(np.float32(far**2)) == 0.25 and np.spacing(np.float32(near**2)) < 1e-3
    for what in ("normalized", "gradient"):
        assert data.seen("Flax", f"{what} about {near}") == pytest.approx(1, abs=0.01)
    only_epsilon = 1e-6**-0.5
    assert data.seen("Flax", f"normalized about {far}") == pytest.approx(only_epsilon, rel=0.01)
    assert data.seen("Flax", f"gradient about {far}") > 1e7
    assert "ones of deviation 1,000, and a gradient 8.8" in words.norm_of_a_large_mean()


def test_one_side_of_the_slope_is_dead_as_the_core_says():
    for z, form, library in ((17, "float32", "PyTorch"), (7, "bfloat16", "PyTorch")):
        for side in (z, -z):
            own = float(data.slope_as_frameworks(np.float64(side), FORMATS[form], "sigmoid"))
            seen = data.seen(library, f"sigmoid'({side}) in {form}")
            assert seen == pytest.approx(own, rel=1e-2), (side, form)
    assert data.seen("ONNX Runtime", "sigmoid(-17)") > data.seen("ONNX Runtime", "sigmoid(-16)")


def test_the_switch_reached_half_of_the_products():
    late, early, all_of_them = (
        data.seen("PyTorch", item)
        for item in (
            "made 0 by a switch thrown late",
            "made 0 by a switch thrown early",
            "subnormal products",
        )
    )
    assert late == all_of_them / 2 and early == all_of_them


def test_a_library_writes_its_rows_in_place_of_the_old_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(measure_seldom, "FILE", tmp_path / "seldom.csv")
    for name, version in (("PyTorch", "1"), ("JAX", "1"), ("PyTorch", "2")):
        measure_seldom.write(name, {"version": version, "found": {"x": "1"}})
    lines = measure_seldom.FILE.read_text("utf-8").splitlines()
    assert [line.split(",")[:2] for line in lines[1:]] == [["JAX", "1"], ["PyTorch", "2"]]


def test_the_log_axis_has_its_zeros():
    found = data.log_axis()
    assert (found["held"] == 0).sum() == 4 and found["held"].iloc[0] == 1
    assert found.loc[found["held"] == 0, "says"].eq("0").all()


def test_scales_that_lose_as_much_are_named_together():
    tied = {"form": "bfloat16", "activation": "relu", "weights": "normal", "depth": 3, "layer": 3}
    assert "all scales from 2⁻⁸ to 2²⁴ lose as much: 9 %" in " ".join(say(**tied).split())
    assert "loses least of all" not in say(**tied)


def test_a_power_sticks_where_the_factor_as_it_is_held_is_above_a_half():
    for w in np.round(np.arange(0.3, 1.0, 0.01), 2):
        ends = {end.form.name: end for end in data.power_ends(float(w))}
        for name in SHOWN:
            held, end = float(rounded(np.float64(w), FORMATS[name])), ends[name]
            assert (end.steps > 0) == (held > 0.5), (name, w)
            assert (end.steps == 1) == (held == 1), (name, w)
    normal = rounded(np.float64(0.95), FORMATS["float8_e4m3fn"]) * 2.0**-6
    assert rounded(normal, FORMATS["float8_e4m3fn"]) == 2.0**-6, "stuck, and not subnormal"


@pytest.mark.parametrize("name", SHOWN)
def test_where_the_slope_is_0_the_value_as_it_is_computed_is_1(name):
    form = FORMATS[name]
    zero = data.first_zero(name, "sigmoid")
    assert rounded(data._sigmoid(np.float64(zero), form), form) == 1
    assert rounded(data._sigmoid(np.float64(zero - 1), form), form) < 1


SPAN = re.compile(
    r"span ([\d.]+) powers of two; .* has room for ([\d.,]+)\. (.+) holds? them all(.*)"
)


@pytest.mark.parametrize(
    "form, activation, weights, depth, seed",
    [
        ("float8_e5m2", "sigmoid", "xavier", 10, 0),
        ("float8_e4m3fn", "identity", "normal", 5, 0),
        ("float16", "gelu", "xavier", 2, 8),
        ("float16", "identity", "he", 10, 8),
    ],
)
def test_a_scale_holds_no_wider_span_than_the_format(form, activation, weights, depth, seed):
    at = at_of(
        form=form, activation=activation, weights=weights, depth=depth, seed=seed, layer="all"
    )
    for width in ("16", "64"):
        note = words.notes(SimpleNamespace(**vars(at) | {"width": width}))[0]
        span, has, which, between = SPAN.search(" ".join(note.split())).groups()
        spare = float(has.replace(",", "")) - float(span)
        assert spare >= 0 if which == "Some scale" or "between" in between else spare <= 0
        assert which in ("Some scale", "No scale", "No power of two")


@pytest.mark.parametrize("name", SHOWN)
def test_the_room_of_a_format_ends_where_numbers_do(name):
    form = FORMATS[name]
    between = np.log2(form.largest) - np.log2(form.smallest)
    if name != "float64":  # whose half of the smallest no number of NumPy is
        assert rounded(np.nextafter(form.smallest / 2, 1), form) == form.smallest
    assert 1 <= room(form) - between < 1.2


@pytest.mark.parametrize("w", [-1.0, -0.9, -1.5])
def test_the_table_of_powers_is_of_sizes(w):
    both = [data.power_table(x).drop(columns="format") for x in (w, -w)]
    assert both[0].equals(both[1])
    assert all("|w|" in column for column in both[0])


def test_a_count_that_ends_nowhere_near_does_not_end_at_infinity():
    said = words._count(FORMATS["bfloat16"], "lost")
    assert f"up to {words._exact(FORMATS['bfloat16'].largest)}," in said


def test_each_line_of_the_weights_walk_has_its_name():
    said = {
        step["calculate"].strip("'·╍━ ")
        for layer in charts.walks().to_dict(validate=False)["layer"]
        for step in layer.get("transform", [])
        if step.get("as") in ("name", "text")
    }
    assert said == {"right", "with a float32 copy", "by chance", "up", "down"}


def test_a_scale_between_two_powers_of_two_may_hold_them_all():
    at = at_of(form="float8_e4m3fn", activation="identity", weights="xavier", width="16")
    entries, form = data.sizes(data.setting(at)), FORMATS["float8_e4m3fn"]
    assert not len(data.fitting(entries, form))
    lost, _, over = data.fate(entries * 2.0**11.5, form)
    assert lost == over == 0
    note = " ".join(words.notes(at)[0].split())
    assert "No power of two holds them all, though a scale between two of them would." in note


def test_scales_that_lose_as_many_entries_are_all_the_least():
    """Shares that are added up differently may differ in their last digit, and say the same."""
    of = {"form": "float8_e4m3fn", "activation": "leaky_relu", "weights": "uniform_classic"}
    at = at_of(**of, depth=10, width="16", quantity="dW", layer="all")
    form, entries = FORMATS[at.form], data.sizes(data.setting(at))
    held = [rounded(entries * 2.0**scale, form) for scale in SCALE.values()]
    lost = [int(np.sum((x == 0) | ~np.isfinite(x))) for x in held]
    best = [power for power, n in zip(SCALE.values(), lost, strict=True) if n == min(lost)]
    assert len(best) == 2
    note = " ".join(words.notes(at)[1].split())
    assert f"from {words.power(best[0])} to {words.power(best[1])} lose the least of all" in note


def test_what_the_histogram_has_no_place_for_is_said():
    wide = {"activation": "softplus", "weights": "normal", "depth": 5, "width": 16, "layer": 5}
    asked = wide | {"quantity": "dW", "seed": 1323, "scale": 16}
    assert "The axis ends before 1" in say(**asked)
    of = data.Setting("softplus", "normal", 5, 16, 1323, "dW", 5)
    scaled = data.sizes(of) * 2.0**16
    beyond = ((scaled < 2.0**-160) | (scaled > 2.0**64)).mean()
    assert data.off_the_axis(of, 16) == beyond > 0.1
    assert "The axis ends" not in say()


def test_a_walk_by_chance_that_leaves_its_chart_is_told():
    large = data.UPDATE.values()[-1]
    path = data.walks("float8_e5m2", 0).at(large).chance
    drawn = data.walk_frames("float8_e5m2", 0).query("update == @large")["chance"].item()
    assert [float(x) for x in drawn.split()] == pytest.approx(path, abs=1e-4)
    told = "below the chart" in say(form2="float8_e5m2", update=large)
    assert told == (path.min() < -0.1)
    assert "below the chart" not in say(form2="bfloat16", update=large)


def test_the_ends_of_the_table_of_sizes_are_open():
    """What the chart has no place for is in the table's outer rows, and they say so."""
    at = at_of(activation="relu", weights="normal", scale=24, depth=PANEL["depth"].high)
    rows = data.histogram(at)
    exponents = np.log2(data.sizes(data.setting(at))) + at.scale
    assert rows["below_2_to_the"].iloc[-1] == np.inf
    for low, high, share in rows.itertuples(index=False):
        there = (exponents >= low) & (exponents < high)
        assert share == pytest.approx(there.mean(), abs=1e-12)


@pytest.mark.parametrize("scale", [-5, 0, 7])
def test_the_table_of_sizes_has_the_charts_bars(scale):
    at = at_of(scale=scale)
    rows, bars = data.histogram(at), data.bars(data.setting(at))
    edges = bars["left"].to_numpy() + scale
    inner = rows[np.isfinite(rows["from_2_to_the"]) & np.isfinite(rows["below_2_to_the"])]
    assert len(inner) > 5 and np.isin(inner["from_2_to_the"], edges).all()
    heights = bars["height"].to_numpy()[np.searchsorted(edges, inner["from_2_to_the"])]
    entries = inner["entries"].to_numpy()
    assert entries / entries.max() == pytest.approx(heights / heights.max())


@pytest.mark.parametrize(
    "w,said,crosses",
    [
        (0.0, "the chart has nothing to mark", 0),
        (-1.0, "there is no cross", 0),
        (0.6, "are named. Step by step", 6),
        (0.99, "ends, it is lost in float64, float32, float16 and bfloat16.", 2),
        (1.01, "it is lost in float64, float32 and bfloat16.", 3),
    ],
)
def test_what_is_said_of_the_crosses_is_what_the_chart_has(w, said, crosses):
    assert said in words.powers(w)
    lost = data.power(w)["lost"]
    assert len(lost) == crosses and np.isfinite(lost["log10"].astype(float)).all()
