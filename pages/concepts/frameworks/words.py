"""Sentences of the page on what frameworks start with."""

from math import hypot, isinf, log10, sqrt

import numpy as np

from core.activations import ACTIVATIONS
from pages.concepts.frameworks import clips, data, lines, tables
from pages.concepts.frameworks.networks import Run, Setting
from pages.concepts.frameworks.tables import FAMILIES, NOTHING, Default
from pages.kit import theme
from pages.kit.memoize import memoize
from pages.kit.prose import fill


def finding(framework: str, of: Setting, depth: int) -> str:
    """What is left of the gradient, and who says so."""
    default, run = tables.default(framework, of.activation), data.default_run(framework, of)
    return fill(
        """{framework} {version}, `{call}`, by default: a layer multiplies ‖dJ/dz‖ by {gain} on
        average, and layer 1 gets **{ratio}** times the gradient of layer {depth} ({told}). Drag the
        number of layers.""",
        framework=framework,
        version=default.version,
        call=default.call,
        gain=theme.from_log10(run.gain(depth)),
        ratio=theme.from_log10(float(run.kept[depth - 1, 0]), 2),
        depth=depth,
        told=data.told(of.width),
    )


def asks() -> str:
    """The page's question."""
    return fill(
        """{depth} layers of `nn.Linear({n}, {n})` and ReLU in {framework}, just made. What share of
        the gradient ‖dJ/dz‖ of layer {depth} reaches layer 1?""",
        framework=data.ASKED_FRAMEWORK,
        depth=data.ASKED_DEPTH,
        n=data.ASKED.width,
    )


def glorot() -> str:
    """What is said to who thinks of the weights that many other libraries draw."""
    left = data.default_run("Keras", data.ASKED).kept[data.ASKED_DEPTH - 1, 0]
    return fill(
        "Xavier's weights would leave {left}. PyTorch's are smaller by √3.",
        left=theme.from_log10(float(left), 1),
    )


def because() -> str:
    """Why the answer is what it is."""
    return fill(
        """Weights between ±1/√*n* have σ√*n* = 1/√3, and ReLU takes another √½: each of the {steps}
        steps keeps 1/√6 = {kept}.""",
        steps=data.ASKED_DEPTH - 1,
        kept=theme.number(1 / sqrt(6), 2),
    )


def drawn(default: Default) -> str:
    """How the weights and biases are drawn, in words."""
    law = default.weights
    by = {
        "fan-in": "shrinks with the root of the fan-in",
        "fan-out": "shrinks with the root of the fan-out",
        "both fans": "shrinks with the root of both fans' mean",
        "neither fan": "is the same at any width",
    }[law.follows]
    if default.biases is None:
        biases = "There are no biases."
    elif default.biases == NOTHING:
        biases = "The biases start at 0."
    elif default.biases.family == "constant":
        biases = f"The biases start at {theme.number(default.biases.mean, 1)}, each of them."
    else:
        biases = f"The biases are random too ({FAMILIES[default.biases.family]})."
    only = " None of them is negative." if law.mean > law.std else ""
    whose, how = default.framework, FAMILIES[law.family]
    return f"The weights of {whose} are {how}, and their σ {by}.{only} {biases}"


def equation(framework: str, of: Setting, depth: int) -> str:
    """The share of the gradient as the weights' scale times the slopes, and how well that fits."""
    default, run = tables.default(framework, of.activation), data.default_run(framework, of)
    weights = (depth - 1) * log10(data.scale(default, of.width))
    slopes, ratio = float(run.slopes[depth - 1, 0]), float(run.kept[depth - 1, 0])
    formula = theme.weights_times_slopes(ratio, weights, slopes, depth=depth)
    if isinf(ratio) or isinf(slopes):
        return f"{formula}\n\nMost of these networks are dead: nothing gets through."
    return fill(
        """{formula}

        On the right {product}, on the left measured: they {verdict}. {why}""",
        formula=formula,
        product=theme.from_log10(weights + slopes),
        verdict=theme.agreement(weights + slopes - ratio),
        why="Their mean is counted into σ. The rule takes it to be 0; these weights push one way."
        if default.weights.mean
        else "φ′ is the root mean square over a layer.",
    )


