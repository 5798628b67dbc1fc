"""The training lab: two networks side by side, trained in front of the reader's eyes."""

import math
from collections.abc import Callable
from functools import partial

import streamlit as st

from core import network, recipes, recording, training
from core.recording import TooMuchWork
from pages.concepts.training import charts, data, networks
from pages.concepts.training import lab as labs
from pages.concepts.training.panel import DRAWN, HELPS, NETWORKS, PANEL, STEPS
from pages.kit import controls, live, page, predict, theme, values
from pages.kit.panels import Choice, Range

page.header(PANEL)


def _begin(duel: networks.Duel) -> data.Pair:
    """The pair that a visit begins with: trained already at the page's own settings."""
    return data.finished(duel, networks.FIRST_STEPS) if duel == networks.FIRST else data.pair(duel)


def _lab(at) -> labs.Lab:
    duel = networks.duel(at)
    return labs.lab(duel, partial(_begin, duel))


# Buttons -----------------------------------------------------------------------------------------


def _press(action: Callable, *args) -> None:
    """What a button does to the lab of the current settings; then the whole page runs anew."""
    values.stay(PANEL.page)
    at = values.now(PANEL)
    values.change(PANEL, action(_lab(at), at, *args) or {}, anew=values.PAGE)


def _train(lab: labs.Lab, at) -> None:
    _start(lab, "pair", lab.pair.runs, int(at.steps))


def _start(lab: labs.Lab, name: str, runs: dict, steps: int) -> None:
    """Train these runs, or say why not."""
    lab.refused = ""
    try:
        labs.start(lab, name, runs, steps)
    except TooMuchWork as error:
        lab.refused = _refusal(error)


def _refusal(error: TooMuchWork) -> str:
    times = math.ceil(10 * error.asked / recording.MAX_WORK) / 10
    return (
        f"These runs would take {times:.1f} times as long as is allowed, which is about a minute "
        "of one processor. Fewer steps, layers, units or seeds make them shorter; "
        "nothing was started, and nothing is lost."
    )


def _pause(lab: labs.Lab, _) -> None:
    labs.stop(lab)


def _one_step(lab: labs.Lab, _) -> None:
    runs = {
        name: recording.extend(
            recording.lengthen(run, max(run.step + 1, run.train_spec.steps)),
            lab.pair.duel.dataset,
            steps=1,
        )
        for name, run in lab.pair.runs.items()
    }
    lab.pair = data.Pair(lab.pair.duel, runs)


def _rewind(lab: labs.Lab, _) -> None:
    runs = {name: recording.rewind(run) for name, run in lab.pair.runs.items()}
    lab.pair = data.Pair(lab.pair.duel, runs)


def _more(lab: labs.Lab, at) -> dict[str, str]:
    """Go on beyond the last step: the number of steps moves up, and the training goes on."""
    following = _following(int(at.steps))
    _start(lab, "pair", lab.pair.runs, following)
    return {} if lab.refused else {"steps": str(following)}


def _following(steps: int) -> int:
    """The next larger number of steps that can be chosen, or the largest."""
    return next((n for n in map(int, STEPS) if n > steps), steps)


def start_button(lab: labs.Lab, steps: int, where: str) -> None:
    """Start, go on or pause: what the runs at these settings allow now, if anything."""
    pair = lab.pair
    if lab.running:
        name, label, action = "pause", "Pause training", _pause
    elif not _done(pair, steps):
        label = f"Continue to step {steps:,}" if pair.step else f"Train {steps:,} steps"
        name, action = "start", _train
    elif not _halted(pair) and steps < int(list(STEPS)[-1]):
        name, label, action = "more", f"Train on to step {_following(steps):,}", _more
    else:
        return
    st.button(f"**{label}**", key=f"training.{name}.{where}", on_click=partial(_press, action))


def _done(pair: data.Pair, steps: int) -> bool:
    return all(run.state.halted or run.step >= steps for run in pair.runs.values())


def _halted(pair: data.Pair) -> bool:
    return all(run.state.halted for run in pair.runs.values())


