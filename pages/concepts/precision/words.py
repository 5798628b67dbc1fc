"""Sentences of the page on number formats."""

import math

import numpy as np
import pandas as pd

from core.formats import FORMATS, Format, room, too_large
from core.scalar_chain import power_end
from pages.concepts.precision import data
from pages.concepts.precision.charts import POWERS, WEIGHTS
from pages.concepts.precision.measure_seldom import GROUPED, LOUD, MEANS, RATE, SPREADS
from pages.concepts.precision.panel import PANEL, SCALE
from pages.kit import theme
from pages.kit.memoize import memoize
from pages.kit.prose import fill

USUAL_SCALE = 16  # the power of two that PyTorch begins with; Keras with 15
SMALL_NORM = 0.01  # of a gradient that is clipped before the scale is divided away
LAYERS = 15  # of the article's network, whose slopes multiply


def power(exponent: int) -> str:
    """2 to a power: 2¹⁶."""
    return f"2{theme.superscript(exponent)}"


def _share(share: float, verb: str) -> str:
    return f"{'none' if not share else 'all' if share == 1 else theme.percent(share)} {verb}"


def digits() -> str:
    """What two formats of 16 bits share out between digits and exponents."""
    half, brain = FORMATS["float16"], FORMATS["bfloat16"]
    return fill(
        """float16 has {digits} binary digits and exponents from {low} to {high}; bfloat16 has
        {fewer} digits and, like float32, exponents from {lowest} to {highest}. Below its lowest
        exponent a format goes on with ever fewer digits, in **subnormal** numbers.""",
        digits=half.precision,
        low=theme.setting(half.lowest),
        high=half.highest,
        fewer=brain.precision,
        lowest=theme.setting(brain.lowest),
        highest=brain.highest,
    )


def finding(at) -> str:
    """What the chosen format does to these gradients at this loss scale."""
    form, here = FORMATS[at.form], SCALE.values().index(at.scale)
    lost, subnormal, over = data.in_format(data.setting(at), at.form)[here]
    so = f" Those become {_what_is_too_large(form, at.over)}." if over else ""
    return fill(
        """In {form}, with the loss times {scale}, of the nonzero entries of {gradient} **{lost}**,
        {subnormal} and **{over}**.{so} On the rulers blue becomes 0, gray is subnormal (held with
        fewer digits), green is held, orange is too large.""",
        scale=power(at.scale),
        gradient=f"{PANEL['quantity'].shown(at.quantity)} of {_layer(at)},",
        form=form.label,
        lost=_share(lost, "become 0"),
        subnormal=_share(subnormal, "are subnormal"),
        over=_share(over, "are too large"),
        so=so + _off_the_axis(data.off_the_axis(data.setting(at), at.scale)),
    )


def _off_the_axis(share: float) -> str:
    """What the histogram has no place for."""
    if not share:
        return ""
    return f" The axis ends before {theme.percent(share)} of them."


def _layer(at) -> str:
    """Which layers are looked at: the last one, where the network has no such."""
    if at.layer == "all":
        return "all layers"
    return f"layer {at.depth}, the last one" if int(at.layer) > at.depth else f"layer {at.layer}"


def _what_is_too_large(form: Format, over: str) -> str:
    """What becomes of it."""
    if over == "cut":
        return f"{_exact(form.largest)}, the largest number: finite, and wrong"
    return "infinite" if np.isinf(form.overflow) else "not a number (NaN)"


