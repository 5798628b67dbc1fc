#!/usr/bin/env bash
# Guess, written down first: a sigmoid in single precision is 1/(1 + exp(−x)) to a few last digits.
# On the right it reaches 1 from 17 on; on the left it is a small number, right to seven digits,
# down to −88, as in PyTorch, TensorFlow and NumPy. An exported model gives the same probabilities.
#
# Seen, ONNX Runtime 1.32.0 on a processor: on the left it is dead sooner than on the right. From
# −18 on it is exactly 0, where the right value is 1.5e-8, so that its logarithm is −∞; at −40 that
# of the exporting library is −40. From −10 down it has fewer and fewer digits and does not fall
# steadily: it is larger at −17 than at −16, so that two examples change places in a ranking. In
# double precision it is 0 at −40 as well.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet onnxruntime==1.32.0 onnx==1.23.2 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper


def by_onnx_runtime(x, *operators):
    kind = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE}[str(x.dtype)]
    names = ["x", *operators]
    nodes = [helper.make_node(o, [a], [o]) for a, o in zip(names, operators)]
    ends = [helper.make_tensor_value_info(n, kind, [None]) for n in (names[0], names[-1])]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:])
    opset = [helper.make_opsetid("", 19)]
    made = helper.make_model(graph, opset_imports=opset, ir_version=9)
    session = onnxruntime.InferenceSession(made.SerializeToString())
    return session.run(None, {"x": x})[0]


def exact(x):
    return 1 / (1 + np.exp(-x.astype(np.float64)))


x = np.array([-10, -15, -16, -17, -18, -40], np.float32)
found = by_onnx_runtime(x, "Sigmoid")
for z, ours, right in zip(x, found, exact(x)):
    print(f"{z:5g}: ONNX Runtime {ours:.3g}, right {right:.3g}")
assert found[3] > found[2] > 0, "it falls steadily"
assert (found[-2:] == 0).all() and (exact(x)[-2:] > 0).all()
assert np.isneginf(by_onnx_runtime(x[-1:], "Sigmoid", "Log")).all()
assert by_onnx_runtime(np.array([-40.0]), "Sigmoid")[0] == 0

steps = np.diff(by_onnx_runtime(np.linspace(-18, -10, 8001, dtype=np.float32), "Sigmoid"))
print(f"from -18 to -10 in {len(steps)} steps upward it falls in {(steps < 0).sum()}")
assert (steps < 0).mean() > 0.1
PYTHON
