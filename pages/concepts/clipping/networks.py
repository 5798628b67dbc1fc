"""The networks that clipping is tried on."""

from dataclasses import dataclass

from core.network import NetSpec
from core.training import TrainSpec

RUNS = 8  # networks per setting, of seeds 0 … 7


@dataclass(frozen=True)
class Network:
    """A network that clipping is tried on, how it is trained, and the weights that cure it."""

    name: str
    label: str
    spec: NetSpec
    training: TrainSpec
    cure: "Network | None" = None


def _network(name, label, cure=None, *, rate=0.03, **spec) -> Network:
    spec = NetSpec(n_in=64, width=64, n_out=10, seeds=RUNS, **spec)
    return Network(name, label, spec, TrainSpec(rate, steps=200, batch_size=32), cure)


def _cured(name, label, cure_label, cure: dict, **spec) -> Network:
    return _network(name, label, _network("cure", cure_label, **(spec | cure)), **spec)


_HE = {"initializer": "he", "weight_scale": 1.0}
_LARGE = {"depth": 8, "activation": "relu", "initializer": "he", "weight_scale": 1.6}
NETWORKS = {
    network.name: network
    for network in (
        _cured("large", "ReLU, 8 layers, He ×1.6", "He ×1", _HE, **_LARGE),
        _cured("normal", "ReLU, 20 layers, N(0, 1)", "He", _HE, depth=20, initializer="normal"),
        _cured("small", "ReLU, 16 layers, He ×0.6", "He ×1", _HE, depth=16, weight_scale=0.6),
        _cured(
            "sigmoid",
            "Sigmoid, 20 layers, Xavier",
            "tanh",
            {"activation": "tanh"},
            depth=20,
            activation="sigmoid",
            initializer="xavier",
        ),
        _cured("shallow", "ReLU, 5 layers, N(0, 1)", "He", _HE, depth=5, initializer="normal"),
    )
}
SLOW = _network("slow", "a tenth of the rate", rate=0.003, **_LARGE)
