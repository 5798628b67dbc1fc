#!/usr/bin/env bash
# Guess, written down first: a cast to a float8 that is too small for the number gives NaN in
# e4m3fn, which has no infinity, and infinity in e5m2; torch.compile gives what eager gives.
#
# Seen, PyTorch 2.11.0 on an H200: so it is without torch.compile, and with it on a processor.
# Compiled for the GPU the same cast gives the largest number, 448 or 57,344, and it does so for
# infinity too. A loss scale that adapts asks whether a gradient is finite: the compiled step says
# yes for ever, and goes on with gradients that are cut. NaN stays NaN.
#
# Needs an NVIDIA GPU. PYTHON may name an interpreter that has this PyTorch already.
set -euo pipefail
nvidia-smi -L >/dev/null || { echo "no NVIDIA GPU here" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "${PYTHON:-}" ]; then
  python3 -m venv "$folder/env"
  "$folder/env/bin/pip" install --quiet torch==2.11.0 numpy==2.2.6
  PYTHON="$folder/env/bin/python"
fi
"$PYTHON" - <<'PYTHON'
import math

import torch

print(torch.__version__, torch.cuda.get_device_name())
numbers = [448.0, 500.0, 1e6, math.inf, -math.inf]
EAGER = {
    torch.float8_e4m3fn: [448, math.nan, math.nan, math.nan, math.nan],
    torch.float8_e5m2: [448, 512, math.inf, math.inf, -math.inf],
}
COMPILED = {
    torch.float8_e4m3fn: [448, 448, 448, 448, -448],
    torch.float8_e5m2: [448, 512, 57344, 57344, -57344],
}
for dtype in EAGER:

    def cast(x, dtype=dtype):
        return x.to(dtype)

    for device in ("cpu", "cuda"):
        x = torch.tensor(numbers, device=device)
        for way, function in (("eager", cast), ("compiled", torch.compile(cast))):
            found = function(x).float().cpu()
            print(f"{str(dtype):20} {device:4} {way:8} {found.tolist()}")
            on_gpu = way == "compiled" and device == "cuda"
            expected = torch.tensor((COMPILED if on_gpu else EAGER)[dtype])
            torch.testing.assert_close(found, expected.float(), rtol=0, atol=0, equal_nan=True)
nan = torch.tensor([math.nan], device="cuda")
assert torch.compile(lambda x: x.to(torch.float8_e5m2).float())(nan).isnan().all()
PYTHON
