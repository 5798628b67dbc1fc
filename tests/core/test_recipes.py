"""The scripts that a reader takes home do what the core does, step by step, and nothing else."""

import ast
import contextlib
import inspect
import io
import re
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from core import activations, network, recipes, training
from core.activations import ACTIVATIONS
from core.datasets import DATASETS
from core.initializers import INITIALIZERS
from core.keras_recipe import keras_script
from core.network import NetSpec
from core.numpy_recipe import numpy_script
from core.optimizers import RULES, Adam, AdamW, Momentum, Muon, RMSProp, Sign
from core.pytorch_recipe import pytorch_script
from core.training import TrainSpec

SEED = 7
SHAPES = {"digits": (64, 10), "pixels": (64, 10), "spirals": (2, 2)}
TRAIN = TrainSpec(0.1, steps=8, batch_size=32)
LOSS = re.compile(r"step (\d+): loss (\S+)")
ACCURACY = re.compile(r"held-out accuracy: (\S+)")


def run_of(dataset, *, width=6, depth=3, steps=8, batch_size=32, rate=0.1, **settings):
    """(spec, train_spec, dataset); settings are fields of either spec."""
    of_training = {
        name: settings.pop(name)
        for name in ("clip", "clip_limit", "batch_seed", "rule", "loss", "target")
        if name in settings
    }
    n_in, n_out = SHAPES[dataset]
    spec = NetSpec(n_in, width, depth, n_out, **settings)
    return spec, TrainSpec(rate, steps=steps, batch_size=batch_size, **of_training), dataset


SQUARES = "mean_squared_error"
NORM, VALUE = {"clip": "norm", "clip_limit": 0.2}, {"clip": "value", "clip_limit": 0.02}
# Every activation, initializer, normalizer, clipping and data set, and pairs of them.
RUNS = {
    "plain": run_of("spirals"),
    "digits": run_of("digits", initializer="he_uniform", bias_std=0.3, width=16),
    "mean": run_of("digits", weight_mean=0.5, weight_scale=0.9, width=9),
    "pixels": run_of("pixels", width=8, initializer="lecun_uniform"),
    "linear": run_of(
        "digits", depth=0, initializer="normal", rule=Momentum(0.5), norm="batch", **NORM
    ),
    "identity": run_of("spirals", activation="identity", initializer="orthogonal", residual=1.0),
    "sigmoid": run_of("spirals", activation="sigmoid", initializer="xavier", norm="batch", **NORM),
    "tanh": run_of(
        "digits",
        activation="tanh",
        initializer="orthogonal",
        width=64,
        residual=-0.5,
        rule=Momentum(0.9),
    ),
    "leaky ReLU": run_of(
        "spirals",
        activation="leaky_relu",
        negative_slope=0.2,
        bias_mean=-0.1,
        norm="layer",
        **VALUE,
    ),
    "ELU": run_of("spirals", activation="elu", initializer="lecun", width=2, residual=0.7, **VALUE),
    "SELU": run_of(
        "digits", activation="selu", initializer="lecun_uniform", rule=Momentum(0.9), **VALUE
    ),
    "softplus": run_of(
        "spirals", activation="softplus", initializer="uniform_classic", norm="layer", residual=0.5
    ),
    "SiLU": run_of("spirals", activation="silu", initializer="xavier_uniform", norm="batch"),
    "GELU": run_of(
        "spirals", activation="gelu", initializer="normal", weight_scale=0.5, bias_std=0.1, **NORM
    ),
    "all remedies": run_of(
        "spirals", norm="batch", residual=0.3, rule=Momentum(0.9), bias_std=0.2, **NORM, depth=6
    ),
    "layer norm, wide": run_of("digits", norm="layer", width=64, residual=2.0, **NORM),
    "saturated": run_of("spirals", activation="tanh", weight_scale=8.0, initializer="xavier"),
    "epochs": run_of("spirals", batch_size=200, batch_seed=3, steps=7),
    "one example": run_of("spirals", batch_size=1, norm="batch", steps=4),
    "all examples": run_of("spirals", batch_size=9999, steps=3, width=1, depth=1),
    "sign descent": run_of("spirals", rate=0.01, rule=Sign()),
    "RMSProp": run_of("spirals", rate=0.01, rule=RMSProp(0.9, 1e-6)),
    "Adam": run_of("digits", rate=0.01, rule=Adam(0.8, 0.99, 1e-4), **NORM),
    "AdamW": run_of("spirals", rate=0.01, rule=AdamW(decay=0.3), norm="layer"),
    "Muon": run_of("digits", rate=0.02, rule=Muon(), width=16, bias_std=0.1),
    "squared error": run_of("digits", loss=SQUARES, target=10.0, width=16, **NORM),
    "squared error, linear": run_of("spirals", loss=SQUARES, depth=0),
    "Muon, linear": run_of("digits", rate=0.02, rule=Muon(), depth=0),
}
DIVERGING = {
    "forward pass": run_of("spirals", activation="leaky_relu", rate=1e3, steps=100),
    "update": run_of("spirals", rate=1.7e308, weight_scale=1e3),
}
# The pre-activations are finite, their squares are not.
HUGE = {
    norm: run_of("spirals", norm=norm, weight_scale=1e160, rate=1e-162, residual=0.3)
    for norm in ("layer", "batch")
}
GROWING = run_of(
    "spirals",
    width=11,
    depth=7,
    steps=60,
    batch_size=33,
    rate=50,
    rule=Momentum(0.9),
    activation="leaky_relu",
    negative_slope=-0.2,
    initializer="lecun",
    weight_scale=0.5,
    residual=0.3,
    norm="layer",
)
WRITERS = {"NumPy": numpy_script, "PyTorch": pytorch_script, "Keras": keras_script}


