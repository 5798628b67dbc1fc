"""Sentences of the training lab."""

import math
from collections.abc import Sequence
from itertools import groupby

import numpy as np

from core.formats import FORMATS
from core.optimizers import RMSProp
from core.recording import Recording
from core.training import Halt, State
from pages.concepts.training.data import (
    NETS,
    Normalized,
    clipped,
    faint,
    first_layer,
    loudest,
    over_seeds,
    parted,
    relative_gradient,
    slope_products,
    twins,
)
from pages.concepts.training.networks import LABELS, NAMES, THINGS, Net, differing, has_epsilon
from pages.concepts.training.pairs import Pair
from pages.concepts.training.panel import PANEL
from pages.kit import theme
from pages.kit.prose import fill

MOST_SHARES = 6  # that are said of one step

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


def formats(pair: Pair, step: int) -> str:
    """What float32 did to A and B up to a step; nothing where neither computes in it."""
    both, found = twins(pair), []
    if both and min(step, pair.step):
        found.append(_beside(pair, step, *both))
    for name, net in pair.duel.nets.items():
        if net.dtype == "float32":
            found += [_exactly_zero(pair, name, step), _squares(pair, name, step)]
            found.append(_infinite_squares(pair, name, step))
    return " ".join(filter(None, found))


def _beside(pair: Pair, step: int, wide: str, single: str) -> str:
    """One network in float64 beside itself in float32."""
    broken = {name: halt for name in (single, wide) if (halt := pair.broken(name, step))}
    said, dtype = [], {wide: "float64", single: "float32"}
    for name, halt in broken.items():
        said.append(
            fill(
                """**In {format} it breaks at step {step}**: {what} of {layer} became {value}, and
                {format} ends at {largest}.""",
                format=dtype[name],
                step=halt.step,
                what=OPERATIONS[halt.operation],
                layer=_layer(halt.layer, pair.runs[name].spec.depth),
                value="not a number" if math.isnan(halt.value) else "infinite",
                largest=theme.number(FORMATS[dtype[name]].largest, 2),
            )
        )
    if len(broken) == 1:
        (other,) = {wide, single} - broken.keys()
        alive = math.isfinite(pair.tested(other, step).loss[0])
        said.append(
            f"In {dtype[other]} it goes on."
            if alive
            else f"In {dtype[other]} its held-out loss is no longer finite either."
        )
    apart = parted(pair, step)
    if apart.loss:
        said.append(
            fill(
                """At step {loss} the two losses first differ by more than 1 %{right}.""",
                loss=f"{apart.loss:,}",
                right=f", and after step {apart.right:,} the shares that they get right by "
                "more than 5 points"
                if apart.right
                else "",
            )
        )
    elif apart.compared:
        said.append(f"Up to step {apart.compared:,} the two losses agree to 1 %.")
    return " ".join(said)


def _exactly_zero(pair: Pair, name: str, step: int) -> str:
    """Where the gradient is too small for float32, and how much of it is left."""
    form, found, both = FORMATS["float32"], faint(pair, name, step), twins(pair)
    if found is None:
        return ""
    small = found.log10 < math.log10(form.smallest_normal)
    if not small.any():
        return ""
    depth, layers = pair.runs[name].spec.depth, np.flatnonzero(small) + 1
    said = fill(
        """In step {step} of {name} the entries of dJ/dW in {layers} have a root mean square below
        {normal}, where float32 begins to lose digits; below {smallest} it has nothing but 0.
        Exactly 0 are {shares}. Inputs of 0 and units that are off give zeros in any format.""",
        step=f"{found.step:,}",
        name=name,
        layers=_layers(layers, depth),
        normal=theme.number(form.smallest_normal, 2),
        smallest=theme.number(form.smallest, 2),
        shares=_shares(layers, found.zero[small], depth),
    )
    there = faint(pair, both[0], found.step) if both else None
    if there is None or there.step != found.step:
        return said
    least = int(layers[there.log10[small].argmin()])
    size = there.log10[least - 1]
    if size == -math.inf:
        return f"{said} In float64 all of them are 0 in {_layer(least, depth)}, too."
    about = theme.from_log10(size, 2)
    return f"{said} In float64 those of {_layer(least, depth)} are about {about}."


