"""The allocator's settings: made where they can be, left alone where the user made them."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import resource
from vsodboost.cli.allocator import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(200):
        bytearray(3 << 20)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print(keep_freed_memory(), faults())
"""


def run(**environment: str) -> tuple[bool, int]:
    """Whether it was set, and page faults of 200 blocks of 3 MB, in a process of its own."""
    made = subprocess.run(
        [sys.executable, "-c", PROGRAM], env={"PATH": "", **environment}, capture_output=True, text=True, check=True
    )
    done, faults = made.stdout.split()
    return done == "True", int(faults)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's allocator is Linux's")
def test_freed_memory_is_taken_again() -> None:
    kept, few = run()
    if not kept:
        pytest.skip("the C library is not glibc")
    left, many = run(MALLOC_MMAP_THRESHOLD_="1048576")  # the user's own setting: every block comes from the system
    assert not left
    assert few < many / 10
