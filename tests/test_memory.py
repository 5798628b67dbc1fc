"""Few heaps for many threads: a setting of the C library, where it has one."""

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = """
import ctypes, sys, threading
{setting}
def work(ready, done):
    kept = [bytes(5000) for _ in range(200)]
    ready.wait(), done.wait()
ready, done = threading.Barrier(13), threading.Event()
threads = [threading.Thread(target=work, args=(ready, done)) for _ in range(12)]
for thread in threads: thread.start()
ready.wait()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, out)
libc.fclose(out)
done.set()
"""


def heaps(setting: str, tmp_path: Path) -> int:
    """How many heaps a process with twelve threads has."""
    told = tmp_path / "malloc.xml"
    script = SCRIPT.format(setting=setting)
    subprocess.run([sys.executable, "-c", script, str(told)], cwd=ROOT, check=True)
    return told.read_text().count("<heap nr=")


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_info"),
    reason="the C library here is not glibc",
)
def test_threads_share_two_heaps(tmp_path):
    setting = "from pages.kit import memory; memory.share_heaps()"
    assert heaps(setting, tmp_path) <= 2 < heaps("", tmp_path)