def _shares(layers: np.ndarray, zero: np.ndarray, depth: int) -> str:
    """“100 % of them in layers 1 to 9 and 63 % in layer 10”: layers of one share together, and of
    more than MOST_SHARES the first and the last."""
    groups = [
        (share, [layer for layer, _ in of])
        for share, of in groupby(
            zip(layers, zero, strict=True), key=lambda pair: theme.percent(pair[1])
        )
    ]
    parts = [f"{share} in {_layers(of, depth)}" for share, of in groups]
    first, *rest = [f"{groups[0][0]} of them in {_layers(groups[0][1], depth)}", *parts[1:]]
    if len(rest) >= MOST_SHARES:
        return f"{first}, and so on to {rest[-1]}"
    return theme.listed([first, *rest])


def _squares(pair: Pair, name: str, step: int) -> str:
    """Where the squares of all gradients so far are too small for float32, by which an optimizer
    divides."""
    net, found = pair.duel.nets[name], faint(pair, name, step)
    if found is None or not has_epsilon(net.rule):
        return ""
    kept = 1 - RMSProp().alpha if net.rule == "rmsprop" else 1.0  # of a square; Adam keeps sums
    lost = 0.5 * math.log10(FORMATS["float32"].smallest / 2 / kept)
    small = found.given > math.log10(net.epsilon)
    small &= loudest(pair, name, found.step) < lost
    if not small.any():
        return ""
    layers, sizes = np.flatnonzero(small) + 1, found.given[small]
    moved = np.where(small, found.log10_update, -np.inf)
    squares = "their squares" + ("" if found.step == 1 else " and of those before")
    squares += "" if kept == 1 else f", times {theme.number(kept, 1)},"
    return fill(
        """In step {step} of {name} the {entries} in {layers} are about {sizes}. Most of
        {squares} are exactly 0 in float32, and only ε, {epsilon}, is left for
        {rule} to divide by: the step is up to {moved} times the weights ({where}).""",
        step=f"{found.step:,}",
        layers=_layers(layers, pair.runs[name].spec.depth),
        name=name,
        entries=_entries(net),
        squares=squares,
        sizes=theme.span(theme.from_log10(sizes.min(), 1), theme.from_log10(sizes.max(), 1)),
        epsilon=_setting("epsilon", net.epsilon),
        rule=LABELS["rule"][net.rule],
        moved=theme.from_log10(float(moved.max()), 2),
        where=_layer(int(moved.argmax()) + 1, pair.runs[name].spec.depth),
    )


def _infinite_squares(pair: Pair, name: str, step: int) -> str:
    """Where squares of gradients were too large for float32, by which an optimizer divides."""
    net, found, form = pair.duel.nets[name], faint(pair, name, step), FORMATS["float32"]
    if found is None or not has_epsilon(net.rule):
        return ""
    sizes = loudest(pair, name, found.step)
    large = np.isfinite(sizes) & (sizes > 0.5 * math.log10(form.largest))
    if not large.any():
        return ""
    most = float(found.log10_update[large].max())
    return fill(
        """Up to step {step} of {name} the {entries} in {layers} reached {sizes} in root mean
        square. A square beyond {largest} is infinite in float32, and so is every mean that it goes
        into: what {rule} divides by its root is 0, and that weight is not moved by its gradient any
        more. In step {step} {moved}.""",
        step=f"{found.step:,}",
        name=name,
        entries=_entries(net),
        layers=_layers(np.flatnonzero(large) + 1, pair.runs[name].spec.depth),
        sizes=theme.span(
            theme.from_log10(sizes[large].min(), 1), theme.from_log10(sizes[large].max(), 1)
        ),
        largest=theme.number(form.largest, 2),
        rule=LABELS["rule"][net.rule],
        moved="none of these layers moves"
        if most == -math.inf
        else f"these layers move by up to {theme.from_log10(most, 2)} times their weights",
    )


def _entries(net: Net) -> str:
    """What the optimizer is given."""
    return "entries of dJ/dW" + ("" if net.clip == "none" else ", clipped,")


def _layer(layer: int, depth: int) -> str:
    return "the output layer" if layer == depth + 1 else f"layer {layer}"


def _layers(layers: Sequence[int] | np.ndarray, depth: int) -> str:
    """Layers 1 to 3 and 5, in their order."""
    if len(layers) == depth + 1:
        return "all layers"
    hidden = [int(layer) for layer in layers if layer <= depth]
    starts = [layer for layer in hidden if layer - 1 not in hidden]
    ends = [layer for layer in hidden if layer + 1 not in hidden]
    spans = [f"{a}" if a == b else f"{a} to {b}" for a, b in zip(starts, ends, strict=True)]
    parts = [f"layer{'s' if len(hidden) > 1 else ''} {theme.listed(spans)}"] if spans else []
    return theme.listed(parts + ["the output layer"] * (depth + 1 in layers))


