"""One experiment has one number, on whichever page it is shown.

Pages that show ‖dJ/dz₁‖/‖dJ/dz_L‖ and ∏ φ′(z) of a network on digits before training take both from
`core.untrained`. Where a page cannot, it says so where its number stands.
"""

import itertools

import numpy as np
import pytest

from core import untrained
from core.network import NetSpec
from pages.concepts.activations import data as activations
from pages.concepts.chain_rule import charts as chain_charts
from pages.concepts.chain_rule import data as chain_rule
from pages.concepts.home import data as home
from pages.concepts.initialization import data as initialization
from pages.concepts.optimizers import data as optimizers
from pages.kit import predict, theme
from tests.app import open_page, prose

SCALES = {"normal": 3.0, "he": 0.5, "xavier": 0.0}  # log₂ of σ√n at width 64
NAMES = {"normal": "N(0, 1)", "he": "He", "xavier": "Xavier"}
LABELS = {"tanh": "Tanh", "relu": "ReLU", "sigmoid": "Sigmoid"}
Shown = tuple[str, str]  # gradient and slopes


def shown(gradient, slopes) -> Shown:
    return theme.from_log10(float(gradient)), theme.from_log10(float(slopes))


def on_home(phi: str, scheme: str, depth: int, seed: int) -> Shown | None:
    """Each scheme at ×1, and those that another scale makes of it."""
    for name, kind in home.NETWORKS.items():
        if (kind.spec.activation, kind.spec.depth, seed) != (phi, depth, 0):
            continue
        if kind.spec.initializer == scheme:
            found = home.drag(name, None)
            row = found.at(1.0)
            return shown(found.median[row, 0], found.slopes[row, 0])
    return None


def on_initialization(phi: str, scheme: str, depth: int, seed: int) -> Shown:
    of = initialization.Setting(phi, 64, depth, "lecun", 0.0, seed)
    nets, at = initialization.measured(of), initialization.STEPS.index(SCALES[scheme])
    return shown(nets.dz.median[at, 0], nets.slopes.median[at, 0])


def among_initializations_ghosts(phi: str, scheme: str, depth: int, seed: int) -> Shown:
    of = initialization.Setting(phi, 64, depth, "lecun", 0.0, seed)
    ghost = initialization.named(of)[scheme]
    return shown(ghost.nets.dz.median[ghost.row, 0], ghost.nets.slopes.median[ghost.row, 0])


def on_chain_rule(phi: str, scheme: str, depth: int, seed: int) -> Shown | None:
    if depth != chain_charts.STEPS + 1:
        return None
    net = chain_rule.split("64", phi, scheme, seed)
    return shown(net.gradient[-1], net.slopes[-1])


def on_activations(phi: str, scheme: str, depth: int, seed: int) -> Shown:
    found = activations.products(phi, activations.Setting(scheme, depth, 0.01, seed))
    return shown(found.gradient[0], found.slopes[0])


def everywhere(phi: str, scheme: str, depth: int, seed: int) -> dict[str, Shown]:
    pages = (
        on_home,
        on_initialization,
        among_initializations_ghosts,
        on_chain_rule,
        on_activations,
    )
    found = {page.__name__: page(phi, scheme, depth, seed) for page in pages}
    return {name: numbers for name, numbers in found.items() if numbers}


@pytest.mark.parametrize("depth", [15, 16, 20])
@pytest.mark.parametrize("phi", LABELS)
@pytest.mark.parametrize("scheme", SCALES)
@pytest.mark.parametrize("seed", [0, 3])
def test_the_same_network_has_the_same_numbers_on_every_page(phi, scheme, depth, seed):
    found = everywhere(phi, scheme, depth, seed)
    assert len(found) >= 3 + (depth == 15)
    for (one, ours), (other, theirs) in itertools.combinations(found.items(), 2):
        assert ours == theirs, f"{one}: {ours}, {other}: {theirs}"


def test_all_pages_that_have_the_experiment_are_compared():
    assert set(everywhere("tanh", "normal", 15, 0)) >= {"on_home", "on_chain_rule"}
    assert set(everywhere("relu", "he", 16, 0)) >= {"on_home", "on_activations"}


@pytest.mark.parametrize("phi,scheme", [("tanh", "normal"), ("sigmoid", "xavier"), ("relu", "he")])
def test_the_network_behind_the_histogram_is_one_of_those_below_it(phi, scheme):
    found = activations.seen(phi, scheme, 0.01, 2)
    depth = activations.SEEN_DEPTH
    (gradient, _) = on_activations(phi, scheme, depth, 2)
    assert theme.from_log10(found.gradient) == gradient


