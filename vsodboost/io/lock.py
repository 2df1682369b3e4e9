"""One run a video: a lock file in the output folder says which run is writing that video's results.

``<out>/.<video>.lock`` is made with ``O_EXCL``, so of two runs one has it, on network file systems too. It is JSON: who
holds it. A run takes the locks of all its videos before its first, gives each back when that video is done, and the
rest when it ends, however it ends. So runs over different videos share a folder, as job arrays do, and of two runs
over the same videos the second is refused.

A lock whose run is gone is taken over. On the same machine the process is looked for; a run on another one shows that
it is alive by touching its locks every ``BEAT`` seconds.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import shlex
import socket
import sys
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from vsodboost.data.errors import InputError, UsageError, VideoError, VsodboostError
from vsodboost.data.texts import json_value
from vsodboost.io.atomic import TEMPORARY, stops_everything, write_errors
from vsodboost.io.output_paths import safe_name
from vsodboost.io.process import machine, started
from vsodboost.io.unfinished import unfinished

BEAT = 30.0
SILENT = 300.0
"""Seconds without a beat after which a run of another machine is gone; network file systems show changes late."""
_TRIES = 20
"""Times to try while other runs' locks come and go; each waits ``_PAUSE`` seconds."""
_PAUSE = 0.05


@dataclass(frozen=True)
class Owner:
    """The run that holds a lock: ``machine`` and ``started`` tell its process from others, ``token`` its locks."""

    host: str
    pid: int
    since: str
    command: str
    machine: str
    started: str
    token: str

    def __str__(self) -> str:
        return f"{self.host}, pid {self.pid}, since {self.since}"

    @classmethod
    def this_run(cls) -> Owner:
        """A new run of this process."""
        since = time.strftime("%Y-%m-%d %H:%M:%S")
        pid = os.getpid()
        command = shlex.join(sys.argv)
        return cls(socket.gethostname(), pid, since, command, machine(), started(pid) or "", secrets.token_hex(8))


class InUse(VideoError):
    """Another run is writing the results of this video."""


@dataclass(frozen=True)
class LockClaim:
    """That the run ``me`` holds the locks of its videos in ``folder``, which the user called ``out``; whoever works for
    the run may have it, in another process, too."""

    out: Path
    folder: Path
    me: Owner

    def confirm(self, video: str) -> None:
        """Raise InUse when another run took the lock of ``video``: this one slept so long that it was taken for
        gone."""
        owner = _read(self.folder / f".{safe_name(video)}.lock")
        if owner is not None and owner != self.me:
            raise self.in_use(video, owner)

    def in_use(self, video: str, owner: Owner | None) -> InUse:
        """Return the error that names who has the lock of ``video``."""
        who = "which cannot be told" if owner is None else owner
        seen = owner is not None and owner.machine == self.me.machine
        doubt = "" if seen else f"; if it is gone for certain, delete {self.out / f'.{video}.lock'}"
        return InUse(
            f"another run ({who}) is writing to {self.out / video}; wait until it ends, or choose another -o{doubt}"
        )


