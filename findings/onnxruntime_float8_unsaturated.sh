#!/usr/bin/env bash
# Guess, written down first: ONNX's Cast to a float8 saturates unless it is told not to; with
# saturate=0 it gives what the format says. So in e4m3fn whatever rounds to more than 448 is NaN, as
# in ml_dtypes and in ONNX's own reference, and the larger a number, the surer.
#
# Seen, ONNX Runtime 1.32.0 on a processor: 470 is NaN, 480 to 495 are 448, and from 496 on all is
# NaN again. In e5m2 61,440 to 65,535 are NaN, where the format has infinity, and larger ones are
# infinite. So a gradient of 470 stops a loss scale that adapts, and one of 490 passes, too small.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet onnxruntime==1.32.0 onnx==1.23.2 ml_dtypes==0.6.0 numpy==2.4.6
"$folder/env/bin/python" - <<'PYTHON'
import ml_dtypes
import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator


def model(kind):
    nodes = [
        helper.make_node("Cast", ["x"], ["small"], to=kind, saturate=0),
        helper.make_node("Cast", ["small"], ["y"], to=TensorProto.FLOAT),
    ]
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [None]) for n in ("x", "y")]
    graph = helper.make_graph(nodes, "there and back", ends[:1], ends[1:])
    opset = [helper.make_opsetid("", 19)]
    return helper.make_model(graph, opset_imports=opset, ir_version=9)


nan, inf = np.nan, np.inf
CASES = {  # numbers, and what ONNX Runtime makes of them
    TensorProto.FLOAT8E4M3FN: (
        ml_dtypes.float8_e4m3fn,
        [464, 464.1, 470, 479.9, 480, 495.9, 496, 500, 1e6],
        [448, nan, nan, nan, 448, 448, nan, nan, nan],
    ),
    TensorProto.FLOAT8E5M2: (
        ml_dtypes.float8_e5m2,
        [61_439, 61_440, 65_535, 65_536, 1e6],
        [57_344, nan, nan, inf, inf],
    ),
}
for kind, (dtype, numbers, seen) in CASES.items():
    x = np.array(numbers, np.float32)
    session = onnxruntime.InferenceSession(model(kind).SerializeToString())
    (found,) = session.run(None, {"x": x})
    (reference,) = ReferenceEvaluator(model(kind)).run(None, {"x": x})
    with np.errstate(all="ignore"):
        rounded = x.astype(dtype).astype(np.float32)
    print(f"{'given':12} {numbers}\n{'ONNX Runtime':12} {found.tolist()}")
    print(f"{'ml_dtypes':12} {rounded.tolist()}")
    np.testing.assert_array_equal(found, np.array(seen, np.float32))
    np.testing.assert_array_equal(reference, rounded)
    assert not np.array_equal(found, rounded, equal_nan=True)
PYTHON