def script_of(writer, run):
    spec, train_spec, dataset = run
    return writer(spec, train_spec, seed=SEED, dataset=dataset)


def core_run(run):
    """The losses of every step, the halt if there is one, and the held-out accuracy."""
    spec, train_spec, dataset = run
    data = DATASETS[dataset]()
    begun = training.start(spec, train_spec, rng=np.random.default_rng(SEED))
    state, steps = training.train(spec, train_spec, data, begun)
    accuracy = training.accuracy(spec, state.params, data.x_test, data.y_test)
    return [float(step.loss[0]) for step in steps], state.halts[0], float(accuracy[0])


def run_alone(script, directory):
    """What a script prints in an empty directory, where this project cannot be imported."""
    path = directory / "script.py"
    path.write_text(script, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", path.name],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert [entry.name for entry in directory.iterdir()] == ["script.py"]
    return done.stdout


def run_here(script):
    """What a script prints in this process, which has imported PyTorch already."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(script, "script.py", "exec"), {"__name__": "__main__"})
    return printed.getvalue()


def assert_the_same_run(printed, run, rel):
    losses, halt, accuracy = core_run(run)
    lines = LOSS.findall(printed)
    assert halt is None and [int(step) for step, _ in lines] == list(range(1, len(losses) + 1))
    assert [float(loss) for _, loss in lines] == pytest.approx(losses, rel=rel, abs=0)
    assert [float(found) for found in ACCURACY.findall(printed)] == [accuracy]


# The same run --------------------------------------------------------------------------------


def test_the_runs_have_every_choice():
    specs = [spec for spec, _, _ in RUNS.values()]
    assert {spec.activation for spec in specs} == set(ACTIVATIONS)
    assert {spec.initializer for spec in specs} == set(INITIALIZERS)
    assert {dataset for _, _, dataset in RUNS.values()} == set(DATASETS)
    assert {spec.norm for spec in specs} == {"none", "layer", "batch"}
    assert {train_spec.clip for _, train_spec, _ in RUNS.values()} == {"none", "value", "norm"}
    assert {type(train_spec.rule) for _, train_spec, _ in RUNS.values()} == set(RULES.values())


@pytest.mark.parametrize("name", RUNS)
def test_the_numpy_script_alone_has_the_losses_of_the_core(name, tmp_path):
    printed = run_alone(script_of(numpy_script, RUNS[name]), tmp_path)
    assert_the_same_run(printed, RUNS[name], 1e-9)


@pytest.mark.parametrize("name", RUNS)
def test_the_pytorch_script_has_the_losses_of_the_core(name):
    pytest.importorskip("torch", reason="PyTorch is not installed")
    printed = run_here(script_of(pytorch_script, RUNS[name]))
    assert_the_same_run(printed, RUNS[name], 1e-7)


# What of PyTorch's settings says how to compute, and not what.
HOW = {"foreach", "maximize", "capturable", "differentiable", "fused", "decoupled_weight_decay"}
HOW |= {"size_average", "reduce", "inplace"}  # of old, or in place
GIVEN = {"weight", "ignore_index", "running_mean", "running_var", "momentum"}  # F.'s: unused here


@pytest.mark.parametrize("name", RUNS)
def test_the_pytorch_script_says_every_setting(name):
    """Defaults differ between frameworks, and between their versions."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    tree = ast.parse(script_of(pytorch_script, RUNS[name]))
    settings = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AugAssign) and isinstance(node.value, ast.Dict):
            settings |= {key.value for key in node.value.keys if isinstance(key, ast.Constant)}
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        library, _, function = ast.unparse(call.func).rpartition(".")
        if library not in ("F", "torch.optim"):
            continue
        of = getattr(torch.nn.functional if library == "F" else torch.optim, function)
        if inspect.isbuiltin(of):  # has no signature
            continue
        parameters = [*inspect.signature(of).parameters.items()]
        said = {keyword.arg for keyword in call.keywords}
        said |= settings if None in said else set()
        left = [
            name
            for name, parameter in parameters[len(call.args) :]
            if parameter.default is not parameter.empty and name not in said | HOW
        ]
        assert not {*left} - (GIVEN if library == "F" else set()), (function, left)


