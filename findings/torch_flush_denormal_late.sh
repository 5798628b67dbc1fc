#!/usr/bin/env bash
# Guess, written down first: torch.set_flush_denormal(True) makes subnormal numbers 0 in whatever
# PyTorch computes on the processor from then on. It returns True where the processor can.
#
# Seen, PyTorch 2.13.0: it sets the processor's mode in the thread that calls it, and threads that
# start later inherit that. Called first thing, it reaches all. Called after the first large
# operation, when the other threads exist, it still returns True and reaches one of two: of
# 4,000,000 equal products the first half is 0 and the second is not, for good. A tensor smaller
# than what is shared out between threads is flushed all the same, so that a small test passes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cat >"$folder/switch.py" <<'PYTHON'
import sys

import torch

COUNT, BITS = 4_000_000, 71_362  # of 1e-40, which the switch would not let through as a number
torch.set_num_threads(2)


def products(count):
    numbers = torch.full((count,), BITS, dtype=torch.int32).view(torch.float32)
    return numbers * torch.ones(count)


if sys.argv[1] == "late":
    assert (products(COUNT) > 0).all()
assert torch.set_flush_denormal(True)
zero = products(COUNT) == 0
small = products(1000) == 0
print(f"{sys.argv[1]}: {int(zero.sum())} of {COUNT} are 0, of 1000 {int(small.sum())}")
assert small.all()
if sys.argv[1] == "late":
    assert zero[: COUNT // 2].all() and not zero[COUNT // 2 :].any()
    assert int((products(COUNT) == 0).sum()) == COUNT // 2, "for good"
else:
    assert zero.all()
PYTHON
"$folder/env/bin/python" "$folder/switch.py" early
"$folder/env/bin/python" "$folder/switch.py" late
