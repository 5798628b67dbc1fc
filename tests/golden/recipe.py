"""The configurations of the golden values, and their inputs: shared by the script and the tests.

`scripts/make_golden.py` feeds these arrays to PyTorch and stores what comes out; the tests feed
them to `core`. The arrays are made here from `Generator.random`, whose bits NumPy has not changed
since it has existed, so that the file need not hold weights. NumPy only; nothing from `core`.

A tensor is stored as a digest: its largest magnitude, then its sums under `PROJECTIONS` fixed
random signs. A single wrong entry changes every sum by twice its error or by none of it, and all
twelve sums stay put only if the errors cancel twelve times.
"""

from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np

PROJECTIONS = 12
ACTIVATIONS = (
    *("identity", "sigmoid", "tanh", "relu", "leaky_relu"),
    *("elu", "selu", "softplus", "silu", "gelu"),
)
LOSSES = ("mean_squared_error", "softmax_cross_entropy", "binary_cross_entropy")


@dataclass(frozen=True)
class Case:
    """A feed-forward network, its loss, and how its gradients are clipped afterwards."""

    name: str
    activation: str = "tanh"
    depth: int = 3
    width: int = 8
    n_in: int = 5
    n_out: int = 3
    examples: int = 6
    seeds: int = 1
    negative_slope: float = 0.01
    gain: float = 1.3  # standard deviation of a weight times √fan_in
    bias: float = 0.3  # half-width of the biases; 0 leaves them all zero
    residual: float = 0.0
    norm: str = "none"
    loss: str = "mean_squared_error"
    clip: str = "none"
    clip_limit: float = 1.0
    steps: int = 0  # of gradient descent on the whole batch, recorded after the gradients
    learning_rate: float = 0.05
    momentum: float = 0.0
    rule: str = "sgd"  # with PyTorch's defaults, but for:
    epsilon: float = 1e-8
    decay: float = 0.01


@dataclass(frozen=True)
class RnnCase:
    """A vanilla recurrent network: h_t = φ(x_t·W_x + h_{t−1}·W_h + b), output from the last h."""

    name: str
    activation: str = "tanh"
    steps: int = 5
    width: int = 8
    n_in: int = 3
    n_out: int = 2
    examples: int = 4
    seeds: int = 1
    gain: float = 1.0
    bias: float = 0.2
    loss: str = "mean_squared_error"


@dataclass(frozen=True)
class StackCase:
    """A stack of two-matrix blocks, as core/residual.py describes it, and r of its branches."""

    name: str
    place: str
    norm: str = "rms"
    branch: float = 0.7
    activation: str = "tanh"
    blocks: int = 5
    width: int = 8
    n_in: int = 5
    n_out: int = 3
    examples: int = 4
    seeds: int = 2


@dataclass(frozen=True)
class StackInputs:
    """The arrays of a stack's case, d_output = dJ/d(output) among them."""

    x: np.ndarray  # (N, n_in)
    W_in: np.ndarray
    W1: tuple
    W2: tuple
    W_out: np.ndarray
    d_output: np.ndarray


@dataclass(frozen=True)
class GateCase:
    """A network with gates: a cell of core/gates.py, its output from the last h."""

    name: str
    cell: str = "lstm"
    reset: str = "after"
    forget_bias: float = 0.0  # on top of the drawn biases
    steps: int = 5
    width: int = 8
    n_in: int = 3
    n_out: int = 2
    examples: int = 4
    seeds: int = 1
    gain: float = 1.0
    bias: float = 0.2
    loss: str = "mean_squared_error"


@dataclass(frozen=True)
class LinearCase:
    """A linear recurrence: h_t = λh_{t−1} + s·x_t, several λ, each with all of the inputs."""

    name: str
    lam: tuple = (-0.7, 0.0, 0.2, 0.9, 0.99)
    scaled: bool = False
    steps: int = 60
    draws: int = 8


@dataclass(frozen=True)
class Inputs:
    """The arrays of a case. W[l] is (S, D_in, D_out); b, gamma, beta are (S, 1, D_out)."""

    x: np.ndarray  # (N, n_in), or (S, N, T, n_in) for a recurrent network
    target: np.ndarray  # (N, n_out), or labels (N,)
    W: tuple
    b: tuple
    gamma: tuple = ()
    beta: tuple = ()


def _draws(rng, shape, half_width=1.0):
    return half_width * (2.0 * rng.random(shape) - 1.0)


def _weights(rng, seeds, fan_in, fan_out, gain):
    return _draws(rng, (seeds, fan_in, fan_out), gain * np.sqrt(3.0 / fan_in))


def _target(rng, case):
    if case.loss == "softmax_cross_entropy":
        return np.floor(case.n_out * rng.random(case.examples)).astype(int)
    if case.loss == "binary_cross_entropy":
        return np.floor(2.0 * rng.random((case.examples, case.n_out)))
    return _draws(rng, (case.examples, case.n_out), 2.0)