def equation(at) -> str:
    """The typical entry, scaled, beside the ends of the chosen format."""
    entries, form = data.sizes(data.setting(at)), FORMATS[at.form]
    middle = float(np.median(np.log10(entries))) if len(entries) else -np.inf
    scaled = middle + at.scale * np.log10(2)
    lowest, highest = np.log10(form.smallest) - np.log10(2), np.log10(form.largest)
    digits = _telling_apart(middle, scaled, (lowest, highest))
    typical = theme.term("dark", r"|g|", theme.tex(middle, digits))
    factor = theme.term("reference", rf"2^{{{at.scale}}}", theme.tex(at.scale * np.log10(2), 2))
    half = theme.term("vanishing", r"\tfrac12\min", theme.tex(lowest, digits))
    largest = theme.term("exploding", r"\max", theme.tex(highest, digits))
    below = r"<" if lowest < scaled else r"\not<"
    above = r"\le" if scaled <= highest else r"\not\le"
    return theme.displayed(rf"{half}\;{below}\;{typical}\cdot{factor}\;{above}\;{largest}")


def _telling_apart(size: float, scaled: float, ends: tuple[float, float]) -> int:
    """With how many digits the relations between the numbers that are printed are true: 2 to 6.

    All are log₁₀; `scaled` is `size` times a factor that is printed in full.
    """

    def rounded(log10: float, digits: int) -> float:
        mantissa = log10 - math.floor(log10)
        return math.log10(round(10**mantissa, digits - 1)) + math.floor(log10)

    def apart(digits: int) -> bool:
        shown = rounded(size, digits) + scaled - size
        return all((shown > rounded(end, digits)) == (scaled > end) for end in ends)

    if not math.isfinite(size):
        return 2
    return next((digits for digits in range(2, 6) if apart(digits)), 6)


def notes(at) -> list[str]:
    """What to notice: the spread, the best scale, subnormals, zeros."""
    entries, form = data.sizes(data.setting(at)), FORMATS[at.form]
    if not len(entries):
        return ["Every entry is 0 before any format has rounded it: the network is dead."]
    low, high = np.log2(entries.min()), np.log2(entries.max())
    spread = fill(
        """The entries span {spread} powers of two; {form} has room for {room}. {so}""",
        spread=f"{high - low:.1f}",
        form=form.label,
        room=f"{room(form):,.1f}",
        so=_so(data.fitting(entries, form), high - low < room(form)),
    )
    scales = SCALE.values()
    shares = data.in_format(data.setting(at), at.form)[:, ::2].sum(axis=1)
    lost = np.rint(shares * len(entries))  # as numbers of entries, to be compared
    least, best = float(lost.min() / len(entries)), np.flatnonzero(lost == lost.min())
    ends = [power(int(scales[i])) for i in best[[0, -1]]]
    loses = theme.percent(least) if least else "none"
    here = f"from {power(scales[0])} to {power(scales[-1])}"
    scale = fill(
        """In {form} {best}: {share} of the entries become 0 or are too large. The gradients are
        divided by the scale again before the step, in {single}.""",
        best=f"no scale {here} keeps any"
        if least == 1
        else (f"all scales {here} lose as much" if least else f"any scale {here} will do")
        if len(best) == len(scales)
        else f"a scale of {ends[0]} loses the least of all scales {here}"
        if len(best) == 1
        else f"scales from {ends[0]} to {ends[1]} lose the least of all {here}"
        if best[-1] - best[0] == len(best) - 1
        else f"{len(best)} scales from {ends[0]} to {ends[1]} lose the least of all {here}",
        form=form.label,
        share=loses,
        single="float64" if form.name == "float64" else "float32",
    )
    subnormal = fill(
        """The smallest normal number of {form} is {normal}, the smallest **subnormal** one
        {smallest}. Half of that, and less, becomes 0.""",
        normal=theme.number(form.smallest_normal, 2),
        form=form.label,
        smallest=theme.number(form.smallest, 2),
    )
    over = "infinity" if np.isinf(form.overflow) else "not a number, as it has no infinity"
    if at.over == "cut":
        over = "that number, infinity too: a step that looks for infinities finds none"
    edge, lost = too_large(form)
    edge_says, largest = _exact(edge), _exact(form.largest)
    near = f"from {edge_says} on" if lost else f"above {edge_says}"
    beyond = f", {near}," if np.isfinite(edge) and edge_says != largest else ""
    large = (
        f"The largest number of {form.label} is {largest}. What would round to more{beyond} "
        f"becomes {over}."
    )
    return [spread, scale, subnormal, large]


