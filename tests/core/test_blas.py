"""Blocks and tiled products change where numbers lie and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from core import blas

ROOT = Path(__file__).parents[2]
COUNT = "print(*(pool['num_threads'] for pool in threadpoolctl.threadpool_info()))"


@pytest.mark.parametrize(
    "first", ["core", "pages.kit.site", "pages.classroom.around", "benchmarks.formats"]
)
def test_a_matrix_product_has_one_thread(first):
    """Whatever of the site is imported first: with more, readers would wait for one another."""
    own = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    command = [sys.executable, "-c", f"import {first}, numpy, threadpoolctl; {COUNT}"]
    said = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, check=True)
    assert said.stdout.split() == ["1"]


def test_so_it_has_in_these_tests():
    assert [pool["num_threads"] for pool in threadpool_info()] == [1]


def test_shapes_lines_and_blocks():
    first, none, second = blas.empty([(2, 3, 8)] * 3, [], [(1, 5), (1, 5), (4, 4)])
    assert [a.shape for a in first] == [(2, 3, 8)] * 3 and none == []
    assert [a.shape for a in second] == [(1, 5), (1, 5), (4, 4)]
    assert all(a.dtype == np.float64 and a.flags.c_contiguous for a in (*first, *second))
    assert first[0].ctypes.data % 64 == 0


def test_no_two_arrays_overlap():
    groups = blas.empty([(3, 4)] * 5, [(7,)], [(2, 2), (3, 3)])
    arrays = [a for group in groups for a in group]
    for value, array in enumerate(arrays):
        array.fill(value)
    assert [set(a.ravel()) for a in arrays] == [{float(value)} for value in range(len(arrays))]


def test_blocks_are_bounded(monkeypatch):
    monkeypatch.setattr(blas, "BLOCK", 100)
    [arrays] = blas.empty([(4, 10)] * 5)
    for value, array in enumerate(arrays):
        array.fill(value)
    assert [a[0, 0] for a in arrays] == [0, 1, 2, 3, 4]
    # Two arrays of 40 numbers fit into a block of 100, and one of 200 still gets its own.
    assert arrays[0].base is arrays[1].base and arrays[0].base is not arrays[2].base
    assert blas.empty([(200,)])[0][0].shape == (200,)


def test_empty_like():
    [[a], [b, c]] = blas.empty_like([np.ones((2, 3))], (np.ones(4), np.ones((1, 1))))
    assert (a.shape, b.shape, c.shape) == ((2, 3), (4,), (1, 1))


@pytest.mark.parametrize("avx512", [True, False])
@pytest.mark.parametrize(
    ("members", "n", "k", "m"),
    [(1, 1, 1, 1), (3, 32, 64, 64), (2, 64, 160, 160), (2, 48, 130, 176), (1, 100, 100, 100)],
)
def test_every_layout_multiplies_as_numpy_does(monkeypatch, avx512, members, n, k, m):
    monkeypatch.setattr(blas, "HAS_AVX512", avx512)
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(members, n, k)), rng.normal(size=(members, k, m))
    transposed = [np.ascontiguousarray(x.mT).mT for x in (a, b)]
    for left in (a, transposed[0], a[:1]):
        for right in (b, transposed[1]):
            out = np.full((members, n, m), np.nan)
            blas.matmul(left, right, out=out)
            np.testing.assert_allclose(out, left @ right, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("width", [64, 128])
def test_a_prepared_product_serves_for_other_numbers(monkeypatch, width):
    monkeypatch.setattr(blas, "HAS_AVX512", True)
    dz, W, dh = np.zeros((2, 32, width)), np.zeros((2, width, width)), np.empty((2, 32, width))
    product = blas.prepared(dz, W.mT, dh)
    assert product[2].shape != dh.shape  # it is in tiles
    rng = np.random.default_rng(0)
    dz[...], W[...] = rng.normal(size=dz.shape), rng.normal(size=W.shape)
    np.matmul(*product)
    np.testing.assert_allclose(dh, dz @ W.mT, rtol=1e-10, atol=1e-12)


def test_tiles_are_used(monkeypatch):
    shapes = []
    product = np.matmul
    monkeypatch.setattr(blas, "HAS_AVX512", True)
    monkeypatch.setattr(
        np, "matmul", lambda a, b, out: shapes.append(out.shape) or product(a, b, out)
    )
    W, dz = np.ones((1, 128, 128)), np.ones((1, 32, 128))
    blas.matmul(dz, W, out=np.empty((1, 32, 128)))
    blas.matmul(dz, W.mT, out=np.empty((1, 32, 128)))
    assert shapes == [(1, 32, 128), (1, 1, 4, 32, 32)]