def notes(framework: str, of: Setting, depth: int) -> list[str]:
    """What to notice."""
    default, run = tables.default(framework, of.activation), data.default_run(framework, of)
    return [
        _scale(default, of.width),
        _slopes(run, of.activation, depth),
        _groups(of, depth),
        _reach(run, depth),
    ]


def _scale(default: Default, width: int) -> str:
    scale, law = data.scale(default, width), default.weights
    if law.follows == "neither fan":
        at = [
            f"{theme.number(hypot(law.mean, law.std) * sqrt(n), 2)} at {n}" for n in (16, 64, 256)
        ]
        return fill(
            """{framework} does not look at the width: σ√*n* is {at}. One σ suits one width at most:
            narrower layers want a larger one, wider layers a smaller one.""",
            framework=default.framework,
            at=theme.listed(at),
        )
    if law.mean:
        return fill(
            """The root mean square of a weight is {scale}/√*n* between layers of any one width. Of
            He's weights it is √2/√*n*, but half of them are negative.""",
            scale=theme.number(scale),
        )
    cut = law.family == "cut" and abs(scale - tables.CUT) < 0.005
    return fill(
        """σ√*n* is {scale} between layers of any one width. He's is √2 = 1.41.{cut}""",
        scale=theme.number(scale),
        cut=" 0.88 is what is left of a σ of 1/√*n* when the distribution is cut off at 2σ."
        if cut
        else " 0.577 is 1/√3: numbers between −1/√*n* and 1/√*n* have that σ."
        if abs(scale - 1 / sqrt(3)) < 0.005
        else "",
    )


def _slopes(run: Run, activation: str, depth: int) -> str:
    slopes = float(run.slopes[depth - 1, 0])
    label = ACTIVATIONS[activation].label
    if activation == "identity":
        return "Without an activation all slopes are 1: the weights alone decide."
    return fill(
        """The slopes of {label} alone, ∏ φ′(*z*), make {slopes}. {rest}""",
        label=label,
        slopes=theme.from_log10(slopes, 2),
        rest=fill(
            """In the geometric mean over layers {share} of the ReLUs are on, and √{share} is what
            a layer of them keeps.""",
            share=theme.percent(10 ** (2 * slopes / (depth - 1))),
        )
        if activation == "relu"
        else "Where *z* lies depends on this default's weights.",
    )


def _groups(of: Setting, depth: int) -> str:
    vanish, hold, explode = data.groups(of, depth)
    hold = [name for name in hold if name != "He"]
    return fill(
        """With {label}, {depth} and width {width}, the gradient holds within a factor of 10 in
        {hold}, vanishes in {vanish} and explodes in {explode} of the {all} defaults.{who}""",
        label=ACTIVATIONS[of.activation].label,
        depth=theme.count(depth, "layer"),
        width=of.width,
        hold=len(hold),
        vanish=len(vanish),
        explode=len(explode),
        all=len(vanish) + len(hold) + len(explode),
        who=f" It holds in {theme.listed(hold)}." if 0 < len(hold) < 6 else "",
    )


_TRIED = " A default that is tried on three layers tells nothing of thirty."


def _reach(run: Run, depth: int) -> str:
    """How many layers of the default the gradient survives within a factor of 10."""
    ends = run.kept[:, 0]
    lost = next((i for i, end in enumerate(ends) if abs(end) > theme.BAND), None)
    if lost is None:
        return f"Here the gradient stays within a factor of 10 up to {len(ends)} layers."
    return (
        fill(
            """The gradient stays within a factor of 10 up to {layers}: {few}""",
            layers=theme.count(lost, "layer"),
            few="fewer than you have set."
            if lost < depth
            else "as many as you have set."
            if lost == depth
            else "more than you have set.",
        )
        + (_TRIED if 3 <= lost < 30 else "")
        + _again(ends, lost, depth)
    )


