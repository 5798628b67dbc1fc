"""The page on number formats: what a format keeps, by the core, and what its sentences say."""

from types import SimpleNamespace

import numpy as np
import pytest

from core.formats import FORMATS, rounded
from pages.concepts.precision import data, words
from pages.concepts.precision.panel import PANEL, SCALE, SHOWN
from pages.kit import theme
from tests.app import open_page, prose, set_to, widget_of


def say(**query) -> str:
    return prose(open_page("precision", **{f"precision_{k}": str(v) for k, v in query.items()}))


def setting(activation="sigmoid", weights="xavier", depth=10, layer="first") -> data.Setting:
    return data.Setting(activation, weights, depth, 64, 0, "dz", layer)


def test_a_sigmoid_network_loses_layer_1_in_float16_and_a_loss_scale_saves_it():
    entries = data.sizes(setting())
    assert data.fate(entries, FORMATS["float16"])[0] > 0.99
    lost, _, over = data.fate(entries * 2.0**18, FORMATS["float16"])
    assert lost < 0.01 and over == 0
    assert data.fate(entries, FORMATS["bfloat16"])[0] == 0


def test_no_scale_holds_a_network_that_is_spread_too_wide():
    entries = data.sizes(setting("relu", "normal", 20, "all"))
    form = FORMATS["float16"]
    assert all(sum(data.fate(entries * 2.0**s, form)[::2]) > 0.1 for s in range(25))


def test_shares_of_the_live_chart_are_those_of_the_words():
    frame = data.fates(setting())
    for row in frame.itertuples():
        for name, lost in zip(SHOWN, row.lost.split(), strict=True):
            exact = data.fate(data.sizes(setting()) * 2.0**row.scale, FORMATS[name])[0]
            assert float(lost) == pytest.approx(100 * exact, abs=0.051)


@pytest.mark.parametrize(
    "form,activation,zero",
    [
        ("float32", "sigmoid", 17),
        ("bfloat16", "sigmoid", 7),
        ("float16", "sigmoid", 9),
        ("bfloat16", "tanh", 4),
        ("float32", "tanh", 10),
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
    form = FORMATS["bfloat16"]
    assert data.walk(form, 0.002, up=False)[-1] == 0.609375
    assert data.walk(form, 0.002, up=True)[-1] == 1.0
    assert data.walk(form, 0.001, up=False)[-1] == data.walk(form, 0.001, up=True)[-1] == 1.0
    frame = data.walks("bfloat16", 0).set_index("update")
    assert frame.loc[0.002, "down"].split()[-1] == "0.6094"
    assert "Down it goes to 0.6094, where 0.8 is right; up to 1, where 1.2 is right." in say()


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
        assert "goes to 1, where" in words.walks(at) and "up to 1, where" in words.walks(at)
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
    table = data.power_ends(0.6).set_index("format")
    once = table["wⁿ rounded once"]
    assert list(once) == ["0 from n = 34", "0 from n = 204", "0 from n = 1459"]
    steps = table["multiplied step by step"]
    assert all(text.startswith("stuck at ") for text in steps)
    assert "∞ from n = 24" in data.power_ends(1.6).iloc[0, 1]


def test_a_scale_of_float32_can_be_halved_so_often():
    scale, count = np.float32(2.0**16), 0
    while scale > 0:
        scale, count = scale / np.float32(2), count + 1
    assert data.halvings(16, FORMATS["float32"]) == count == 166
    assert "after 166 halvings, or after 143 where" in " ".join(words.scales().split())


def at_of(**values) -> SimpleNamespace:
    return SimpleNamespace(**PANEL.defaults | values)


def test_where_no_update_moves_the_weight_adam_stands_still_too():
    assert "Adam" in words.walks(at_of(form2="bfloat16", update=0.001))
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
@pytest.mark.parametrize("layer", ["first", "all"])
def test_that_a_scale_holds_all_entries_is_said_where_one_does(at, layer):
    at = SimpleNamespace(**vars(at) | {"layer": layer})
    told = " ".join(words.notes(at))
    shares = data.in_format(data.setting(at), at.form)[:, ::2].sum(axis=1)
    if "So no scale holds them all" in told or "none of those here" in told:
        assert shares.min() > 0
    else:
        assert shares.min() == 0 and ": none of the entries" in told


def test_a_network_that_overflows_when_rounded_has_no_loss():
    at = at_of(activation="relu", weights="normal", depth=20, form="float16")
    found = data.by_layer(data.setting(at), at.form, at.scale)
    assert not found.finite and np.isinf(found.throughout).all()
    assert "there is no loss to start from" in words.layers(at)
    assert data.by_layer(data.setting(at), "bfloat16", 0).finite


@pytest.mark.parametrize("form", SHOWN)
def test_from_where_on_a_number_is_too_large(form):
    edge, lost = data.too_large(FORMATS[form])
    assert np.isfinite(rounded(np.nextafter(edge, 0), FORMATS[form]))
    assert not np.isfinite(rounded(np.nextafter(edge, np.inf), FORMATS[form]))
    assert lost == (form != "float8_e4m3fn")


def test_norms_and_powers_end_where_single_numbers_do():
    table = data.sums().set_index("format")
    assert table.loc["float16", "norm of 100,000 ones"] == "316.25"
    assert table.loc["float16", "its squares in the format"] == "∞"
    assert table.loc["bfloat16", "1,000 ones"] == "256"
    assert data.flushed(0.6, FORMATS["float32"]) == 171
    assert data.last_above_zero("bfloat16", "sigmoid") == -88
    for form in SHOWN:  # one side goes blind first
        assert data.first_zero(form, "sigmoid") < -data.last_above_zero(form, "sigmoid")
    assert data.copied(FORMATS["float8_e5m2"], 0.0005) == 1


def test_a_format_says_how_its_bits_are_shared():
    bits = {name: form.exponent_bits for name, form in FORMATS.items()}
    assert list(bits.values()) == [11, 8, 5, 8, 5, 4]
    assert all(form.source for form in FORMATS.values())