def _exact(x: float) -> str:
    """The end of a format: all digits of it, or five of a long one."""
    return f"{x:,.0f}" if x < 1e5 else theme.number(x, 5)


def _so(fitting: np.ndarray, has_room: bool) -> str:
    """Whether a scale holds all entries: the powers of two that do, or one between them."""
    if not len(fitting) and has_room:
        return "No power of two holds them all, though a scale between two of them would."
    if not len(fitting):
        return "No scale holds them all: scaling is a shift, not a cure for a wide spread."
    here = np.isin(fitting, SCALE.values()).any()
    return "Some scale holds them all" + ("." if here else ", though none of those here.")


def layers(at) -> str:
    """Rounding once against rounding throughout, at the layer that is looked at, or layer 1."""
    layer = data.setting(at).layer or 1
    found, i = data.by_layer(data.setting(at), at.form, at.scale, at.over), layer - 1
    if not np.isfinite(found.exact[i]):
        return f"No gradient reaches layer {layer}, so there is nothing to round."
    return fill(
        """At layer {layer} the exact ‖dJ/dz‖ is {exact}. Rounded once, to {form}, it
        {once}; with every result of both passes rounded, weights and activations too,
        {throughout}.""",
        layer=layer,
        exact=theme.from_log10(found.exact[i]),
        form=FORMATS[at.form].label,
        once=_away(found.once[i], found.once_lost[i]),
        throughout=f"it {_away(found.throughout[i], found.throughout_lost[i])}"
        if found.finite
        else "the output is infinite or not a number, and there is no loss to start from",
    )


def _away(log10: float, lost: bool) -> str:
    if lost:
        return "is 0: all of it is lost"
    if log10 == np.inf:
        return "is beyond what the format has"
    if log10 == -np.inf:
        return "is what it was"
    if log10 > 1e-9:
        return "differs by more than its own size"
    if log10 < -4:  # of which whole percents say nothing
        return f"differs by {theme.from_log10(log10 + 2, 2)} %"
    return f"differs by {theme.percent(10**log10)}"


def slopes(at) -> str:
    """Where the usual formula is 0, and what fifteen layers there make of it."""
    zero = data.first_zero(at.form, at.slope)
    form, name = FORMATS[at.form], {"sigmoid": "σ′", "tanh": "tanh′"}[at.slope]
    other = float(data.slope_without_loss(np.float64(zero), form, at.slope))
    usual = {"sigmoid": "s(1 − s)", "tanh": "1 − t²"}[at.slope]
    mirrored = float(data.slope_as_frameworks(np.float64(-zero), form, at.slope))
    mirror = {
        "sigmoid": f"At *z* = −{zero} the same formula gives {theme.number(mirrored)}, and it is "
        f"above 0 down to *z* = −{-data.last_above_zero(at.form, at.slope)}: one "
        "side goes blind first.",
        "tanh": f"At *z* = −{zero} it is {theme.number(mirrored)} too.",
    }[at.slope]
    return fill(
        """In {form} {usual} is exactly 0 from *z* = {zero} on, counting in whole numbers: the
        computed {value} is 1 there. {mirror} The true {name}({zero}) is {true}; {other_formula}
        gives {other}. Multiplied exactly over {layers} layers at this *z*, the first makes 0, the
        second {product}: vanishing by algebra.""",
        form=form.label,
        usual=usual,
        zero=zero,
        value={"sigmoid": "s", "tanh": "t"}[at.slope],
        mirror=mirror,
        name=name,
        true=theme.number(_true(zero, at.slope)),
        other_formula={"sigmoid": "σ(z)·σ(−z)", "tanh": "4σ(2z)·σ(−2z)"}[at.slope],
        other=theme.number(other),
        layers=LAYERS,
        product=theme.from_log10(LAYERS * np.log10(other)) if other else "0 as well",
    )