def place(pair: Pair, step: int) -> str:
    """How far the training has come, and where the scrubber stands."""
    if not pair.step:
        return "Step 0: nothing is trained yet."
    return f"Step {step:,} of the {pair.step:,} trained."


def _come_to(pair: Pair, name: str, step: int) -> str:
    test = pair.tested(name, step)
    if halt := pair.broken(name, step):
        return f"**{name}** broke at step {halt.step}: its numbers are no longer finite."
    if not math.isfinite(test.loss[0]):
        return f"**{name}**'s held-out loss is no longer finite (after step {test.step:,})."
    return fill(
        """**{name}** gets {accuracy} of the held-out {things} right, and its loss on them is {loss}
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
    return f"A and B differ in {theme.listed(parts)}."


def _setting(name: str, value) -> str:
    """A setting's value as the reader sees it."""
    if name == "epsilon":
        return PANEL["a_epsilon"].shown(f"{value:.0e}".replace("e-0", "e-"))
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
    found = {name: sizes for name, sizes in first_layer(pair, kind).items() if sizes}
    return fill(
        """‖{gradient}‖ of layer 1. {sizes}. A gradient may also be small because the loss is: near
        an optimum all layers turn blue together. {vanishes}""",
        vanishes="One that vanishes turns bluer toward the input."
        if kind == "dz"
        else "One that vanishes need not show here: dJ/dW is dJ/dz times the layer's input, and "
        "where signals shrink on their way forward the two may cancel.",
        gradient=PANEL["gradient"].shown(kind),
        sizes="; ".join(f"{name}: {_first_and_last(sizes)}" for name, sizes in found.items())
        or "Neither network has a step with finite numbers",
    )


def _first_and_last(log10: list[float]) -> str:
    first = f"{theme.from_log10(log10[0], 2)} in the first step"
    return f"{first}, {theme.from_log10(log10[-1], 2)} in the last one" if log10[1:] else first


def equations(pair: Pair, step: int) -> str:
    """The gradients taken apart into slopes and the rest, where they can be; why one is 0."""
    lines = [line for name in NETS if (line := _equation(pair, name, step))]
    nothing = " ".join(filter(None, (_no_gradient(pair, name, step) for name in NETS)))
    if not lines:
        return nothing
    return fill(
        """
        {nothing}

        {equations}

        {when}, from the last hidden layer back to the first: the product of the layers' root mean
        square slopes; the rest is what the weights, and any normalization or shortcut, did to this
        gradient. The gradient is that of one network and one step's batch, where other pages take
        the median of several before training.
        """,
        nothing=nothing,
        equations=theme.displayed(*lines),
        when=f"At step {step:,}" if step else "Before the first step",
    ).lstrip()


def _no_gradient(pair: Pair, name: str, step: int) -> str:
    """That nothing reaches layer 1, and where it ends; nothing otherwise, or after a break."""
    record, run = pair.at(name, step), pair.runs[name]
    layers = np.flatnonzero(np.isneginf(record.log10_dz[0])) + 1
    if 1 not in layers or pair.broken(name, step):
        return ""
    depth, ends = run.spec.depth, int(layers[-1])
    off = np.flatnonzero(np.isneginf(record.log10_slope[0])) + 1
    why = f": all units of layer {ends} are off for its batch" if ends in off else ""
    if run.spec.residual and len(layers) > 1:  # past a layer that is off leads the shortcut
        all_off = np.isin(layers, off).all()
        why = ": in each of them all units are off for its batch" if all_off else ""
    ratio = " Over 0 in the last layer there is no ratio to draw." if ends == depth else ""
    return (
        f"In step {max(1, min(step, run.step)):,} of {name} dJ/d*z* is exactly 0 in "
        f"{_layers(layers, depth)}{why}.{ratio}"
    )


def _equation(pair: Pair, name: str, step: int) -> str:
    """Nothing where there is one layer, where training has halted, or where the gradient or the
    slopes are no finite number or 0."""
    record, L = pair.at(name, step), pair.runs[name].spec.depth
    if L < 2 or pair.broken(name, step):
        return ""
    gradient, slopes = relative_gradient(record)[0], slope_products(record)[0]
    if not (math.isfinite(gradient) and math.isfinite(slopes)):
        return ""
    ratio = rf"\frac{{\lVert dJ/dz_1 \rVert}}{{\lVert dJ/dz_{{{L}}} \rVert}}"
    product = rf"\prod_{{l=1}}^{{{L - 1}}} \varphi'(z_l)"
    rest, others = gradient - slopes, r"\text{the rest}"
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
        if steps
        else f"{name} broke at its first step, before anything was cut"
        if pair.halt(name)
        else f"{name} has taken no step yet"
        for name, (share, steps) in found.items()
    ]
    return f"{'; '.join(parts)}. Where the line lies at 1 a step was taken in full."