def buttons(lab: labs.Lab, steps: int) -> None:
    """Start, pause, step, rewind."""
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        start_button(lab, steps, "top")
        if lab.running:
            return
        pair = lab.pair
        st.button(
            "One step",
            key="training.step",
            on_click=partial(_press, _one_step),
            disabled=_halted(pair) or pair.step >= int(list(STEPS)[-1]),
        )
        st.button(
            "Back to step 0",
            key="training.rewind",
            on_click=partial(_press, _rewind),
            disabled=pair.step == 0,
            help="The same weights again; trained again, the same numbers come out.",
        )


# The run -----------------------------------------------------------------------------------------


def _ticking() -> tuple[str | None, float]:
    """What is being trained, and after how many seconds the browser asks for the next tick."""
    lab = _lab(values.now(PANEL))
    return lab.running, lab.period if lab.running else 0.0


ticking = _ticking()
st.session_state[DRAWN] = None  # until all of the page is


@page.part_later(PANEL, run_every=ticking[1] or None)
def run_view(at) -> None:
    """All that moves with the scrubber or with training; while a job runs it reruns by itself."""
    lab, steps = _lab(at), int(at.steps)
    if lab.running:
        labs.tick(lab, lab.pair.duel.dataset)
    running = lab.running == "pair"
    live.show(
        charts.run,
        lab.pair.once(
            "run",
            steps,
            running,
            make=partial(data.run_frame, lab.pair, steps, running=running),
        ),
        at,
        panel=PANEL,
        live=("at",),
        alt_text="Four panels for the networks A and B. Over the training steps: loss, and share "
        "of examples named right. Over the hidden layers, at the step of the scrubber: the "
        "gradient dJ/dz relative to the last layer with the product of slopes, and the relative "
        "size of the step. The numbers stand in the text below.",
        curves=lab.pair.once("curves", steps, make=partial(data.curves, lab.pair, steps)),
    )
    buttons(lab, steps)
    if lab.running:
        share, words = lab.jobs[lab.running].progress
        st.progress(share, text=words)
    if lab.refused:
        st.warning(lab.refused)
    if running and lab.pair.duel.data == "spirals":
        _boundary(lab, lab.pair.step)
    step = data.shown_step(at.at, max(steps, lab.pair.step), lab.pair.step)
    page.write(_reading(lab.pair, lab.pair.step if running else step))
    if not lab.running:
        autopsy(lab)
    _redraw_if_it_ticks_otherwise()


def _redraw_if_it_ticks_otherwise() -> None:
    """Run the whole page where a training has begun or ended, or has another period, since then.

    Only once all is drawn: a widget that is not would forget its value.
    """
    if st.session_state[DRAWN] not in (None, _ticking()):
        st.rerun()


def _beside(settings: dict[str, tuple[Range | Choice, ...]]) -> None:
    """Settings of A beside those of B."""
    for (side, mine), column in zip(settings.items(), st.columns(2, gap="large"), strict=True):
        with column:
            page.write(f"**Network {side.upper()}**")
            controls.draw(PANEL, *(control.name for control in mine), pairs=True)


def _copy() -> None:
    at = values.now(PANEL)
    values.change(PANEL, {f"b_{name}": getattr(at, f"a_{name}") for name in networks.SETTINGS})


@page.part_later(PANEL)
def look_inside(at) -> None:
    lab = _lab(at)
    start_button(lab, int(at.steps), "settings")
    if lab.running and at.view != "seeds":
        return
    page.write("## Look inside")
    controls.draw(PANEL, ("view",), ASKED.get(at.view, ("at",)))
    step = data.shown_step(at.at, max(int(at.steps), lab.pair.step), lab.pair.step)
    LOOKS[at.view](at, lab, step)


def _reading(pair: data.Pair, step: int) -> str:
    """What A and B are at the scrubbed step, in words."""
    if not pair.step:
        found = "Nothing is trained yet: the panels by layer show the first step's gradients."
        return f"{found} {networks.difference(pair.duel.a, pair.duel.b)}"
    lines = []
    for name, run in pair.runs.items():
        test = max((t for t in run.tests if t.step <= step), key=lambda t: t.step)
        halt = pair.halt(name)
        if halt and step >= halt.step:
            lines.append(f"**{name}** stopped at step {halt.step}: it is no longer finite.")
            continue
        if not math.isfinite(test.loss[0]):
            lines.append(f"**{name}**'s outputs are no longer numbers (after step {test.step:,}).")
            continue
        lines.append(
            f"**{name}** names {theme.percent(test.accuracy[0])} of the held-out "
            f"{networks.THINGS[pair.duel.data]} right, its loss on them is "
            f"{theme.number(test.loss[0])} (after step {test.step:,})."
        )
    return f"{' '.join(lines)} {networks.difference(pair.duel.a, pair.duel.b)}"