@pytest.mark.parametrize("width", ["5", "10"])
@pytest.mark.parametrize("phi,scheme", [("relu", "he"), ("relu", "normal"), ("tanh", "he")])
def test_narrow_networks_agree_where_their_first_layers_do(width, phi, scheme):
    """He looks at the fan-in of each layer; a first layer's size is of no matter to ReLU."""
    net = chain_rule.split(width, phi, scheme, 0)
    of = initialization.Setting(phi, int(width), chain_charts.STEPS + 1, "lecun", 0.0, 0)
    ghost = initialization.named(of)[scheme]
    ours, theirs = net.gradient[-1], ghost.nets.dz.median[ghost.row, 0]
    assert theme.from_log10(ours) == theme.from_log10(theirs)


def test_the_maps_line_is_what_the_page_that_it_leads_to_shows():
    size = home.landmarks()
    for scheme in ("normal", "he"):
        (gradient, _) = on_initialization("relu", scheme, 20, 0)
        assert theme.from_log10(size[scheme]) == gradient


def test_tanh_with_n01_through_15_layers_is_one_number_in_the_text():
    number, _ = on_chain_rule("tanh", "normal", 15, 0)
    short = theme.from_log10(chain_rule.split("64", "tanh", "normal", 0).gradient[-1], 2)
    told = {
        "home": {"home_network": "tanh, N(0, 1)", "home_c": "1.0"},
        "activations": {"activations_weights": "N(0, 1)"},
        "initialization": {
            "initialization_activation": "Tanh",
            "initialization_g": "3.0",
            "initialization_depth": "15",
        },
        "chain_rule": {},  # its default
    }
    for page, query in told.items():
        words = prose(open_page(page, **query))
        assert f"**{number}**" in words or f"**{short}**" in words, page


@pytest.mark.parametrize(
    "page,says",
    [
        ("frameworks", "other pages draw theirs directly, and get other numbers"),
        ("training", "of one network and one step's batch, where other pages take the median"),
        ("clipping", "in this one network and on its own batch, where other pages take the median"),
        ("optimizers", "training's first batch, which are not those of other pages"),
        ("products", "their numbers are not those of the networks on other pages"),
        ("shortcuts", "(two matrices a block, width 32)"),
        ("initialization", "the first has 64 inputs, so at another width its weights are not from"),
        (
            "home",
            "In training it is that of 32 digits and starts as the loss's, at each network's own",
        ),
    ],
)
def test_where_a_page_must_differ_it_says_so(page, says):
    assert says in prose(open_page(page)), page


@pytest.mark.parametrize("page", ["home", "clipping", "training", "optimizers"])
def test_a_healthy_step_is_the_same_on_all_pages(page):
    at = open_page(page)
    at.session_state[f"{page}.answer"] = predict.TOLD  # of which home says no more before
    assert prose(at.run()).count(theme.HEALTHY_STEP) == 1


def test_the_first_steps_of_networks_that_learned_are_as_large_as_is_said():
    """Each rule at its best rate: between the rule of thumb and 10⁻¹ of the weights' size."""
    sizes = []
    for name, rule in itertools.product(optimizers.NETWORKS, optimizers.RULES):
        run = optimizers.trained(name, rule)
        if run.middle[-1] >= optimizers.LEARNED:
            found = optimizers.first_step(name, rule)
            sizes.append(float((np.log10(run.rate) + found.at(-8) - found.weights)[0]))
    assert len(sizes) > 10
    assert -3 < min(sizes) < -2.5 and -1.2 < max(sizes) <= -1


def test_the_median_is_one_of_the_networks_and_the_dead_are_not_averaged():
    low, median, high = untrained.quartiles(np.array([-np.inf, -np.inf, -2.0, 0.0, 1.0]), axis=0)
    assert (low, median, high) == (-np.inf, -2.0, 0.0)


def test_one_draw_is_one_of_all():
    spec = NetSpec(64, 64, 6, 10, "tanh")
    together = untrained.profile(spec, 4, weight_scales=(0.5, 1.0))
    assert together.log10_dz.shape[1] == untrained.count(spec) == 5
    alone = untrained.profile(spec, 4, weight_scales=(0.5, 1.0), draw=3)
    assert np.allclose(alone.log10_dz[:, 0], together.log10_dz[:, 3], atol=1e-9)
