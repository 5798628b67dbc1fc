"""Measure what PyTorch and JAX do with a few numbers on this machine's CPU and GPU, and print
devices.csv. It needs both, and an NVIDIA GPU; neither the page nor a test runs it.

    python -m pages.concepts.precision.measure_devices > pages/concepts/precision/devices.csv
"""

import csv
import sys
from collections.abc import Callable


def with_torch(compiled: bool, place: str) -> dict[str, Callable[[], float]]:
    import torch
    from torch.nn import functional as F

    def here(value, dtype):
        return torch.tensor([value], dtype=dtype, device=place)

    def run(function, *args):
        return float((torch.compile(function) if compiled else function)(*args).float()[0])

    def power(n):
        def product(v, w):
            for _ in range(n):
                v = v * w
            return v

        return product

    def slope(function, z, dtype):
        x = here(z, dtype).requires_grad_()
        (torch.compile(function) if compiled else function)(x).sum().backward()
        return float(x.grad.float()[0])

    def picked(pick):
        row = torch.zeros(1, 4, dtype=torch.bfloat16, device=place, requires_grad=True)
        index = torch.zeros(1000, dtype=torch.long, device=place)
        (torch.compile(pick) if compiled else pick)(row, index).sum().backward()
        return float(row.grad.float()[0, 0])

    half, single, brain = torch.float16, torch.float32, torch.bfloat16
    return {
        "500 as float8 e4m3": lambda: run(
            lambda x: x.to(torch.float8_e4m3fn).float(), here(500.0, single)
        ),
        "infinity as float8 e5m2": lambda: run(
            lambda x: x.to(torch.float8_e5m2).float(), here(float("inf"), single)
        ),
        "70,000 as float16 and back": lambda: run(lambda x: x.half().float(), here(7e4, single)),
        "0.6, 40 times, in float16": lambda: run(power(40), here(1.0, half), here(0.6, half)),
        "0.6, 300 times, in float32": lambda: run(power(300), here(1.0, single), here(0.6, single)),
        "σ′(6) in bfloat16": lambda: slope(torch.sigmoid, 6.0, brain),
        "slope of softplus at −95 in float32": lambda: slope(F.softplus, -95.0, single),
        "a row used 1,000 times, embedding, bfloat16": lambda: picked(
            lambda e, i: F.embedding(i, e)
        ),
        "a row used 1,000 times, gather, bfloat16": lambda: picked(
            lambda e, i: e.gather(0, i[:, None].expand(-1, 4))
        ),
    }


def with_jax(place: str) -> dict[str, Callable[[], float]]:
    import jax
    import jax.numpy as jnp

    device = jax.devices(place)[0]

    def run(function, *values_and_types):
        args = [jax.device_put(jnp.array([v], t), device) for v, t in values_and_types]
        return float(jax.jit(function)(*args).astype(jnp.float32)[0])

    def power(n):
        return lambda v, w: jax.lax.fori_loop(0, n, lambda _, a: a * w, v)

    def picked(pick):
        row = jax.device_put(jnp.zeros((1, 4), jnp.bfloat16), device)
        index = jax.device_put(jnp.zeros(1000, int), device)
        gradient = jax.jit(jax.grad(lambda e: pick(e, index).sum()))(row)
        return float(gradient.astype(jnp.float32)[0, 0])

    half, single, brain = jnp.float16, jnp.float32, jnp.bfloat16

    def there_and_back(dtype):
        return lambda x: x.astype(dtype).astype(jnp.float32)

    def slope(function):
        return jax.vmap(jax.grad(function))

    return {
        "500 as float8 e4m3": lambda: run(there_and_back(jnp.float8_e4m3fn), (500.0, single)),
        "infinity as float8 e5m2": lambda: run(
            there_and_back(jnp.float8_e5m2), (float("inf"), single)
        ),
        "70,000 as float16 and back": lambda: run(there_and_back(half), (7e4, single)),
        "0.6, 40 times, in float16": lambda: run(power(40), (1.0, half), (0.6, half)),
        "0.6, 300 times, in float32": lambda: run(power(300), (1.0, single), (0.6, single)),
        "σ′(6) in bfloat16": lambda: run(slope(jax.nn.sigmoid), (6.0, brain)),
        "slope of softplus at −95 in float32": lambda: run(slope(jax.nn.softplus), (-95.0, single)),
        "a row used 1,000 times, embedding, bfloat16": lambda: picked(lambda e, i: e[i]),
        "a row used 1,000 times, gather, bfloat16": lambda: picked(
            lambda e, i: jnp.take_along_axis(e, i[:, None], axis=0)
        ),
    }


def main() -> None:
    import jax
    import torch

    chip = torch.cuda.get_device_name().removeprefix("NVIDIA ")
    ways = {
        f"PyTorch {torch.__version__.split('+')[0]}, CPU": with_torch(False, "cpu"),
        f"PyTorch, {chip}": with_torch(False, "cuda"),
        f"PyTorch compiled, {chip}": with_torch(True, "cuda"),
        f"JAX {jax.__version__} compiled, CPU": with_jax("cpu"),
        f"JAX compiled, {chip}": with_jax("cuda"),
    }
    torch._dynamo.config.recompile_limit = 100
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["what", *ways])
    for what in next(iter(ways.values())):
        writer.writerow([what, *(f"{way[what]():.6g}" for way in ways.values())])


if __name__ == "__main__":
    main()