# Look inside -------------------------------------------------------------------------------------


def _gradients(at, lab: labs.Lab, step: int) -> None:
    symbol = {"dz": "dJ/dz", "dW": "dJ/dW"}[at.gradient]
    page.show(
        charts.gradient_map,
        lab.pair.once(
            "map",
            at.steps,
            at.gradient,
            make=partial(data.gradient_map, lab.pair, int(at.steps), at.gradient),
        ),
        key="training.map",
        alt_text="Two heat maps, for A and B: the size of the gradient as a color, from blue for "
        "small over green to orange for large, by hidden layer and by training step.",
    )
    parts = []
    for name, run in lab.pair.runs.items():
        records = [r for r in run.steps or [lab.pair.first[name]] if math.isfinite(r.loss[0])]
        sizes = [getattr(record, f"log10_{at.gradient}")[0, 0] for record in records]
        if sizes:
            last = f", {theme.from_log10(sizes[-1], 2)} in the last one" if len(sizes) > 1 else ""
            parts.append(f"{name}: {theme.from_log10(sizes[0], 2)} in the first step{last}")
    page.write(
        f"‖{symbol}‖ of layer 1. {'; '.join(parts)}. A gradient may also be small because the loss "
        "is: near an optimum all layers turn blue together. One that vanishes turns bluer "
        "toward the input."
    )
    _equations(lab.pair, step)


def _equations(pair: data.Pair, step: int) -> None:
    """The gradient of each network, taken apart into slopes and the rest."""
    lines = []
    for name, hue in data.NETS.items():
        record, L = pair.at(name, step), pair.runs[name].spec.depth
        if L < 2 or not math.isfinite(record.log10_dz[0, 0]):
            continue
        gradient = data.relative_gradient(record)[0]
        slopes = data.slope_products(record)[0]
        ratio = rf"\frac{{\lVert dJ/dz_1 \rVert}}{{\lVert dJ/dz_{{{L}}} \rVert}}"
        product = rf"\prod_{{l=1}}^{{{L - 1}}} \varphi'(z_l)"
        rest = gradient - slopes if math.isfinite(slopes) else math.nan
        others = r"\text{the rest}"
        lines.append(
            rf"\text{{{name}:}}\quad {theme.term(hue, ratio, theme.tex(gradient))} = "
            rf"{theme.term('reference', product, theme.tex(slopes))} \cdot "
            rf"{theme.term('dark', others, theme.tex(rest))}"
        )
    if lines:
        when = f"At step {step:,}" if step else "Before the first step"
        page.write(
            f"{theme.displayed(*lines)}\n\n"
            f"{when}, from the last hidden layer back to the first: the product of the layers' "
            "root mean square slopes; the rest is what the weights, and whatever stands beside "
            "them, did to this gradient."
        )


def _activations(at, lab: labs.Lab, step: int) -> None:
    states = lab.pair.once("states", step, make=partial(data.states, lab.pair, step))
    page.show(
        charts.histograms,
        lab.pair.once("histograms", step, make=partial(data.histograms, lab.pair, states)),
        key="training.histograms",
        alt_text="Two panels, for A and B: by hidden layer, how many activations have which size, "
        "as the strength of a color, on an axis of powers of ten.",
    )
    # the step at which a run broke was not taken
    seen = " and ".join(
        f"{name} after step {s.step - (s.halts[0] is not None):,}" for name, s in states.items()
    )
    page.write(
        f"Sizes of the activations of 64 held-out {networks.THINGS[lab.pair.duel.data]}, {seen}. "
        "The bin at the left end holds zeros, from units that are off, and whatever else is too "
        "small for the axis; the one at the right end, all that is too large. A column that stays "
        "in its place from the first layer to the last is a signal that keeps its size."
    )