@pytest.fixture
def keras(monkeypatch):
    """Keras on TensorFlow, where both are: on other backends it computes in float32."""
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    before = keras.config.floatx()
    yield keras
    keras.config.set_floatx(before)
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize("name", RUNS)
def test_the_keras_script_has_the_losses_of_the_core(name, keras):
    printed = run_here(script_of(keras_script, RUNS[name]))
    assert_the_same_run(printed, RUNS[name], 1e-7)


def test_clipping_in_the_runs_clips():
    """Or it would go unseen that a script does not."""
    for spec, train_spec, dataset in RUNS.values():
        if train_spec.clip != "none":
            begun = training.start(spec, train_spec, rng=np.random.default_rng(SEED))
            _, steps = training.train(spec, train_spec, DATASETS[dataset](), begun)
            assert min(step.clip_factor[0] for step in steps) < 1


# A run that breaks ---------------------------------------------------------------------------


def assert_it_stops_in_words(printed, what):
    losses, halt, _ = core_run(DIVERGING[what])
    *steps, last = printed.splitlines()
    assert last == f"Stopped at step {halt.step}: infinity or NaN in the {what}."
    assert len(steps) == len(losses) == halt.step
    before = [float(LOSS.fullmatch(line)[2]) for line in steps[:-1]]
    assert before == pytest.approx(losses[:-1], rel=1e-6)


@pytest.mark.parametrize("what", DIVERGING)
def test_a_diverging_numpy_script_says_so_and_stops(what, tmp_path):
    assert_it_stops_in_words(run_alone(script_of(numpy_script, DIVERGING[what]), tmp_path), what)


@pytest.mark.parametrize("what", DIVERGING)
def test_a_diverging_pytorch_script_says_so_and_stops(what):
    pytest.importorskip("torch", reason="PyTorch is not installed")
    assert_it_stops_in_words(run_here(script_of(pytorch_script, DIVERGING[what])), what)


@pytest.mark.parametrize("norm", HUGE)
def test_the_normalizer_of_the_numpy_script_does_not_overflow(norm):
    assert_the_same_run(run_here(script_of(numpy_script, HUGE[norm])), HUGE[norm], 1e-9)


