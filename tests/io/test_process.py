"""Telling processes apart."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time

import pytest

from vsodboost.io.process import machine, started


def test_the_machine_is_the_same_for_two_processes_of_it() -> None:
    code = "from vsodboost.io.process import machine; print(machine())"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert machine() == other and other.startswith(socket.gethostname())


def test_a_start_tells_whether_two_processes_of_one_number_are_the_same() -> None:
    assert started(os.getpid()) == started(os.getpid()) is not None
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        time.sleep(0.05)
        begun = started(child.pid)
        assert begun is not None
        if sys.platform == "linux":
            assert begun.isdecimal() and int(begun) > int(started(os.getpid()) or 0)
        child.communicate(b"\n")
    if os.name != "nt":
        assert started(child.pid) is None


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_zombie_is_gone_and_odd_names_do_not_matter() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended, and its number is kept until it is waited for
        assert started(child.pid) is None
    naming = "import ctypes; ctypes.CDLL(None).prctl(15, b'a) Z 1 (b', 0, 0, 0); print(); input()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", naming], **pipes) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert (started(child.pid) or "").isdecimal()
        child.communicate(b"\n")
