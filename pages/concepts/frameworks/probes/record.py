"""What the probes measure, in one form: a probe calls these functions, then `done`.

It runs in a framework's own environment, whichever Python and NumPy that has (3.8 and 1.19 will
do), and knows nothing of the project.
"""

import json

import numpy as np

SHAPES = ((64, 64), (256, 256), (1000, 1000), (1000, 250), (250, 1000))  # inputs, outputs
CHANNELS = (16, 256, 1000)  # of depthwise convolutions
NAMED = ((1000, 1000), (1000, 250))  # of initializers by name
HIDDEN = 256  # units of a recurrent layer, which reads as many inputs
ENOUGH = 250_000  # weights behind a standard deviation: it is right to 0.2 %
ENOUGH_BIASES = 10_000  # to 1 %: a layer has few
LIMIT = 1.0  # of the norm
HUGE = 1e20  # its square is beyond float32
CLIPS = {  # gradients of two parameters each
    "below the limit": ([0.3], [0.4]),
    "at the limit": ([0.6], [0.8]),
    "norms 3 and 4": ([3.0], [4.0]),
    "huge entries": ([HUGE] * 4, [3.0, 4.0]),
    "an infinity": ([np.inf, 1.0, 2.0], [3.0]),
    "a NaN": ([np.nan, 1.0, 2.0], [3.0]),
    "all zeros": ([0.0], [0.0, 0.0]),
}
SIGMOIDS = (17.0, -17.0, 40.0, -40.0)
MASKED = 100_000  # outputs that dropout of half of them gives a mask
PICKED = [3] * 100  # one row of an embedding of 10 × 4, a hundred times: its gradient's norm is 200

_found = {"weights": [], "values": [], "clips": []}


def weights(layer, call, draw, n_in, n_out, enough=ENOUGH):
    """Statistics of what `draw()`, an array of new weights at each call, makes for a layer."""
    drawn, count = [], 0
    while count < enough:
        drawn.append(np.asarray(draw(), dtype=np.float64).ravel())
        count += drawn[-1].size
        if len(drawn) == 3 and not any(w.any() for w in drawn):
            break  # nothing but zeros
    w = np.concatenate(drawn)
    centered = w - w.mean()
    square = np.mean(centered**2)
    _found["weights"].append(
        {
            "layer": layer,
            "call": call,
            "n_in": n_in,
            "n_out": n_out,
            "mean": float(w.mean()),
            "std": float(np.sqrt(square)),
            "smallest": float(w.min()),
            "largest": float(w.max()),
            "kurtosis": float(np.mean(centered**4) / square**2) if square else 0.0,
        }
    )


def dense(call, draw, layer="dense"):
    """Weights and biases of a dense layer: draw(n_in, n_out) makes a new one's (W, b)."""
    for n_in, n_out in SHAPES:
        weights(layer, call, lambda n=(n_in, n_out): draw(*n)[0], n_in, n_out)
    for n_in, n_out in SHAPES[2:]:
        weights(
            f"{layer} bias",
            call,
            lambda n=(n_in, n_out): draw(*n)[1],
            n_in,
            n_out,
            enough=ENOUGH_BIASES,
        )


def depthwise(call, draw):
    """Weights of a 3 × 3 convolution with as many groups as channels: draw(channels)."""
    for channels in CHANNELS:
        weights("depthwise 3x3", call, lambda c=channels: draw(c), channels, channels)


def named(name, call, draw):
    """Weights of an initializer by its name: draw(n_in, n_out)."""
    for n_in, n_out in NAMED:
        weights(name, call, lambda n=(n_in, n_out): draw(*n), n_in, n_out)


def recurrent(kind, call, gates):
    """Recurrent weights: gates() makes a new layer's, (HIDDEN, HIDDEN) each; a plain RNN has one.

    kind: "lstm", "gru" or "rnn".
    """
    weights(
        f"{kind} recurrent",
        call,
        lambda: np.stack([np.asarray(g) for g in gates()]),
        HIDDEN,
        HIDDEN,
    )
    sizes = np.linalg.svd(np.stack([np.asarray(g, np.float64) for g in gates()]), compute_uv=False)
    value(f"{kind} gate, largest singular value", call, sizes.max())
    value(f"{kind} gate, smallest singular value", call, sizes.min())


def lstm(call, gates):
    """Recurrent weights of an LSTM: gates() makes a new one's, four (HIDDEN, HIDDEN)."""
    recurrent("lstm", call, gates)


def value(item, call, x):
    """One number."""
    _found["values"].append({"item": item, "call": call, "value": float(np.asarray(x))})


def slope(item, call, df, z):
    """A derivative that the framework takes at z: df(z)."""
    value(item, call, df(z))


def clip(call, clipped):
    """Clip each case of CLIPS at LIMIT: clipped(a, b) takes two float32 arrays and returns two."""
    for case, (a, b) in CLIPS.items():
        arrays = [np.asarray(x, np.float32) for x in (a, b)]
        results = [np.asarray(x, np.float64) for x in clipped(*arrays)]
        texts = [" ".join(f"{x:.7g}" for x in np.atleast_1d(result)) for result in results]
        _found["clips"].append({"call": call, "case": case, "result": "; ".join(texts)})


def picked(call, gradient):
    """How long the gradient of the sum of the rows PICKED is after clipping to LIMIT."""
    norm = float(np.linalg.norm(np.asarray(gradient, dtype=np.float64)))
    value("norm of a row picked 100 times, clipped to 1", call, norm)


def first_move(call, move):
    """Share of the entries of a first move that are, to 2 %, of one length, as Adam's are."""
    length = np.abs(np.asarray(move, dtype=np.float64))
    alike = np.abs(length / np.median(length) - 1) < 0.02
    value("muon, share of entries that move alike", call, float(alike.mean()))


def recomputed(call, outputs, gradient):
    """Whether dropout in a block that is recomputed on the way back has the mask that it had.

    outputs: dropout's, MASKED of them, at rate 0.5, of weights of 1.
    gradient: that of the sum of (outputs − 1)²/2; it is 0 where the mask on the way back is.
    """
    same = (np.asarray(outputs) != 0) == (np.asarray(gradient) != 0)
    value("dropout recomputed, share of one mask", call, same.mean())


def done(version):
    """Hand over what was found, as the last line of the output."""
    print("\n" + json.dumps({"version": version, **_found}))