def test_a_growing_numpy_script_goes_as_far_as_the_core():
    losses, halt, accuracy = core_run(GROWING)
    printed = run_here(script_of(numpy_script, GROWING))
    found = [float(loss) for _, loss in LOSS.findall(printed)]
    assert halt is None and len(found) == len(losses) == 60
    assert found[:20] == pytest.approx(losses[:20], rel=1e-6)  # then rounding grows as well
    assert [float(share) for share in ACCURACY.findall(printed)] == [accuracy]


@pytest.mark.parametrize("norm", HUGE)
def test_the_normalizer_of_the_pytorch_script_overflows_and_says_so(norm):
    pytest.importorskip("torch", reason="PyTorch is not installed")
    script = script_of(pytorch_script, HUGE[norm])
    assert "It squares u: from about 1e154 on, the run is another than in NumPy." in script
    first = float(LOSS.search(run_here(script))[2])
    assert first != pytest.approx(core_run(HUGE[norm])[0][0], rel=0.1)


# The text ------------------------------------------------------------------------------------


def names_and_uses(tree):
    """The names that a module, its functions and its imports define, and those that it reads."""
    defined, used = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            defined |= {node.name, *(argument.arg for argument in node.args.args)}
        elif isinstance(node, ast.Import | ast.ImportFrom):
            defined |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.AugAssign):  # in place: the array is in a list that is read
            used |= {name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)}
        elif isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else defined).add(node.id)
    return defined, used


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("library", WRITERS)
def test_nothing_in_a_script_goes_unused(library, name):
    defined, used = names_and_uses(ast.parse(script_of(WRITERS[library], RUNS[name])))
    called = {"build", "update_step"} if library == "Keras" else set()  # by Keras itself
    assert defined - used <= {"_"} | called and "main" in defined


@pytest.mark.parametrize("library", WRITERS)
def test_only_what_was_chosen_is_there(library):
    script = script_of(WRITERS[library], RUNS["plain"]).lower()
    # Every setting of an optimizer is said, those that are off too.
    script = re.sub(r"\b(global_)?clip\w+\": none|momentum(=|\": )0\.0|bias_init\w*", "", script)
    for word in (
        "normalize",
        "clip",
        "gamma",
        "residual",
        "shortcut",
        "momentum",
        "bias_",
    ):
        assert word not in script
    assert "base64" not in script and "sigma" not in script
    for word in ("width = 6", "depth = 3", "seed = 7", "learning_rate = 0.1"):
        assert word in script


@pytest.mark.parametrize("library", WRITERS)
def test_a_script_imports_no_more_than_it_says(library):
    of = {"NumPy": set(), "PyTorch": {"torch"}, "Keras": {"keras"}}
    allowed = {*sys.stdlib_module_names, "numpy", *of[library]}
    for run in RUNS.values():
        imported = re.findall(r"^(?:import|from) (\w+)", script_of(WRITERS[library], run), re.M)
        assert set(imported) <= allowed


