"""What Penzai does when nothing is said: its layer draws its weights, and has no bias."""

from importlib.metadata import version
from itertools import count

import jax
import numpy as np
import record
from penzai import pz

seeds = count()


def linear(n_in, n_out):
    layer = pz.nn.Linear.from_config(
        f"layer{next(seeds)}",
        jax.random.key(next(seeds)),
        input_axes={"features": n_in},
        output_axes={"features_out": n_out},
    )
    return np.array(layer.weights.value.untag("features", "features_out").unwrap())


for n_in, n_out in record.SHAPES:
    record.weights("dense", "pz.nn.Linear", lambda n=(n_in, n_out): linear(*n), n_in, n_out)
record.done(version("penzai"))
