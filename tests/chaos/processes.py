"""Real processes of a host: runs that end, and residents that go on until they are stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("custodian")
#: how long anything may take that is to happen
LIMIT_S = 90


@dataclass(eq=False)
class Run:
    """A process, what it was asked, and where its words go."""

    host: str
    words: tuple[str, ...]
    process: "subprocess.Popen[bytes]"
    out: Path
    err: Path
    #: what it was born into that may make it fail: a kill, a full disk
    doomed: bool = False
    killed: bool = False

    @property
    def lives(self) -> bool:
        return self.process.poll() is None

    @property
    def said(self) -> str:
        return self.out.read_text(errors="replace")

    @property
    def complained(self) -> str:
        return self.err.read_text(errors="replace")

    def kill(self) -> None:
        """It ends at once and tidies nothing up."""
        if self.lives:
            self.killed = True
            self.process.kill()
            self.process.wait()

    def stop(self) -> bool:
        """Whether it ended in time, once it was asked to."""
        self.process.send_signal(signal.SIGTERM)
        return self.ends()

    def ends(self, within_s: float = LIMIT_S) -> bool:
        """Whether it has ended in time."""
        try:
            self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            return False
        return True


def begin(
    host: str,
    env: Mapping[str, str],
    folder: Path,
    notes: Path,
    *words: str,
    largest: int = 0,
    program: Path = PROGRAM,
) -> Run:
    """`custodian` with those words; `largest` bounds, in bytes, the files that it may write."""
    notes.mkdir(exist_ok=True)
    name = f"{len(list(notes.iterdir())) // 2:04}-{host}-{words[0]}"
    out, err = notes / f"{name}.out", notes / f"{name}.err"
    command = [str(program), *words]
    if largest:
        # (the shell counts in blocks of 512 bytes)
        command = ["sh", "-c", f'ulimit -f {largest // 512}; exec "$@"', "sh", *command]
    with out.open("wb") as told, err.open("wb") as complained:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=complained,
            env=dict(env),
            cwd=folder,
        )
    return Run(host, words, process, out, err, doomed=bool(largest))


@dataclass
class Resident:
    """A server or a worker: killed and started anew as often as chance wants."""

    start: Callable[[], Run]
    runs: list[Run] = field(default_factory=list[Run])

    def revive(self) -> None:
        """It runs."""
        if not self.runs or not self.runs[-1].lives:
            self.runs.append(self.start())

    def kill(self) -> bool:
        """Whether it ran until it was killed."""
        lived = bool(self.runs) and self.runs[-1].lives
        if lived:
            self.runs[-1].kill()
        return lived

    def stop(self) -> bool:
        """Whether it ended in time, if it ran at all."""
        return not self.runs or not self.runs[-1].lives or self.runs[-1].stop()


def at_work_in(folder: Path) -> list[int]:
    """The processes at work in that folder, whoever started them."""
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append(int(process.name))
        except OSError:
            continue
    return [each for each in found if each != os.getpid()]


def in_background(folder: Path) -> list[int]:
    """The runs at work in that folder that nobody waits for."""
    found: list[int] = []
    for pid in at_work_in(folder):
        with suppress(OSError):
            if b"--background" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                found.append(pid)
    return found


def until(holds: Callable[[], bool], within_s: float = LIMIT_S) -> bool:
    """Whether that came to hold in time."""
    end = time.monotonic() + within_s
    while not holds():
        if time.monotonic() >= end:
            return False
        time.sleep(0.05)
    return True
