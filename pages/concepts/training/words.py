"""Sentences of the training lab."""

import math

from core.recording import Recording
from core.training import Halt, State
from pages.concepts.training.data import (
    NETS,
    Normalized,
    Pair,
    clipped,
    first_layer,
    over_seeds,
    relative_gradient,
    slope_products,
)
from pages.concepts.training.networks import LABELS, NAMES, THINGS, Net, differing
from pages.concepts.training.panel import PANEL
from pages.kit import theme
from pages.kit.prose import fill

# The run -----------------------------------------------------------------------------------------


def reading(pair: Pair, step: int) -> str:
    """What A and B have come to at a step, and what differs between them."""
    differ = difference(pair.duel.a, pair.duel.b)
    if not pair.step:
        return fill(
            """Nothing is trained yet: the panels by layer show the first step's gradients.
            {differ}""",
            differ=differ,
        )
    return " ".join([*(_come_to(pair, name, step) for name in pair.runs), differ])


def place(pair: Pair, step: int) -> str:
    """How far the training has come, and where the scrubber stands."""
    if not pair.step:
        return "At step 0: none is trained yet."
    return f"At step {step:,} of the {pair.step:,} that are trained."


def _come_to(pair: Pair, name: str, step: int) -> str:
    test, halt = pair.tested(name, step), pair.halt(name)
    if halt and step >= halt.step:
        return f"**{name}** stopped at step {halt.step}: it is no longer finite."
    if not math.isfinite(test.loss[0]):
        return f"**{name}**'s outputs are no longer numbers (after step {test.step:,})."
    return fill(
        """**{name}** names {accuracy} of the held-out {things} right, its loss on them is {loss}
        (after step {step}).""",
        name=name,
        accuracy=theme.percent(test.accuracy[0]),
        things=THINGS[pair.duel.data],
        loss=theme.number(test.loss[0]),
        step=f"{test.step:,}",
    )


def difference(a: Net, b: Net) -> str:
    """What differs between A and B."""
    parts = [
        f"{NAMES[name]} ({_setting(name, getattr(a, name))} in A, "
        f"{_setting(name, getattr(b, name))} in B)"
        for name in differing(a, b)
    ]
    if not parts:
        return "A and B are the same network: their curves lie on each other."
    *others, last = parts
    listed = f"{', '.join(others)} and {last}" if others else last
    return f"A and B differ in {listed}."


def _setting(name: str, value) -> str:
    """A setting's value as the reader sees it."""
    return LABELS[name][value] if name in LABELS else theme.setting(value)


def refused(times: float) -> str:
    """Why runs that would take so many times as long as is allowed were not started."""
    return fill(
        """These runs would take {times} times as long as is allowed, which is about a minute of one
        processor. Fewer steps, layers, units or seeds make them shorter; nothing was started, and
        nothing is lost.""",
        times=f"{math.ceil(10 * times) / 10:.1f}",
    )


# Look inside -------------------------------------------------------------------------------------


def gradients(pair: Pair, kind: str) -> str:
    """Layer 1's gradient in the first step and in the last one. kind: "dz" or "dW"."""
    found = first_layer(pair, kind).items()
    return fill(
        """‖{gradient}‖ of layer 1. {sizes}. A gradient may also be small because the loss is: near
        an optimum all layers turn blue together. One that vanishes turns bluer toward the
        input.""",
        gradient=PANEL["gradient"].options[kind],
        sizes="; ".join(f"{name}: {_first_and_last(sizes)}" for name, sizes in found if sizes),
    )


def _first_and_last(log10: list[float]) -> str:
    first = f"{theme.from_log10(log10[0], 2)} in the first step"
    return f"{first}, {theme.from_log10(log10[-1], 2)} in the last one" if log10[1:] else first


def equations(pair: Pair, step: int) -> str:
    """The gradients taken apart into slopes and the rest; nothing if neither can be."""
    lines = [line for name in NETS if (line := _equation(pair, name, step))]
    if not lines:
        return ""
    return fill(
        """
        {equations}

        {when}, from the last hidden layer back to the first: the product of the layers' root mean
        square slopes; the rest is what the weights, and whatever stands beside them, did to this
        gradient. It is of one network and the batch of its step, where other pages take the median
        of several before training.
        """,
        equations=theme.displayed(*lines),
        when=f"At step {step:,}" if step else "Before the first step",
    )


def _equation(pair: Pair, name: str, step: int) -> str:
    """Nothing where there is one layer, or its gradient is no finite number or 0."""
    record, L = pair.at(name, step), pair.runs[name].spec.depth
    if L < 2 or not math.isfinite(record.log10_dz[0, 0]):
        return ""
    gradient, slopes = relative_gradient(record)[0], slope_products(record)[0]
    ratio = rf"\frac{{\lVert dJ/dz_1 \rVert}}{{\lVert dJ/dz_{{{L}}} \rVert}}"
    product = rf"\prod_{{l=1}}^{{{L - 1}}} \varphi'(z_l)"
    rest, others = gradient - slopes if math.isfinite(slopes) else math.nan, r"\text{the rest}"
    shown = [theme.tex(size) for size in (gradient, slopes, rest)]
    return (
        rf"\text{{{name}:}}\quad {theme.term(NETS[name], ratio, shown[0])} "
        rf"{theme.relation(*shown)} {theme.term('reference', product, shown[1])} \cdot "
        rf"{theme.term('dark', others, shown[2])}"
    )