@pytest.mark.skipif(not shutil.which("ruff"), reason="ruff is not installed")
def test_the_scripts_are_in_the_style_of_the_house(tmp_path, pytestconfig):
    for library, writer in WRITERS.items():
        for name, run in RUNS.items():
            path = tmp_path / f"{library}_{re.sub(r'[^a-z]', '_', name.lower())}.py"
            path.write_text(script_of(writer, run), encoding="utf-8")
    settings = ["--no-cache", "--config", str(pytestconfig.rootpath / "pyproject.toml")]
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            ["ruff", *command, *settings, str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("library", WRITERS)
def test_the_digits_are_small_at_the_end_and_credited(library):
    script = script_of(WRITERS[library], RUNS["digits"])
    assert len(script.encode()) < 65_000
    assert max(map(len, script.splitlines())) <= 100
    code, packed = script.split('DIGITS = """')
    assert "def main()" in code and packed.endswith(
        '"""\n\n\nif __name__ == "__main__":\n    main()\n'
    )
    credit = code[code.rindex("\n\n\n") :]
    for words in ("E. Alpaydin and C. Kaynak", "UCI", "CC BY 4.0", "10.24432/C50P49"):
        assert words in credit
    assert len(script_of(WRITERS[library], RUNS["plain"])) < 8000


def test_the_first_line_says_what_a_script_is():
    first = [script_of(writer, RUNS["digits"]).splitlines()[0] for writer in WRITERS.values()]
    assert first == [
        "# A network learns handwritten digits, in NumPy with its backpropagation by hand.",
        "# A network learns handwritten digits, in PyTorch with autograd.",
        "# A network learns handwritten digits, in Keras.",
    ]


@pytest.mark.parametrize("library", WRITERS)
def test_numbers_of_any_type_are_written_as_numbers(library):
    spec, train_spec, dataset = RUNS["plain"]
    odd = replace(spec, width=np.int64(6), weight_scale=np.float64(1), bias_std=np.float32(0.5))
    fast = replace(train_spec, learning_rate=1, steps=np.int32(3))
    script = WRITERS[library](odd, fast, seed=np.int64(1), dataset=dataset)
    assert "WIDTH = 6 " in script and "LEARNING_RATE = 1.0\n" in script
    assert "np.int" not in script and "np.float32" not in script


@pytest.mark.parametrize("library", WRITERS)
@pytest.mark.parametrize(
    "change",
    [
        {"spec": {"seeds": 2}},
        {"spec": {"n_in": 3}},
        {"spec": {"n_out": 1}},
        {"train_spec": {"loss": "binary_cross_entropy"}},
        {"dataset": "moons"},
        {"dataset": "digits\nimport os"},
        {"seed": -1},
        {"seed": True},
        {"seed": "0"},
        {"seed": 1.0},
    ],
    ids=str,
)
def test_a_run_that_a_script_cannot_be_is_refused(library, change):
    spec, train_spec, dataset = RUNS["plain"]
    spec = replace(spec, **change.get("spec", {}))
    train_spec = replace(train_spec, **change.get("train_spec", {}))
    with pytest.raises(ValueError):
        WRITERS[library](
            spec,
            train_spec,
            seed=change.get("seed", SEED),
            dataset=change.get("dataset", dataset),
        )


def test_every_data_set_has_a_subject():
    assert set(recipes.SUBJECTS) == set(DATASETS)


def test_a_record_is_all_that_a_script_needs(monkeypatch):
    """A new activation and a new initializer: the tanh and the He of others under other names."""
    tanh, he = ACTIVATIONS["tanh"], INITIALIZERS["he"]
    scaled = replace(
        tanh,
        name="scaled",
        label="Scaled tanh",
        numpy=tanh.numpy.replace("Tanh.", "Scaled."),
        torch="1.0 * torch.tanh(z)",
    )
    small = replace(he, name="small", label="Small", source="nobody")
    monkeypatch.setattr(activations, "ACTIVATIONS", ACTIVATIONS | {"scaled": scaled})
    for module in (network, recipes):
        monkeypatch.setattr(module, "INITIALIZERS", INITIALIZERS | {"small": small})
    new = run_of("spirals", activation="scaled", initializer="small")
    script = script_of(numpy_script, new)
    assert "Scaled." in script and "# nobody" in script and "Weights: Small" in script
    assert "1.0 * torch.tanh(z)" in script_of(pytorch_script, new)
    known = run_of("spirals", activation="tanh", initializer="he")
    assert run_here(script) == run_here(script_of(numpy_script, known))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_what_an_activation_and_a_rule_bring_have_names_of_their_own(activation):
    for rule in RULES.values():
        run = run_of("digits", activation=activation, rule=rule(), norm="batch")
        for writer in WRITERS.values():
            given = [
                target.id
                for node in ast.parse(script_of(writer, run)).body
                if isinstance(node, ast.Assign)
                for target in node.targets
                if isinstance(target, ast.Name)
            ]
            assert len(given) == len(set(given)) > 5