def _clipping(at, lab: labs.Lab, step: int) -> None:
    pair = lab.pair
    clipped = {n: net for n, net in pair.duel.nets.items() if net.clip != "none"}
    if not clipped or not pair.step:
        why = "neither network clips its gradient" if not clipped else "nothing is trained yet"
        page.write(f"There is nothing to show: {why}.")
        return
    page.show(
        charts.clip_factors,
        lab.pair.once("clip", at.steps, make=partial(data.clip_factors, pair, int(at.steps))),
        key="training.clip",
        alt_text="Line chart over the training steps: the norm of the gradient after clipping "
        "relative to the norm before, for A and B.",
    )
    parts = []
    for name in clipped:
        share, steps = data.clipped(pair.runs[name])
        parts.append(f"{name}: {theme.percent(share)} of {theme.count(steps, 'step')} cut")
    page.write(f"{'; '.join(parts)}. Where the line lies at 1 a step was taken in full.")


def _boundary(lab: labs.Lab, step: int) -> None:
    states = lab.pair.once("states", step, make=partial(data.states, lab.pair, step))
    page.show(
        charts.boundary,
        lab.pair.once("boundary", step, make=partial(data.boundary, lab.pair, states)),
        key="training.boundary",
        alt_text="Two planes, for A and B: the probability of the dark class as a shade of grey, "
        "and training examples of two interleaved spirals as light and dark points.",
    )


def _boundaries(at, lab: labs.Lab, step: int) -> None:
    if lab.pair.duel.data != "spirals":
        page.write(
            "Digits have 64 pixels, so their boundary cannot be drawn. "
            "The spirals have two coordinates: choose them as the data."
        )
        return
    _boundary(lab, step)
    page.write(
        "The shade is the probability of the dark class. A network that stays at guessing gives "
        "the whole plane one shade."
    )


def _repeat(lab: labs.Lab, at) -> None:
    duel = lab.pair.duel
    runs = {
        name: data.begin(net, duel.data, duel.seed, int(at.seeds))
        for name, net in duel.nets.items()
    }
    _start(lab, "seeds", runs, int(at.steps))


def _over_seeds(at, lab: labs.Lab, _: int) -> None:
    page.write(
        "Was it luck? One run is one draw of the weights. Here are the same two networks over "
        "several seeds, each with draws of its own."
    )
    st.button(
        f"Train {at.seeds} of each, {int(at.steps):,} steps",
        key="training.repeat",
        on_click=partial(_press, _repeat),
        disabled=lab.running is not None,
    )
    if lab.running == "seeds":
        st.caption("They train now; the bar below the first chart says how far they are.")
    many = lab.jobs.get("seeds")
    if many and lab.running != "seeds" and many.step:
        page.show(
            charts.seeds,
            data.seeds_frame(many.runs, many.steps),
            key="training.seeds",
            alt_text="Line chart of the share of held-out examples named right over the training "
            "steps, for A and B: the median over the seeds and a band for the middle half.",
        )
        parts = []
        for name, run in many.runs.items():
            end = data.over_seeds(run)
            parts.append(
                f"**{name}**: median {theme.percent(end.median)}, from {theme.percent(end.low)} to "
                f"{theme.percent(end.high)} over {end.seeds} seeds after step "
                f"{run.tests[-1].step:,}"
                + (
                    f"; {end.lost} stopped, no longer finite, which counts as 0 %"
                    if end.lost
                    else ""
                )
            )
        page.write(". ".join(parts) + ".")


LOOKS = {
    "map": _gradients,
    "activations": _activations,
    "clipping": _clipping,
    "boundary": _boundaries,
    "seeds": _over_seeds,
}
ASKED = {"map": ("gradient", "at"), "seeds": ("seeds",)}  # controls of a look, where not the step


# The autopsy ------------------------------------------------------------------------------------


def autopsy(lab: labs.Lab) -> None:
    """What broke, where, the steps before, and what a change would have made of it."""
    for name, run in lab.pair.runs.items():
        halt = lab.pair.halt(name)
        if halt is None:
            continue
        with st.container(border=True):
            page.write(f"**Autopsy of {name}.** {_cause(run, halt)}")
            before = data.last_steps(run)
            if len(before):
                st.dataframe(before, hide_index=True, width="stretch")
            else:
                page.write("It was the first step: there is no step before it to look at.")
            _trials(lab, name)


