"""What thinc does when nothing is said."""

import numpy as np
import record
from thinc.about import __version__
from thinc.api import SGD, Gelu, Linear, Maxout, Relu, Swish, fix_random_seed

fix_random_seed(0)


def made(layer):
    def draw(n_in, n_out):
        model = layer(n_out, n_in)
        model.initialize()
        return model.get_param("W"), model.get_param("b")

    return draw


record.dense("Linear", made(Linear))
record.dense("Relu", made(Relu), "dense relu")
record.dense("Gelu", made(Gelu), "dense gelu")
record.dense("Swish", made(Swish), "dense silu")
record.dense("Maxout", made(lambda n_out, n_in: Maxout(n_out, n_in, nP=1)), "dense maxout")


def clip(*arrays):
    """What plain SGD at rate 1 moves weights by, with its default of clipping."""
    optimizer = SGD(1.0)
    moved = []
    for i, a in enumerate(arrays):
        weights, _ = optimizer((i, "W"), np.zeros_like(a), a.copy())
        moved.append(0 - weights)
    return moved


record.clip("SGD", clip)
model = Gelu(1, 1)
model.initialize()
model.set_param("W", np.ones((1, 1), "f"))
record.value("gelu(-2)", "Gelu", model.predict(np.full((1, 1), -2.0, "f"))[0, 0])
record.done(__version__)