def network_inputs(case):
    """The arrays of a feed-forward case, a function of the case alone."""
    rng = np.random.default_rng([ord(c) for c in case.name])
    widths = (case.n_in, *(case.width,) * case.depth, case.n_out)
    fans = list(pairwise(widths))
    normalized = case.depth if case.norm != "none" else 0
    per_unit = (case.seeds, 1, case.width)
    return Inputs(
        x=_draws(rng, (case.examples, case.n_in), 2.0),
        target=_target(rng, case),
        W=tuple(_weights(rng, case.seeds, *fan, case.gain) for fan in fans),
        b=tuple(_draws(rng, (case.seeds, 1, fan_out), case.bias) for _, fan_out in fans),
        gamma=tuple(1.0 + _draws(rng, per_unit, 0.4) for _ in range(normalized)),
        beta=tuple(_draws(rng, per_unit, 0.4) for _ in range(normalized)),
    )


def recurrent_inputs(case):
    """The arrays of a recurrent case. W is (W_x, W_h, W_out) and b is (b, b_out)."""
    rng = np.random.default_rng([ord(c) for c in case.name])
    fans = ((case.n_in, case.width), (case.width, case.width), (case.width, case.n_out))
    return Inputs(
        x=_draws(rng, (1, case.examples, case.steps, case.n_in), 2.0),
        target=_target(rng, case),
        W=tuple(_weights(rng, case.seeds, *fan, case.gain) for fan in fans),
        b=tuple(_draws(rng, (case.seeds, 1, d), case.bias) for d in (case.width, case.n_out)),
    )


def stack_inputs(case):
    """The arrays of a stack's case, a function of the case alone."""
    rng = np.random.default_rng([ord(c) for c in case.name])
    S, D = case.seeds, case.width
    return StackInputs(
        x=_draws(rng, (case.examples, case.n_in), 2.0),
        W_in=_weights(rng, S, case.n_in, D, 1.0),
        W1=tuple(_weights(rng, S, D, D, 1.3) for _ in range(case.blocks)),
        W2=tuple(_weights(rng, S, D, D, 1.0) for _ in range(case.blocks)),
        W_out=_weights(rng, S, D, case.n_out, 1.0),
        d_output=_draws(rng, (S, case.examples, case.n_out)),
    )


def gate_inputs(case):
    """The arrays of a case with gates. W is (W_x, W_h, W_out), the first two with a gate axis in
    front, in the order i, f, o, g or r, z, n; b is (b, b_h, b_out)."""
    rng = np.random.default_rng([ord(c) for c in case.name])
    gates = {"lstm": 4, "gru": 3}[case.cell]
    fans = ((case.n_in, case.width), (case.width, case.width))
    by_gate = [
        np.stack([_weights(rng, case.seeds, *fan, case.gain) for _ in range(gates)]) for fan in fans
    ]
    b = _draws(rng, (gates, case.seeds, 1, case.width), case.bias)
    b[1] += case.forget_bias
    inside = case.bias if case.cell == "gru" and case.reset == "after" else 0.0
    return Inputs(
        x=_draws(rng, (1, case.examples, case.steps, case.n_in), 2.0),
        target=_target(rng, case),
        W=(*by_gate, _weights(rng, case.seeds, case.width, case.n_out, case.gain)),
        b=(
            b,
            _draws(rng, (case.seeds, 1, case.width), inside),
            _draws(rng, (case.seeds, 1, case.n_out), case.bias),
        ),
    )


def linear_inputs(case):
    """The inputs of a linear recurrence, (steps, draws)."""
    rng = np.random.default_rng([ord(c) for c in case.name])
    return _draws(rng, (case.steps, case.draws), np.sqrt(3.0))


def digest(arrays):
    """Largest magnitude and signed sums of each array, stacked: (arrays, 1 + PROJECTIONS)."""
    rows = []
    for a in arrays:
        flat = np.ravel(a)
        signs = np.where(
            np.random.default_rng(flat.size).random((PROJECTIONS, flat.size)) < 0.5, -1, 1
        )
        rows.append([np.max(np.abs(flat)), *(signs @ flat)])
    return np.array(rows)