def _true(z: float, activation: str) -> float:
    k = 1.0 if activation == "sigmoid" else 2.0
    return float(k * k / ((1 + np.exp(-k * z)) * (1 + np.exp(k * z))))


def walks(at) -> str:
    """Where a hundred updates have led, in the format and with the remedies."""
    form = FORMATS[at.form2]
    found = data.walks(at.form2, at.seed).at(at.update)
    right = data.STEPS * at.update
    return fill(
        """A weight of 1 in {form}, {steps} updates of {update}. Downward it ends at {down}, where
        {right} is right; upward at {up}, where {right_up} is right. {why} {remedies}""",
        form=form.label,
        steps=data.STEPS,
        update=theme.setting(at.update),
        down=_plain(float(found.down[-1])),
        right=_plain(1 - right),
        up=_plain(float(found.up[-1])),
        right_up=_plain(1 + right),
        remedies="There is hardly anything to mend."
        if form.precision >= FORMATS["float32"].precision
        else fill(
            """A copy in float32 that is rounded only to be used goes down to {copy}, and rounding
            up or down by chance is right on average.{off}""",
            copy=_plain(float(found.copy[-1])),
            off=_below_the_axis(found.chance.min()),
        ),
        why=_why(form, float(found.down[1]), float(found.up[1])),
    )


def _below_the_axis(least: float) -> str:
    """Where rounding by chance leads out of the chart."""
    if least >= WEIGHTS[0]:
        return ""
    return f" Here chance led down to {theme.setting(least)}, below the chart."


def _plain(x: float) -> str:
    """A number of four digits, without the zeros at its end."""
    digits, times, power = theme.number(x, 4).partition("×")
    return (digits.rstrip("0").rstrip(".") if "." in digits else digits) + times + power


def _why(form, down: float, up: float) -> str:
    gap = f"The next number above 1 is {_plain(form.epsilon)} away, the next below it half of that."
    if down == 1 and up == 1:
        return (
            f"{gap} Less than half of the way rounds back: the weight never moves. Adam's updates "
            "are about as large as its learning rate: one of this size moves nothing either."
        )
    if up == 1:
        return f"{gap} So the same update moves it down and not up."
    return f"{gap} Each update lands on the nearest number, not where it aims."


def trained_so() -> str:
    """What was trained, by the committed runs."""
    runs = data.runs()
    return fill(
        """Networks of {layers} ReLU layers learn the digits, by {steps} steps of plain SGD, with
        their numbers kept in {ways} ways. Updates that change nothing do not always matter: what
        remains may point the same way. Below, medians of {seeds} seeds; of each layer's updates
        whose gradient is not 0, means.""",
        seeds=data.seeds(),
        layers=runs["layer"].max() - 1,
        steps=data.TRAINED_STEPS,
        ways=runs["way"].nunique(),
    )


@memoize(8)
def training(rate: float) -> str:
    """Accuracy and still updates of each way of keeping the numbers."""
    found, still = data.trained(rate).groupby("way", sort=False)["median"].first(), data.still(rate)
    return "\n".join(
        f"- **{way}**: {theme.percent(float(right))} right; {theme.percent(float(still[way]))} of "
        "the updates changed nothing."
        for way, right in found.items()
    )