class VideoLocks:
    """The locks that one run holds in the folder ``out`` while the block lasts.

    ``taken_over`` says of which videos there were locks left behind, and by which runs (None: an unreadable lock).
    """

    def __init__(self, out: str | Path) -> None:
        self.out = Path(out)
        self.taken_over: dict[str, Owner | None] = {}
        self._me = Owner.this_run()
        self._folder = self.out.absolute()  # whatever folder a plugin goes to later
        self._held: dict[str, Path] = {}
        self._made: list[Path] = []
        self._end = threading.Event()
        self._beats: threading.Thread | None = None

    def __enter__(self) -> VideoLocks:
        return self

    def __exit__(self, *error: object) -> None:
        if self._me.pid != os.getpid():  # a forked child: the locks are its parent's
            return
        self._end.set()
        for video in list(self._held):
            self.release(video)
        for folder in reversed(self._made):
            with suppress(OSError):  # it is not empty
                folder.rmdir()

    def take(self, video: str) -> None:
        """Take the lock of ``video``. The output folder is made when missing, and gone at the end if it stays empty.

        Raises:
            InUse: another run has it.
            InputError: ``video`` cannot be the name of a folder, or is too long for one there.
            UsageError: the output folder cannot be written.
            VsodboostError: the disk is full.
        """
        lock = self._folder / f".{safe_name(video)}.lock"
        self._held[video] = lock
        unfinished.add(lock)
        try:
            self._make(lock, video)
        except BaseException:
            self.release(video)
            raise
        if self._beats is None:
            self._beats = threading.Thread(target=self._beat, name="vsodboost-locks", daemon=True)
            self._beats.start()

    def release(self, video: str) -> None:
        """Give the lock of ``video`` back; nothing happens when it is not held."""
        lock = self._held.pop(video, None)
        if lock is None:
            return
        if _read(lock) == self._me:
            with suppress(OSError):
                lock.unlink()
        unfinished.discard(lock)

    def clear_left_behind(self, video: str) -> None:
        """Delete the lock of a video that is done where its run was killed before it gave it back. Raises
        VsodboostError."""
        lock = self._folder / f".{safe_name(video)}.lock"
        if video not in self._held and lock.exists() and self._is_gone(lock, _read(lock)):
            with suppress(InUse):  # somebody else does so
                self.take(video)
            self.release(video)

    def confirm(self, video: str) -> None:
        """Raise InUse when another run took the lock of ``video`` (``LockClaim``)."""
        self.claim.confirm(video)

    @property
    def claim(self) -> LockClaim:
        """What this run's other processes know of its locks."""
        return LockClaim(self.out, self._folder, self._me)

    def _make(self, lock: Path, video: str) -> None:
        for _ in range(_TRIES):
            self._make_folder()
            try:
                self._write(lock)
            except FileExistsError:
                if self._take_over(lock, video):
                    return
            except FileNotFoundError:  # another run ended just now, and took the empty folder along
                time.sleep(_PAUSE)
            except OSError as error:
                if error.errno == errno.ENAMETOOLONG:
                    raise InputError(f"{video!r} is too long for a name in {self.out}; rename the video") from error
                raise self._refusal(error) from error
            else:
                return
        raise self._in_use(video, _read(lock))

    def _write(self, lock: Path) -> None:
        """Write who this run is to a file that is not there yet; raises OSError, FileExistsError when it is."""
        file = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
        try:
            with os.fdopen(file, "wb") as opened:
                opened.write(json.dumps(asdict(self._me), indent=1).encode())
        except OSError:
            lock.unlink()
            raise

    def _make_folder(self) -> None:
        try:
            missing = [folder for folder in (self._folder, *self._folder.parents) if not folder.exists()]
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._refusal(error) from error
        self._made += [folder for folder in reversed(missing) if folder not in self._made]

    def _take_over(self, lock: Path, video: str) -> bool:
        """Put this run's lock in the place of one whose run is gone; False: another run is doing so, or was quicker.

        Several runs may find the same lock left behind. One of them makes the claim on it, looks once more, and
        replaces it: at no moment is there no lock, so that nobody slips in.

        Raises:
            InUse: the run that holds it is not gone.
        """
        owner = _read(lock)
        if owner is None and lock.exists():  # it may be made at this moment
            time.sleep(_PAUSE)
            owner = _read(lock)
        if not self._is_gone(lock, owner):
            raise self._in_use(video, owner)
        of = sha256(b"unreadable" if owner is None else str(owner.token).encode()).hexdigest()[:12]
        claim, mine = (lock.with_name(f"{TEMPORARY}{name}{lock.name}") for name in (of, secrets.token_hex(6)))
        with write_errors(self.out / lock.name):
            try:
                self._write(claim)
            except FileExistsError:
                if self._is_silent(claim):  # its maker was killed at it
                    claim.unlink(missing_ok=True)
                time.sleep(_PAUSE)
                return False
            try:
                if not lock.exists() or _read(lock) != owner or not self._is_gone(lock, owner):
                    return False
                self._write(mine)
                mine.replace(lock)
            finally:
                for temporary in (mine, claim):
                    temporary.unlink(missing_ok=True)
        self.taken_over[video] = owner
        return True

    def _is_gone(self, lock: Path, owner: Owner | None) -> bool:
        if owner is not None and owner.machine == self._me.machine:
            since = started(owner.pid)
            if since is None:
                return True
            if since and owner.started:
                return since != owner.started  # the number was given to another process
        return self._is_silent(lock)

    def _is_silent(self, lock: Path) -> bool:
        """Whether nobody touched the lock for long, by the clock of the file system: hosts' clocks differ."""
        probe = lock.with_name(f"{TEMPORARY}{secrets.token_hex(6)}.now")
        with write_errors(self.out / lock.name):
            try:
                probe.touch()
                return probe.stat().st_mtime - lock.stat().st_mtime > SILENT
            except FileNotFoundError:  # the lock was given back
                return True
            finally:
                probe.unlink(missing_ok=True)

    def _beat(self) -> None:
        while not self._end.wait(BEAT):
            for lock in list(self._held.values()):
                with suppress(OSError):  # it was given back just now, or the network is away
                    os.utime(lock)

    def _in_use(self, video: str, owner: Owner | None) -> InUse:
        return self.claim.in_use(video, owner)

    def _refusal(self, error: OSError) -> VsodboostError:
        reason = "a file is in its way" if isinstance(error, FileExistsError | NotADirectoryError) else error.strerror
        kind, mend = (VsodboostError, "") if stops_everything(error) else (UsageError, "; choose another -o")
        return kind(f"cannot write to the output folder {self.out}: {reason}{mend}")


def _read(lock: Path) -> Owner | None:
    """Who holds the lock; None when it is not there, or not (or not yet) one of ours."""
    try:
        return Owner(**json_value(lock.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
