#!/usr/bin/env bash
# Guess, written down first: a row that is picked n times gets a gradient that is the sum of n. In
# half precision PyTorch adds them up in the format of the gradient, whichever way the row was
# picked, so that a sum of ones ends at 256 in bfloat16 and at 2,048 in float16, on a processor; a
# GPU sorts for an embedding and adds up in single precision.
#
# Seen, PyTorch 2.13.0 on a processor: it depends on the name of the picking, and on the number of
# dimensions. For a table (a matrix) F.embedding and e[i] end at 256 and 2,048; gather and
# index_select give 1,000 and 5,000. For a vector index_select ends too. torch.cat and torch.stack
# of one row end, repeat and expand do not; replicate padding ends, nearest upsampling does not.
# PyTorch 2.11.0 on an H200 has it the other way around: F.embedding and e[i] are right, gather and
# index_select end, and so does linear upsampling. So a model keeps its gradient on one device and loses three
# quarters of it on the other, and the remedy for one spoils the other.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet torch==2.13.0 numpy==2.2.6
"$folder/env/bin/python" - <<'PYTHON'
import torch
from torch.nn import functional as F


def gradient(pick, dims, dtype, n):
    """The first entry's gradient, each of n picks having the gradient 1."""
    table = torch.zeros((3, 4)[:dims], dtype=dtype, requires_grad=True)
    pick(table, torch.zeros(n, dtype=torch.long)).sum().backward()
    return table.grad.flatten()[0].item()


PICKS = {
    ("F.embedding", 2): lambda e, i: F.embedding(i, e),
    ("e[i]", 2): lambda e, i: e[i],
    ("e[i]", 1): lambda e, i: e[i],
    ("index_select", 2): lambda e, i: e.index_select(0, i),
    ("index_select", 1): lambda e, i: e.index_select(0, i),
    ("gather", 2): lambda e, i: e.gather(0, i[:, None].expand(-1, 4)),
    ("gather", 1): lambda e, i: e.gather(0, i),
    ("cat", 2): lambda e, i: torch.cat([e[:1]] * len(i)),
    ("repeat", 2): lambda e, i: e[:1].repeat(len(i), 1),
    ("replicate pad", 1): lambda e, i: F.pad(e[None, None, :1], (len(i) - 1, 0), mode="replicate"),
    ("nearest", 1): lambda e, i: F.interpolate(e[None, None, :1], size=len(i)),
}
ENDS = {
    ("F.embedding", 2), ("e[i]", 2), ("e[i]", 1), ("index_select", 1), ("cat", 2),
    ("replicate pad", 1),
}
for dtype, n, end in ((torch.bfloat16, 1000, 256), (torch.float16, 5000, 2048)):
    for (name, dims), pick in PICKS.items():
        found = gradient(pick, dims, dtype, n)
        print(f"{dtype}  {name:14} of {dims} dimensions: {found:g} of {n}")
        assert found == (end if (name, dims) in ENDS else n)
print(f"PyTorch {torch.__version__}: which of two picks is right is no rule that one could guess")
PYTHON