def _cases():
    yield from (Case(f"linear model, {loss}", depth=0, loss=loss, examples=7) for loss in LOSSES)
    for i, activation in enumerate(ACTIVATIONS):
        loss = LOSSES[i % 3]
        yield Case(f"{activation}", activation, loss=loss, negative_slope=0.2)
        for norm, residual in (("layer", 0.0), ("batch", 0.0), ("none", 0.7)):
            yield Case(
                f"{activation}, norm {norm}, residual {residual}",
                *(activation, 5, 12),
                norm=norm,
                residual=residual,
                loss=LOSSES[(i + 1) % 3],
                bias=0.0 if i % 2 else 0.3,
            )
    yield Case("layer norm and residual", "gelu", 6, 9, norm="layer", residual=1.0)
    yield Case("batch norm and residual", "relu", 6, 9, norm="batch", residual=1.0, gain=1.4)
    yield Case("negative residual branch", "silu", 4, 7, residual=-0.5)
    # The first layer has a shortcut too when its input is as wide as its output.
    yield Case("residual from the input", "elu", 4, 5, residual=0.6, n_in=5)

    for activation, depth in product(("tanh", "relu"), (1, 10, 50)):
        yield Case(f"{activation}, width 1, depth {depth}", activation, depth, 1, bias=1.0)

    deep = {"depth": 50, "loss": "softmax_cross_entropy", "n_out": 10}
    yield Case("deep sigmoid", "sigmoid", width=64, **deep)
    # Chaos amplifies rounding too, about ×1.5 a layer: at depth 50 nobody's digits survive.
    yield Case("deep exploding tanh", "tanh", width=64, gain=3.0, **deep | {"depth": 20})
    yield Case("deep relu", "relu", width=128, gain=np.sqrt(2.0), n_in=64, examples=16, **deep)
    yield Case("deep exploding relu", "relu", width=32, gain=6.0, bias=0.0, **deep)
    yield Case("deep selu", "selu", width=48, gain=1.0, **deep)
    yield Case("deep batch norm", "gelu", width=24, norm="batch", residual=0.5, **deep)
    yield Case("deep layer norm", "softplus", width=33, norm="layer", residual=1.0, **deep)
    yield Case("wide", "silu", 2, 128, n_in=64, examples=32)

    for clip, limit in product(("value", "norm"), (1e-3, 0.1, 1e6)):
        yield Case(f"clip by {clip} at {limit:g}", "relu", gain=2.0, clip=clip, clip_limit=limit)
    yield Case("clip with batch norm", "tanh", norm="batch", clip="norm", clip_limit=0.05)

    yield Case("ensemble", "tanh", seeds=3)
    yield Case("ensemble, layer norm", "relu", seeds=3, norm="layer", clip="norm", clip_limit=0.2)
    yield Case("ensemble, batch norm", "elu", seeds=2, norm="batch", residual=0.5)

    train = {"steps": 25, "examples": 16, "loss": "softmax_cross_entropy"}
    yield Case("train", "tanh", **train)
    yield Case("train with momentum", "relu", momentum=0.9, **train)
    yield Case("train, clip by value", "relu", clip="value", clip_limit=0.02, gain=2.0, **train)
    yield Case(
        "train, clip by norm, batch norm, ensemble",
        *("silu", 4, 6),
        norm="batch",
        clip="norm",
        clip_limit=0.3,
        momentum=0.5,
        seeds=2,
        **train,
    )
    for rule in ("sign", "rmsprop", "adam", "adamw", "muon"):
        yield Case(f"train by {rule}", rule=rule, learning_rate=0.01, **train)
    yield Case("train by adam, large ε", "relu", rule="adam", epsilon=1e-2, **train)
    yield Case("train by adamw, large decay", rule="adamw", decay=0.5, **train)
    yield Case(
        "train by muon, layer norm, clip, ensemble",
        *("silu", 4, 6),
        norm="layer",
        clip="norm",
        clip_limit=0.3,
        rule="muon",
        seeds=2,
        **train,
    )


def _recurrent_cases():
    yield RnnCase("one step", steps=1)
    yield RnnCase("five steps")
    yield RnnCase("fifty steps", steps=50, width=16, gain=1.2)
    yield RnnCase("relu", "relu", steps=12, loss="softmax_cross_entropy", n_out=5)
    yield RnnCase("sigmoid", "sigmoid", steps=20, loss="binary_cross_entropy")
    yield RnnCase("identity", "identity", steps=15, width=4)
    yield RnnCase("width 1", steps=10, width=1)
    yield RnnCase("ensemble of three", steps=8, seeds=3)


def _stack_cases():
    places = ("plain", "shortcut", "post", "pre", "peri", "deep")
    for place, norm in product(places, ("rms", "layer")):
        yield StackCase(f"{place}, {norm}", place, norm)
    yield StackCase("deep relu, pre", "pre", "rms", 1.0, "relu", blocks=40, width=16)
    yield StackCase("deep gelu, post", "post", "layer", 1.0, "gelu", blocks=40, width=16)


def _gate_cases():
    long = {"steps": 50, "width": 16, "gain": 1.2}
    yield GateCase("lstm, one step", steps=1)
    yield GateCase("lstm, forget bias 1", forget_bias=1.0, steps=12)
    yield GateCase("lstm, fifty steps", forget_bias=-1.0, **long)
    yield GateCase("lstm, ensemble", steps=8, seeds=3, loss="softmax_cross_entropy", n_out=5)
    for reset in ("after", "before"):
        gru = {"cell": "gru", "reset": reset}
        yield GateCase(f"gru, {reset}, one step", steps=1, **gru)
        yield GateCase(f"gru, {reset}, fifty steps", forget_bias=1.0, **gru, **long)
        yield GateCase(f"gru, {reset}, ensemble", steps=8, seeds=3, **gru)


def _linear_cases():
    yield LinearCase("one step", steps=1)
    yield LinearCase("sixty steps")
    yield LinearCase("sixty steps, scaled", scaled=True)
    yield LinearCase("long memory", (0.999,), steps=1_000)


CASES = tuple(_cases())
RECURRENT_CASES = tuple(_recurrent_cases())
STACK_CASES = tuple(_stack_cases())
GATE_CASES = tuple(_gate_cases())
LINEAR_CASES = tuple(_linear_cases())
