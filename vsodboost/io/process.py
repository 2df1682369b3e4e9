"""Which process is which: whether the one that wrote a file still runs, also where its number was given to another."""

from __future__ import annotations

import os
import socket
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")
PID_NAMESPACE = Path("/proc/self/ns/pid")
_START = 19
"""Place of ``starttime`` behind the name in /proc/PID/stat; source: proc(5), field 22."""


def machine() -> str:
    """Where this process runs, such that two processes that give the same see each other's numbers.

    The host's name is not enough: it may have been started anew since, two machines may share a name, and containers
    of one host number their processes apart.
    """
    try:
        return f"{socket.gethostname()} {BOOT.read_text(encoding='ascii').strip()} {PID_NAMESPACE.readlink().name}"
    except OSError:  # no Linux
        return socket.gethostname()


def started(pid: int) -> str | None:
    """When process ``pid`` of this machine started, as text that only says whether two are the same.

    None when there is no such process; empty when there is one, or may be one, but the system does not say since when.
    """
    if os.name == "nt":
        return ""  # os.kill(pid, 0) would end it
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "" if _exists(pid) else None
    fields = stat.rpartition(")")[2].split()  # the name before may hold spaces and brackets
    return None if fields[0] in "ZX" else fields[_START]


def resident(pid: int) -> int | None:
    """Bytes of memory that a process of this machine holds; None when it is gone, or the system does not say."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE")


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True