def scales() -> str:
    """How the scale that adapts went."""
    rows = data.scales()
    skipped, settled = int(rows["skipped"].sum()), rows["log2"].iloc[-1]
    start = int(rows["log2"].iloc[0])
    return fill(
        """A run that begins at {start}, halves the scale and skips the step when a gradient is not
        finite, and doubles it after {wait} good steps (the usual rule waits {usual_wait}).
        {skipped} of {steps} steps were skipped; at the end the scale is {end}.

        Clip after the scale is divided away: at {start} a gradient of norm {norm} looks like one of
        norm {seen}. If every step fails, a float32 scale from PyTorch's {usual} is 0 after
        {halvings} halvings, or after {flushed} where subnormal numbers are made 0. All gradients
        are 0 then, hence finite; divided by the scale they are not numbers.""",
        start=power(start),
        wait=data.WAIT,
        usual_wait=f"{data.USUAL_WAIT:,}",
        norm=theme.setting(SMALL_NORM),
        seen=theme.number(SMALL_NORM * 2.0**start),
        usual=power(USUAL_SCALE),
        halvings=data.halvings(USUAL_SCALE, FORMATS["float32"]),
        flushed=USUAL_SCALE - FORMATS["float32"].lowest + 1,
        skipped=skipped,
        steps=len(rows),
        end=power(int(settled)),
    )


def devices() -> pd.DataFrame:
    """What devices and compilers did, as a table to read."""
    found = data.devices().set_index("what")
    return found.map(lambda value: theme.number(float(value), 5 if value > 1e4 else 3))


def about_devices() -> str:
    """How that table was measured."""
    return fill(
        """Measured with PyTorch and JAX on a CPU and on an NVIDIA {chip}; the table was committed
        on {date}. “Compiled” is by `torch.compile` or `jax.jit`. One line of code keeps, rounds or
        cuts a gradient, by where it runs.

        **A switch for one thread of two.** `torch.set_flush_denormal(True)` makes subnormal numbers
        0. Called first thing, it did so to {early} of {all} products on two threads; after other
        work, to {late}.""",
        chip=data.devices().columns[-1].rpartition(", ")[2],
        date=data.DEVICES_COMMITTED,
        all=f"{data.seen('PyTorch', 'subnormal products'):,.0f}",
        early=f"{data.seen('PyTorch', 'made 0 by a switch thrown early'):,.0f}",
        late=f"{data.seen('PyTorch', 'made 0 by a switch thrown late'):,.0f}",
    )


@memoize(1)
def no_way_back() -> str:
    """What comes out right in float16 and has no gradient."""
    narrow, wide = SPREADS[1], SPREADS[0]
    return fill(
        """**Right forward, and no gradient.** In float16 JAX's `nn.standardize` makes of numbers of
        standard deviation {narrow} ones of {standard}, and {finite} of the entries of its gradient
        are finite; at {wide} it is {all_finite}. The slope of 1/√(*v* + ε) overflows before it
        meets what is small. Its GELU of {loud} is {gelu}, and the slope there is {no_slope}.
        PyTorch's group norm has two gradients: of numbers of standard deviation {large} that of
        `backward()` is off by {small_error}, that of `torch.func` by {error}; at {tiny} the latter
        is {gone}.""",
        narrow=f"{narrow:g}",
        standard=theme.number(data.seen("JAX", f"standardized {narrow:g}")),
        finite=theme.percent(data.seen("JAX", f"finite gradient of {narrow:g}")),
        wide=f"{wide:g}",
        all_finite=theme.percent(data.seen("JAX", f"finite gradient of {wide:g}")),
        loud=f"{LOUD}",
        gelu=theme.number(data.seen("JAX", f"gelu({LOUD})")),
        no_slope=theme.number(data.seen("JAX", f"gelu'({LOUD})")),
        large=f"{GROUPED[1]:,.0f}",
        small_error=theme.percent(_group_norm_off(GROUPED[1], "backward()")),
        error=theme.percent(_group_norm_off(GROUPED[1], "torch.func")),
        tiny=f"{GROUPED[0]:g}",
        gone=_given(_group_norm_off(GROUPED[0], "torch.func")),
    )


def _group_norm_off(size: float, how: str) -> float:
    return data.seen("PyTorch", f"group norm of {size:g} in float16, error by {how}")