def _again(ends: np.ndarray, lost: int, depth: int) -> str:
    """A word where it is within the factor of 10 once more at the depth that is set."""
    if lost >= depth or not abs(ends[depth - 1]) <= theme.BAND:
        return ""
    return f" By chance it is within it again at the {depth} that you have set."


def factors(framework: str, of: Setting, depth: int) -> str:
    """How many layers' gains a share of the gradient is the product of, and what one more does."""
    run = data.default_run(framework, of)
    ratio = float(run.kept[depth - 1, 0])
    counted = fill(
        """From layer {depth} to layer 1 ‖dJ/dz‖ is multiplied by {gains}.""",
        depth=depth,
        gains=f"{depth - 1} gains, one for each layer on its way" if depth > 2 else "one gain",
    )
    if isinf(ratio):
        return counted
    less, more = (theme.from_log10(log10, 2) for log10 in (ratio, ratio + run.gain(depth)))
    return fill(
        """{counted} Whoever counts {depth}, one for each layer there is, finds {more} for
        {framework}.""",
        counted=counted,
        depth=depth,
        more="the same, to two digits," if more == less else f"{more} in place of {less}",
        framework=framework,
    )


def clipped(case: str) -> str:
    """What is clipped, what should come out, and when it was measured."""
    right = clips.right(case)
    should = (
        """No answer is right: there is no finite norm. What could be kept are the finite entries; ✕
        says that not all of them are."""
        if right is None
        else f"Clipped as a whole they should be ({clips.split_as(case, right)})."
    )
    return fill(
        """Given are the gradients of two parameters, ({given}), and the threshold {limit}. {should}
        {measured}""",
        given=clips.given(case),
        limit=theme.setting(clips.LIMIT),
        should=" ".join(should.split()),
        measured=tables.measured(tables.clips()),
    )


def gain_one(of: Setting, depth: int) -> str:
    """Where the gain is 1."""
    scale = data.scale_of_gain_one(of.activation, of.width, depth)
    at = "no σ√*n* up to 32" if scale is None else f"σ√*n* = {theme.number(scale)}"
    return fill(
        """Very wide layers of {label} without biases, fed the same digits, have a gain of 1 at
        {at}.""",
        label=ACTIVATIONS[of.activation].label,
        at=f"{at}, on average over {depth - 1} gains" if depth > 2 else at,
    )


def take_away(framework: str, of: Setting, depth: int) -> str:
    """What comes before the lines that set the gain to 1, or why there are none."""
    one, run = gain_one(of, depth), data.gain_one_run(of, depth)
    if run is None:
        return f"{one} So there are no lines."
    if framework not in lines.LINES:
        return f"{one} For {framework} there are no lines: {lines.WITHOUT[framework]}."
    return fill(
        """{one} In {framework} these lines set that scale. At width {width}, run here, such layers
        have a gain of {gain}, and layer 1 gets {ratio} times the gradient of layer {depth}
        ({told}).""",
        one=one,
        framework=framework,
        width=of.width,
        gain=theme.from_log10(run.gain(depth)),
        ratio=theme.from_log10(float(run.kept[depth - 1, 0]), 2),
        depth=depth,
        told=data.told(of.width),
    )


