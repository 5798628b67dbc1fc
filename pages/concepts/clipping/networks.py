"""The networks that clipping is tried on."""

from dataclasses import dataclass, replace

from core.network import NetSpec
from core.training import TrainSpec

RUNS = 8  # networks per setting, of seeds 0 … 7


@dataclass(frozen=True)
class Network:
    """A network that clipping is tried on, and how it is trained."""

    name: str
    label: str
    spec: NetSpec
    training: TrainSpec


def _network(name: str, label: str, rate: float = 0.03, **fields) -> Network:
    spec = NetSpec(n_in=64, width=64, n_out=10, seeds=RUNS, **fields)
    return Network(name, label, spec, TrainSpec(rate, steps=200, batch_size=32))


def _changed(name: str, label: str, **fields) -> Network:
    """The network of this name with what cures it."""
    network = NETWORKS[name]
    return replace(network, name="cure", label=label, spec=replace(network.spec, **fields))


NETWORKS = {
    network.name: network
    for network in (
        _network("large", "ReLU, 8 layers, He ×1.6", depth=8, weight_scale=1.6),
        _network("normal", "ReLU, 20 layers, N(0, 1)", depth=20, initializer="normal"),
        _network("small", "ReLU, 16 layers, He ×0.6", depth=16, weight_scale=0.6),
        _network(
            "sigmoid",
            "Sigmoid, 20 layers, Xavier",
            depth=20,
            activation="sigmoid",
            initializer="xavier",
        ),
        _network("shallow", "ReLU, 5 layers, N(0, 1)", depth=5, initializer="normal"),
    )
}
CURES = {  # of each, the same network from better weights, or with another activation
    "large": _changed("large", "He ×1", weight_scale=1.0),
    "normal": _changed("normal", "He", initializer="he"),
    "small": _changed("small", "He ×1", weight_scale=1.0),
    "sigmoid": _changed("sigmoid", "tanh", activation="tanh"),
    "shallow": _changed("shallow", "He", initializer="he"),
}
SLOW = _network("slow", "a tenth of the rate", 0.003, depth=8, weight_scale=1.6)