OPERATIONS = {
    "pre-activation": "the pre-activations *u* = *h* W + *b*",
    "activation": "the activations *h*",
    "loss": "the loss",
    "gradient": "the gradient on its way back",
    "update": "the weights after the step",
}


def _cause(run: recording.Recording, halt: training.Halt) -> str:
    where = "the output layer" if halt.layer == run.spec.depth + 1 else f"layer {halt.layer}"
    value = "not a number" if math.isnan(halt.value) else "infinite"
    told = f"At step {halt.step}, {OPERATIONS[halt.operation]} of {where} became {value}"
    return (
        f"{told}: float64 ends at 1.8×10³⁰⁸. Training stopped there, with the weights of the step "
        "before."
    )


def _trials(lab: labs.Lab, name: str) -> None:
    """Each change alone: the same seed, the same batches, as many steps."""
    net, job = lab.pair.duel.nets[name], lab.jobs.get(f"trials {name}")
    steps = max(200, lab.pair.halt(name).step + 20)
    changes = data.changes(net)
    if job is None or not job.ended:
        page.write("What might have helped? Each of these alone: " + ", ".join(changes) + ".")
        st.button(
            f"Try them on {name}, {steps} steps each",
            key=f"training.trials.{name}",
            on_click=partial(_press, _try, name, steps),
        )
        return
    lines = []
    for change, trial in job.runs.items():
        test, broke = trial.tests[-1], trial.state.halts[0]
        if broke or not math.isfinite(test.loss[0]):
            at_step = broke.step if broke else test.step
            lines.append(f"- With {change}: no longer finite at step {at_step}.")
            continue
        lines.append(
            f"- With {change}: {theme.percent(test.accuracy[0])} of the held-out "
            f"{networks.THINGS[lab.pair.duel.data]} right after {test.step} steps, "
            f"loss {theme.number(test.loss[0])}."
        )
    page.write("What each change alone makes of it:\n" + "\n".join(lines))


def _try(lab: labs.Lab, _, name: str, steps: int) -> None:
    duel = lab.pair.duel
    runs = {
        change: data.begin(net, duel.data, duel.seed)
        for change, net in data.changes(duel.nets[name]).items()
    }
    _start(lab, f"trials {name}", runs, steps)


# Before the first step ---------------------------------------------------------------------------


def _notes(pair: data.Pair) -> list[str]:
    lines = []
    for name in data.NETS:
        record = pair.first[name]
        sizes = record.log10_dz[0]
        if any(math.isnan(size) or size == math.inf for size in sizes):
            lines.append(f"In {name}'s first step not all of the gradient is a finite number.")
            continue
        if sizes[0] == -math.inf:
            lines.append(
                f"Before any training {name}'s gradient at layer 1 is exactly 0: nothing that was "
                "sent back arrives, and layer 1 cannot learn."
            )
            continue
        gradient = float(data.relative_gradient(record)[0])
        update = record.log10_update[0, 0]
        lines.append(
            f"Before any training {name}'s gradient at layer 1 is "
            f"{theme.from_log10(gradient, 2)} times that at the last hidden layer, and the first "
            f"step moves the weights of layer 1 by {theme.from_log10(update, 2)} of their size."
        )
    lines.append(
        "About 10⁻³ a step is healthy. Far less, and 200 steps change nothing; near 1, and a step "
        "replaces what was there."
    )
    return lines


@page.part_later(PANEL)
def notes(at) -> None:
    page.notice(_notes(_lab(at).pair))


# The article -------------------------------------------------------------------------------------

run_view()

page.write("## The two networks")
controls.presets(PANEL)
controls.draw(PANEL, "data", "steps", "seed")
_beside(NETWORKS)
controls.more(
    PANEL,
    "Shortcuts, normalization, clipping",
    [control.name for side in HELPS.values() for control in side],
    partial(_beside, HELPS),
)
st.button("Copy A to B", key="training.copy", on_click=_copy)
look_inside()