@memoize(1)
def rate_rounded_up() -> str:
    """What dropout makes of a small rate in few digits."""
    dropped = data.seen("TensorFlow", f"dropped at rate {RATE:g} in bfloat16")
    mean = data.seen("TensorFlow", f"mean after rate {RATE:g} in bfloat16")
    return fill(
        """**A rate that is rounded up.** Dropout sets outputs to 0 where a random number is below
        its rate. TensorFlow draws that number in the format of the input: in bfloat16 one of 128.
        A rate of {rate} drops {dropped}; {mean} of the signal is left, and of the gradient.""",
        rate=theme.percent(RATE),
        dropped=theme.percent(dropped),
        mean=theme.number(mean),
    )


@memoize(1)
def norm_of_a_large_mean() -> str:
    """A sum that ends within a layer norm."""
    small, large = MEANS
    return fill(
        """**A norm that explodes.** Of numbers of mean {about} and standard deviation 1 in float32
        Flax's layer norm makes ones of deviation {loud}, and a gradient {gradient} times too large;
        at a mean of {close} both are right. It takes the mean square less the squared mean, and
        next to {square} float32 holds quarters only.""",
        about=f"{large:,}",
        close=f"{small:,}",
        square=f"{large**2:,}",
        loud=f"{data.seen('Flax', f'normalized about {large:g}'):,.0f}",
        gradient=theme.number(data.seen("Flax", f"gradient about {large:g}"), 2),
    )


def powers(w: float) -> str:
    """What the table of powers shows."""
    return fill(
        """{crosses} Step by step *in* the format it can end
        differently: when |*w*|, as the format holds it, is between ½ and 1, a number near the
        smallest that the format has, times |*w*|, rounds back to itself. In a format of few digits
        |*w*| may become 1 or ½. A library that makes subnormal numbers 0 ends at 0 where the number
        that sticks is subnormal; in a format of few digits it may be a normal one.""",
        crosses=_crosses(w),
    )


def _crosses(w: float) -> str:
    """What the chart marks, and what it has no room for."""
    ends = {end.form.label: end.n for end in data.power_ends(w)}
    if w == 0:
        return "0ⁿ is 0 from *n* = 1 on, and every format has a 0: the chart has nothing to mark."
    if not any(ends.values()):
        return "|*w*|ⁿ stays 1, which every format has: there is no cross."
    beyond = theme.listed([label for label, n in ends.items() if n and n > POWERS])
    far = (
        f" After *n* = {POWERS:,}, where the chart ends, it is lost in {beyond}." if beyond else ""
    )
    return (
        "The chart's crosses are where |*w*|ⁿ, rounded once, is lost; for want of room only those "
        f"of float16, float32 and float64 are named.{far}"
    )


def sums() -> str:
    """What the table of sums shows."""
    return fill(
        """Ones, added one by one: the sum stops where 1 is half of the way to the next number, and
        rounds back to the even one. The gradient of a weight that is used many times is such a sum.
        A norm squares first: where the sum of squares is infinite, clipping makes all gradients
        0."""
    )


@memoize(1)
def stuck() -> str:
    """Where a power that is multiplied step by step ends above 0."""
    end = power_end(data.ASKED, FORMATS["float16"])
    return (
        f"It sticks at {theme.number(end.steps)}, the smallest number that float16 has, "
        f"from *n* = {end.steps_n} on: {data.ASKED} of that is more than half of it, and is "
        "rounded back. Where subnormal numbers are made 0, as JAX does on a CPU, float32 is "
        f"0 from *n* = {data.flushed(data.ASKED, FORMATS['float32'])} on."
    )


# Seldom guessed ----------------------------------------------------------------------------------