@memoize(1)
def traps() -> str:
    """What was measured and is seldom guessed."""
    weights, values = tables.weights(), tables.values()

    def std(framework: str, layer: str, call: str, n_in: int) -> float:
        """Of one measured layer, square."""
        rows = tables.layers()[framework, layer, call]
        return tables.spread(rows[(rows["n_in"] == n_in) & (rows["n_out"] == n_in)].iloc[0])

    def value(framework: str, item: str, call: str) -> float:
        rows = values[
            (values["framework"] == framework) & (values["item"] == item) & (values["call"] == call)
        ]
        return float(rows["value"].iloc[0])

    picked = "norm of a row picked 100 times, clipped to 1"
    smallest, largest = "lstm gate, smallest singular value", "lstm gate, largest singular value"
    positive = tables.default("ml-fnn", "relu").weights
    uniform = weights[(weights["framework"] == "JAX + Optax") & (weights["layer"] == "uniform")]
    return fill(
        """
        - **Smaller with every channel.** A depthwise 3 × 3 convolution of Keras starts with σ√9 =
          {few} at 16 channels and {many} at 1,000, PyTorch's with {torch} at both.
        - **Twins that differ.** Flax has two LSTM cells for the same arithmetic. `nnx.LSTMCell`
          starts with recurrent weights of σ√*n* = {plain}, `nnx.OptimizedLSTMCell` with {twin}.
        - **Orthogonal, and not.** Keras draws an LSTM's recurrent weights as one orthogonal block
          and cuts the four gates out of it. A gate's singular values run from {high} to {low}, a
          GRU's from {gru_high} to {gru_low}. Orthogonal ones are 1.
        - **Only positive.** ml-fnn's first weights lie between 0 and 1/√*n*: mean {mean}/√*n*, no
          negative one. Sums do not cancel. JAX's `initializers.uniform` lies between 0 and {top},
          whatever the width.
        - **Alive on one side.** In float32 the sigmoid's slope at −40 is {left} in PyTorch, at 40
          it is {right}. Both should be the same.
        - **Inside out.** Brain.js's leaky ReLU multiplies *positive* numbers by {inside}, and
          negative ones by {outside}.
        - **Clipped before it is summed.** TensorFlow keeps a row for each pick of an embedding's
          row. Of one picked 100 times, clipping to 1 leaves a norm of {slices}; PyTorch's {summed}.
        - **Muon for biases.** Keras's Muon takes what has two axes and is no embedding. Its
          attention's kernels have three, and Adam moves them; their biases have two, and Muon does.
        - **One name of two.** Paddle has two names for one function. At −100 the slope of `F.silu`
          is {silu}, that of `F.swish` is {swish}.
        """,
        few=theme.number(std("Keras", "depthwise 3x3", "layers.DepthwiseConv2D", 16) * sqrt(9), 2),
        many=theme.number(
            std("Keras", "depthwise 3x3", "layers.DepthwiseConv2D", 1000) * sqrt(9), 2
        ),
        torch=theme.number(std("PyTorch", "depthwise 3x3", "nn.Conv2d(groups)", 1000) * sqrt(9), 2),
        plain=theme.number(std("Flax", "lstm recurrent", "nnx.LSTMCell", 256) * sqrt(256), 2),
        twin=theme.number(
            std("Flax", "lstm recurrent", "nnx.OptimizedLSTMCell", 256) * sqrt(256), 2
        ),
        high=theme.number(value("Keras", largest, "layers.LSTM"), 2),
        low=theme.number(value("Keras", smallest, "layers.LSTM"), 1),
        gru_high=theme.number(value("Keras", largest.replace("lstm", "gru"), "layers.GRU"), 2),
        gru_low=theme.number(value("Keras", smallest.replace("lstm", "gru"), "layers.GRU"), 1),
        mean=theme.number(positive.mean, 2),
        top=theme.number(float(uniform["largest"].max()), 1),
        left=theme.number(value("PyTorch", "sigmoid'(-40)", "torch.sigmoid")),
        right=theme.number(value("PyTorch", "sigmoid'(40)", "torch.sigmoid")),
        inside=theme.setting(value("Brain.js", "leaky_relu slope right", "'leaky-relu'")),
        outside=theme.setting(value("Brain.js", "leaky_relu slope left", "'leaky-relu'")),
        slices=theme.number(value("TensorFlow", picked, "clip_by_global_norm"), 2),
        summed=theme.number(value("PyTorch", picked, "nn.utils.clip_grad_norm_"), 2),
        silu=theme.number(value("Paddle", "silu'(-100)", "F.silu")),
        swish=theme.number(value("Paddle", "silu'(-100)", "F.swish")),
    )