def activations(pair: Pair, states: dict[str, State]) -> str:
    """What the histograms of these states show."""
    return fill(
        """Sizes of the activations of 64 held-out {things}, {seen}. The bin at the left end holds
        zeros, from units that are off, and whatever else is too small for the axis; the one at the
        right end, all that is too large. A column that stays in its place from the first layer to
        the last is a signal that keeps its size.""",
        things=THINGS[pair.duel.data],
        # the step at which a run broke was not taken
        seen=" and ".join(
            f"{name} after step {state.step - (state.halts[0] is not None):,}"
            for name, state in states.items()
        ),
    )


def clipping(pair: Pair) -> str:
    """How many steps were cut; why there is nothing to show, if so."""
    found = clipped(pair)
    if not found:
        return "There is nothing to show: neither network clips its gradient."
    if not pair.step:
        return "There is nothing to show: nothing is trained yet."
    parts = [
        f"{name}: {theme.percent(share)} of {theme.count(steps, 'step')} cut"
        for name, (share, steps) in found.items()
    ]
    return f"{'; '.join(parts)}. Where the line lies at 1 a step was taken in full."


def seeds(runs: dict[str, Recording]) -> str:
    """What A and B have come to over several seeds."""
    return " ".join(f"{_over_seeds(name, run)}." for name, run in runs.items())


def _over_seeds(name: str, run: Recording) -> str:
    end = over_seeds(run)
    found = fill(
        "**{name}**: median {median}, {ends} over {seeds} after step {step}",
        name=name,
        median=theme.percent(end.median),
        ends=_ends(theme.percent(end.low), theme.percent(end.high)),
        seeds=theme.count(end.seeds, "seed"),
        step=f"{run.tests[-1].step:,}",
    )
    if not end.lost:
        return found
    return f"{found}; {end.lost} stopped, no longer finite, which counts as 0 %"


def _ends(low: str, high: str) -> str:
    return f"all at {low}" if low == high else f"from {low} to {high}"


# The autopsy -------------------------------------------------------------------------------------

OPERATIONS = {
    "pre-activation": "the pre-activations *u* = *h* W + *b*",
    "activation": "the activations *h*",
    "loss": "the loss",
    "gradient": "the gradient on its way back",
    "update": "the weights after the step",
}


def autopsy(name: str, halt: Halt, depth: int) -> str:
    """What broke in a network of so many hidden layers, and where."""
    return fill(
        """**Autopsy of {name}.** At step {step}, {operation} of {layer} became {value}: float64
        ends at 1.8×10³⁰⁸. Training stopped there, with the weights of the step before.""",
        name=name,
        step=halt.step,
        operation=OPERATIONS[halt.operation],
        layer="the output layer" if halt.layer == depth + 1 else f"layer {halt.layer}",
        value="not a number" if math.isnan(halt.value) else "infinite",
    )


def trials(runs: dict[str, Recording], data: str) -> str:
    """What became of a network that broke with each of these changes alone."""
    lines = [f"- With {change}: {_trial(run, THINGS[data])}" for change, run in runs.items()]
    return "\n".join(["What each change alone makes of it:", *lines])


def _trial(run: Recording, things: str) -> str:
    test, halt = run.tests[-1], run.state.halts[0]
    if halt or not math.isfinite(test.loss[0]):
        return f"no longer finite at step {halt.step if halt else test.step}."
    return fill(
        "{accuracy} of the held-out {things} right after {steps}, loss {loss}.",
        accuracy=theme.percent(test.accuracy[0]),
        things=things,
        steps=theme.count(test.step, "step"),
        loss=theme.number(test.loss[0]),
    )


# Around the lab ----------------------------------------------------------------------------------


def normalizers(found: dict[str, Normalized]) -> str:
    """Why batch normalization lets ten sigmoid layers learn, and layer normalization does not."""
    return fill(
        """After 200 steps the network with batch normalization names {batch} of the held-out digits
        right, the one with layer normalization {layer}, the one without {none}. Both normalizers
        keep the spread of *z*. But a sigmoid's output is near ½ for every digit, and layer
        normalization keeps that common part: in layer 10 the share of *z*² that differs between
        digits is {layer_differs}. Batch normalization takes the common part away, digit against
        digit: {batch_differs}.""",
        batch=theme.percent(found["batch"].accuracy),
        layer=theme.percent(found["layer"].accuracy),
        none=theme.percent(found["none"].accuracy),
        layer_differs=theme.from_log10(found["layer"].differs, 2),
        batch_differs=theme.from_log10(found["batch"].differs, 2),
    )


def notes(pair: Pair) -> list[str]:
    """What to notice before the first step: a line for each network, and what is healthy."""
    return [
        *(_before_training(pair, name) for name in NETS),
        fill(
            """About 10⁻³ a step is healthy. Far less, and 200 steps change nothing; near 1, and a
            step replaces what was there."""
        ),
    ]


def _before_training(pair: Pair, name: str) -> str:
    record = pair.first[name]
    sizes = record.log10_dz[0]
    if any(math.isnan(size) or size == math.inf for size in sizes):
        return f"In {name}'s first step not all of the gradient is a finite number."
    if sizes[0] == -math.inf:
        return fill(
            """Before any training {name}'s gradient at layer 1 is exactly 0: nothing that was sent
            back arrives, and layer 1 cannot learn.""",
            name=name,
        )
    return fill(
        """Before any training {name}'s gradient at layer 1 is {gradient} times that at the last
        hidden layer, and the first step moves the weights of layer 1 by {update} of their size.""",
        name=name,
        gradient=theme.from_log10(float(relative_gradient(record)[0]), 2),
        update=theme.from_log10(record.log10_update[0, 0], 2),
    )