normal = data.normalized() if predict.answered(PANEL) else None
because = ""
if normal:
    because = (
        f"After 200 steps the network with batch normalization names "
        f"{theme.percent(normal['batch'].accuracy)} of the held-out digits right, the one with "
        f"layer normalization {theme.percent(normal['layer'].accuracy)}, the one without "
        f"{theme.percent(normal['none'].accuracy)}. Both normalizers keep the spread of *z*. But a "
        "sigmoid's output is near ½ for every digit, and layer normalization keeps that common "
        "part: in layer 10 the share of *z*² that differs between digits is "
        f"{theme.from_log10(normal['layer'].differs, 2)}. Batch normalization takes the common "
        f"part away, digit against digit: {theme.from_log10(normal['batch'].differs, 2)}."
    )
predict.choice(
    PANEL,
    "Ten sigmoid layers with Xavier weights stay at guessing. Put a normalization before each "
    "sigmoid. Which one lets the network learn?",
    options={
        "none": "None: σ′ stays at most ¼",
        "layer": "Layer normalization only",
        "batch": "Batch normalization only",
        "both": "Both",
    },
    truth="batch",
    replies={
        "none": "The slope is one factor. A normalizer divides by the spread of *u*, and that "
        "factor is in the product too.",
        "layer": "It normalizes each digit by itself, and so leaves all digits alike.",
        "both": "They normalize along different axes, and here that is the whole difference.",
    },
    because=because,
)

page.write(
    "## The idea\n\n"
    "The pages before this one look at a network before its first step. The claim behind them is "
    "about training: a gradient that has vanished cannot teach the layers near the input, and one "
    "that has exploded throws them away. Here it is put to the test.\n\n"
    "A and B see the same examples in the same order. Their weights come from one seed: with the "
    "same width, and schemes of one family (normal, uniform or orthogonal), they are the same "
    "draws, layer by layer, scaled differently. Then what differs in what they do comes from what "
    "differs in their settings, and from nothing else."
)


notes()

page.write(
    "## The fine print\n\n"
    "- Plain gradient descent on batches of 32, no momentum, biases from 0, the output layer's "
    "weights scaled like the others. Batch normalization uses each batch's own statistics, in "
    "tests too: those of the held-out examples together.\n"
    "- The gradients at a step are those of its batch, before the weights move. Two networks of "
    "different widths, or schemes of different families, have other draws, and a difference "
    "between them may be luck.\n"
    "- A learning rate that suits one network need not suit the other. To compare fairly, search "
    "the best rate of each.\n"
    "- 360 digits (or 120 points of the spirals) are held out: the standard error of an accuracy "
    "is 2 to 5 points."
)


# Taken away --------------------------------------------------------------------------------------


def _scripts(at) -> None:
    duel = networks.duel(at)
    for name, net in duel.nets.items():
        with st.container(horizontal=True, gap="small"):
            for kind, script in (
                ("NumPy", recipes.numpy_script),
                ("PyTorch", recipes.pytorch_script),
            ):
                st.download_button(
                    f"{name} as a {kind} script",
                    partial(
                        script,
                        net.spec(duel.data),
                        net.how(int(at.steps)),
                        seed=duel.seed,
                        dataset=duel.data,
                    ),
                    file_name=f"network_{name.lower()}_{kind.lower()}.py",
                    mime="text/x-python",
                    key=f"training.script.{name}.{kind}",
                    on_click="ignore",
                )


def _open_scripts() -> None:
    page.write(
        "Each script is this network, its data and its training in one file, and prints the "
        "losses of this page. The NumPy script needs NumPy alone."
    )
    _scripts(values.read(PANEL))


def _data() -> None:
    page.write("The run as it was recorded: a row for each network, step and layer.")
    page.download(data.table(_lab(values.read(PANEL)).pair), "training")


page.more(
    PANEL,
    {
        "Take it away: scripts": _open_scripts,
    },
    source=(
        network.forward,
        network.backward,
        training.Run.step,
        recording.extend,
    ),
    data=_data,
)

page.recall(
    PANEL,
    "What does clipping by norm change about a gradient, and what does it leave?",
    "Its length, where that is above the threshold. It leaves its direction, every ratio between "
    "two layers, and every factor that made it large.",
)
page.footer(PANEL)

st.session_state[DRAWN] = ticking
_redraw_if_it_ticks_otherwise()
