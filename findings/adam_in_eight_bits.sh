#!/usr/bin/env bash
# Guess, written down first: Adam with its moments in 8 bits moves each weight as Adam does, by the
# rate whatever the size of the gradient, within some percent. Where a gradient is too small for 8
# bits beside the largest of its block it may not move. Two libraries that quantize by the same
# paper, with the same 256 numbers in the same blocks of 256, do the same.
#
# Seen, torchao 0.18.0 and bitsandbytes 0.50.2 on PyTorch 2.13.0, on a processor: gradients that
# stay what they are, 500 steps at rate 0.001, so that Adam moves each weight by 0.5. Of the
# largest entry of the block and of one a hundredth as large it is 0.50 in both. One of 1/10,000
# of it moves by 6.2 in torchao and by 0.01 in bitsandbytes: twelve times too far, and fifty times
# too little. The mean square is 10⁻⁸ of the largest there, and the smallest of the
# 256 numbers above 0 is 3×10⁻⁷. torchao keeps 0, so all that is left of the mean is the thousandth
# that the newest gradient adds, and the steps grow to √1000 = 32 times the rate. What bitsandbytes
# keeps is too large, to judge by its steps. So the weight with the smallest gradient goes
# farthest: with gradients that are noise around 0 its walk is ninety times as wide as the others'.
# In the same torchao AdamW4bit errs the other way, and sooner (of a tenth of the largest gradient
# a third of the step is left), and AdamWFp8 as its 8 bits do, from a thousandth on.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/env"
"$folder/env/bin/pip" install --quiet \
  torch==2.13.0 torchao==0.18.0 bitsandbytes==0.50.2 numpy==2.4.6
# Without torch.compile, which would need a compiler.
TORCHDYNAMO_DISABLE=1 "$folder/env/bin/python" -W ignore - 2>/dev/null <<'PYTHON'
import bitsandbytes
import torch
import torchao

from torchao.optim import Adam8bit, AdamW4bit, AdamWFp8

torch.set_num_threads(1)
RATE, STEPS = 1e-3, 500
SIZES = (1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5)
print("PyTorch", torch.__version__, "torchao", torchao.__version__,
      "bitsandbytes", bitsandbytes.__version__)


def moved(make, noise: bool):
    """How far the weights have gone whose gradients are SIZES, one of each in a block of 256."""
    torch.manual_seed(0)
    weights = torch.nn.Parameter(torch.zeros(16, 256))
    gradient = torch.full_like(weights, 1e-3)
    gradient[:, : len(SIZES)] = torch.tensor(SIZES)
    optimizer = make([weights], lr=RATE)
    for _ in range(STEPS):
        weights.grad = gradient * torch.randn_like(gradient) if noise else gradient.clone()
        optimizer.step()
    return weights.detach()[:, : len(SIZES)].square().mean(0).sqrt()


OPTIMIZERS = {
    "Adam": torch.optim.Adam,
    "torchao, 8 bits": Adam8bit,
    "torchao, float8": lambda *a, **k: AdamWFp8(*a, weight_decay=0.0, **k),
    "torchao, 4 bits": lambda *a, **k: AdamW4bit(*a, weight_decay=0.0, **k),
    "bitsandbytes, 8 bits": bitsandbytes.optim.Adam8bit,
}
print(f"{'gradient':21}", *(f"{size:8g}" for size in SIZES))
far = {name: moved(make, noise=False) for name, make in OPTIMIZERS.items()}
for name, way in far.items():
    print(f"{name:21}", *(f"{w:8.3g}" for w in way))
assert torch.allclose(far["Adam"], torch.tensor(0.5), rtol=0.01)
for name in ("torchao, 8 bits", "bitsandbytes, 8 bits"):
    assert torch.allclose(far[name][:3], torch.tensor(0.5), rtol=0.01)
assert far["torchao, 8 bits"][3] < 0.6 and (far["torchao, 8 bits"][4:] > 5).all()
assert (far["torchao, float8"][3:] > 5).all() and far["torchao, float8"][2] < 0.52
assert far["torchao, 4 bits"][1] < 0.2 and (far["torchao, 4 bits"][3:] < 0.002).all()
assert 0.1 < far["bitsandbytes, 8 bits"][3] < 0.2 and (far["bitsandbytes, 8 bits"][4:] < 0.02).all()

walks = {name: moved(OPTIMIZERS[name], noise=True) for name in ("Adam", "torchao, 8 bits")}
for name, way in walks.items():
    print(f"{name:21}", *(f"{w:8.3g}" for w in way), " noise around 0")
assert walks["torchao, 8 bits"][4] > 50 * walks["Adam"][4]
assert walks["torchao, 8 bits"][0] < 1.1 * walks["Adam"][0]
PYTHON