def boundary(pair: Pair) -> str:
    """What a shade of the plane means: with squared error no output is a probability."""
    trained = pair.duel.nets
    squared = [name for name, net in trained.items() if net.loss == "mean_squared_error"]
    softmax = "the probability of the dark class"
    sigmoid = "a sigmoid of how far the dark class's output is above the other's"
    if len(squared) == len(trained):
        shade = f"The shade is {sigmoid}"
    elif squared:
        (other,) = set(trained) - set(squared)
        shade = f"The shade is {softmax} in {other}; in {squared[0]} it is {sigmoid}"
    else:
        shade = f"The shade is {softmax}"
    return f"{shade}. A network that stays at guessing gives the whole plane one shade."


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
    return f"{found}; {end.lost} of them no longer finite, which counts as 0 %"


def _ends(low: str, high: str) -> str:
    return f"all at {low}" if low == high else f"from {low} to {high}"


# The autopsy -------------------------------------------------------------------------------------

OPERATIONS = {
    "pre-activation": "the sums *z* = *h* W + *b*",
    "activation": "the activations *h*",
    "loss": "the loss",
    "gradient": "the gradient on its way back",
    "update": "the weights after the step",
}


def autopsy(name: str, halt: Halt, depth: int, dtype: str = "float64") -> str:
    """What broke in a network of so many hidden layers, and where."""
    return fill(
        """**Autopsy of {name}.** At step {step}, {operation} of {layer} became {value}: {dtype}
        ends at {largest}. Training stopped there, with the weights of the step before.""",
        name=name,
        step=halt.step,
        operation=OPERATIONS[halt.operation],
        layer=_layer(halt.layer, depth),
        value="not a number" if math.isnan(halt.value) else "infinite",
        dtype=dtype,
        largest=theme.number(FORMATS[dtype].largest, 2),
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
        """After 200 steps the network with batch normalization gets {batch} of the held-out digits
        right, the one with layer normalization {layer}, the one without {none}. Both normalizers
        keep the spread of *z*. But far from the input a sigmoid's output is nearly the same for
        every digit, and layer normalization keeps that common part: in layer 10 the share of *z*²
        that differs between digits is {layer_differs}. Batch normalization takes the common part
        away, digit against digit: {batch_differs}.""",
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
        f"{theme.HEALTHY_STEP} Far less, and 200 steps change nothing; near 1, and a step replaces "
        "what was there.",
    ]


def _before_training(pair: Pair, name: str) -> str:
    record = pair.first[name]
    sizes = record.log10_dz[0]
    if any(math.isnan(size) or size == math.inf for size in sizes):
        return f"In {name}'s first step not all of the gradient is a finite number."
    if sizes[0] == -math.inf:
        return fill(
            """Before any training {name}'s gradient at layer 1 is exactly 0: of what this batch
            sends back nothing arrives, and layer 1 learns nothing from it.""",
            name=name,
        )
    if sizes[-1] == -math.inf:
        return fill(
            """Before any training {name}'s gradient at the last hidden layer is exactly 0. At layer
            1 it is {size}: it came past that layer.""",
            name=name,
            size=theme.from_log10(float(sizes[0]), 2),
        )
    update = theme.from_log10(record.log10_update[0, 0], 2)
    return fill(
        """Before any training {name}'s {gradient}, and the first step {step}.""",
        name=name,
        gradient="gradient has no second hidden layer to cross"
        if len(sizes) == 1
        else f"gradient at layer 1 is {theme.from_log10(float(relative_gradient(record)[0]), 2)} "
        "times that at the last hidden layer",
        step="is not taken: numbers are no longer finite"
        if record.halts[0]
        else f"moves the weights of layer 1 by {update} of their size",
    )
