#!/usr/bin/env bash
# Guess, written down first: ONNX's GroupNormalization subtracts the mean and divides by the root of
# the variance plus epsilon, as LayerNormalization and PyTorch's GroupNorm do. A group whose values
# are all the same becomes 0: its variance is 0 and epsilon keeps the root from that. An exported
# GroupNorm gives what PyTorch gave, to five digits.
#
# Seen, ONNX 1.23.2 and ONNX Runtime 1.32.0 on a processor: ONNX defines the operator by a function
# of other operators, and that takes the variance as the mean of the squares less the square of the
# mean. ONNX Runtime has no kernel of its own there, and runs it as written, in float32; so does
# ONNX's reference. Rounding makes the variance of a flat group negative, and for values above 10
# it is often more than epsilon can mend: four flat groups in ten become NaN. With a mean of 1,000
# spreads of 1 are off by some percent. ONNX Runtime's LayerNormalization and InstanceNormalization
# of the same numbers are right, and PyTorch 2.13.0's GroupNorm is. What torch.onnx.export writes
# depends on a number: for opset 20 (as it does when none is asked for) InstanceNormalization, which
# is right; from 21 on GroupNormalization, and an image with a blank patch comes back as NaN.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet torch==2.13.0 onnx==1.23.2 onnxscript==0.7.2 \
  onnxruntime==1.32.0 numpy==2.4.6
"$folder/env/bin/python" -W ignore - <<'PYTHON'
import logging

import numpy as np
import onnxruntime
import torch
from onnx.reference import ReferenceEvaluator

logging.disable(logging.WARNING)
norm = torch.nn.GroupNorm(2, 4)
shape = 1, 4, 8, 8


def exported(opset):
    made = torch.onnx.export(
        norm, (torch.zeros(shape),), dynamo=True, opset_version=opset, verbose=False
    ).model_proto
    names = [node.op_type for node in made.graph.node]
    session = onnxruntime.InferenceSession(made.SerializeToString())
    given = session.get_inputs()[0].name
    reference = ReferenceEvaluator(made)
    return (
        next(name for name in names if "Normalization" in name),
        lambda x: session.run(None, {given: x})[0],
        lambda x: reference.run(None, {given: x})[0],
    )


def by_torch(x):
    return norm(torch.tensor(x)).detach().numpy()


def exact(x):
    groups = x.astype(np.float64).reshape(2, -1)
    mean, variance = groups.mean(1, keepdims=True), groups.var(1, keepdims=True)
    return ((groups - mean) / np.sqrt(variance + 1e-5)).reshape(x.shape)


draw = np.random.default_rng(0)
flat = [np.full(shape, value, np.float32) for value in draw.uniform(10, 100, 100)]
wide = (1000 + draw.standard_normal(shape)).astype(np.float32)
half = draw.standard_normal(shape).astype(np.float32)
nans, off = {}, {}
ways = {("PyTorch", "GroupNorm"): by_torch}
for opset in (20, 21):
    operator, by_runtime, by_reference = exported(opset)
    ways[f"ONNX Runtime, opset {opset}", operator] = by_runtime
    if opset == 21:
        ways["ONNX's reference, opset 21", operator] = by_reference
for (name, operator), way in ways.items():
    with np.errstate(all="ignore"):
        nans[name] = sum(np.isnan(way(x)).any() for x in flat)
        off[name] = np.abs(way(wide) - exact(wide)).max()
    print(f"{name:27} {operator:22} NaN in {nans[name]:2} of {len(flat)} flat groups, "
          f"mean 1,000 and spread 1: off by {off[name]:.2g}")
for name in ("PyTorch", "ONNX Runtime, opset 20"):
    assert nans[name] == 0 and off[name] < 1e-3
for name in ("ONNX Runtime, opset 21", "ONNX's reference, opset 21"):
    assert nans[name] > 15 and off[name] > 0.01
assert [operator for _, operator in ways][1:3] == ["InstanceNormalization", "GroupNormalization"]

least = next(x for x in flat if np.isnan(by_runtime(x)).any())
half[:, :2] = least[:, :2]
back = by_runtime(half)
print(f"a picture, its first group {least.flat[0]:.4f} throughout: NaN there "
      f"{np.isnan(back[:, :2]).mean():.0%}, elsewhere {np.isnan(back[:, 2:]).mean():.0%}")
assert np.isnan(back[:, :2]).all() and not np.isnan(back[:, 2:]).any()
PYTHON