@memoize(1)
def seldom_casts() -> str:
    """Who makes what of 500 in a format that ends at 448."""
    item, rows = "500 as e4m3", data.seldom()
    found = rows.loc[rows["item"] == item, "value"]
    before = data.devices().set_index("what").iloc[:, :1]  # an older one, on a processor
    day = max(rows["date"])
    return fill(
        """**Not a number here, {largest} there.** float8 e4m3 ends at {largest} and has no
        infinity. In {lost} of {all} libraries 500 becomes not a number, in {cut} it becomes
        {largest}: finite, so that a loss scale that adapts sees nothing amiss. {old} gave {had},
        {new} gives {now}. Measured until {day}, on a CPU.""",
        largest=f"{FORMATS['float8_e4m3fn'].largest:g}",
        lost=int(found.isna().sum()),
        cut=int(found.notna().sum()),
        all=len(found),
        old=before.columns[0].partition(",")[0],
        had=_given(float(before.loc["500 as float8 e4m3"].iloc[0])),
        new=data.version("PyTorch"),
        now=_given(data.seen("PyTorch", item)),
        day=day,
    )


def _given(x: float) -> str:
    return "not a number" if np.isnan(x) else f"{x:g}"


@memoize(16)
def seldom(form: str, over: str) -> str:
    """What else careful readers guess wrong about where numbers end."""

    def seen(library: str, item: str, digits: int = 3) -> str:
        return theme.number(data.seen(library, item), digits)

    few, many = data.rows_seen()
    return fill(
        """
        - **Not 0 on the left, 0 on the right.** In float32 PyTorch's σ′ is {right} at 17 and
          {left} at −17; in bfloat16 JAX's is {brain_right} at 6 and {brain_left} at −6. ONNX
          Runtime's σ itself ends on the left: {near} at −16, more at −17 ({far}), and {gone} at
          −18.
        - **A count that ends.** In float16 PyTorch gives {few} rows a cross-entropy of {loss}, and
          {many} rows one of {none}, with gradients of {no_gradient}: it divides by the count, and
          that is infinite.{own}
        - **0 at the top.** On a logarithmic axis from 10⁻⁸ to 1, Vega-Lite 6.4 draws 1 at {top} %
          of the height, 0 at {zero} % too. Your browser does so here, from 10⁻⁹: ¼ⁿ, the most that
          the slopes of *n* sigmoid layers make, is 0 in float16 from *n* = {lost} on.
        """,
        right=seen("PyTorch", "sigmoid'(17) in float32"),
        left=seen("PyTorch", "sigmoid'(-17) in float32"),
        brain_right=seen("JAX", "sigmoid'(6) in bfloat16"),
        brain_left=seen("JAX", "sigmoid'(-6) in bfloat16"),
        near=seen("ONNX Runtime", "sigmoid(-16)", 2),
        far=seen("ONNX Runtime", "sigmoid(-17)", 2),
        gone=seen("ONNX Runtime", "sigmoid(-18)", 2),
        few=f"{few:,}",
        many=f"{many:,}",
        loss=seen("PyTorch", f"loss of {few} rows in float16"),
        none=seen("PyTorch", f"loss of {many} rows in float16"),
        no_gradient=seen("PyTorch", f"largest gradient of {many} rows in float16"),
        own=f" {own}" if (own := _count(FORMATS[form], over)) else "",
        top=theme.setting(data.seen("vl-convert", "height of 1")),
        zero=theme.setting(data.seen("vl-convert", "height of 0")),
        lost=int(data.log_axis().query("held == 0")["n"].min()),
    )


def _count(form: Format, over: str) -> str:
    """Where a count of rows ends in the reader's format."""
    if form.name == "float16" and over == "lost":
        return ""  # as was just measured
    last, largest = _exact(data.last_count(form)), _exact(form.largest)
    if form.largest > 1e12:
        return f"In {form.label} a count may go up to {largest}, more rows than there are."
    if over == "cut":
        return (
            f"In {form.label}, cut, a larger count than {largest} becomes that, and "
            "the mean is too large."
        )
    becomes = "infinite" if np.isinf(form.overflow) else "not a number"
    return f"In {form.label} a count above {last} becomes {becomes}."
