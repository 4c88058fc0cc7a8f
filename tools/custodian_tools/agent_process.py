"""An agent as a process: told its prompt, watched, ended with all that it started, and heard."""

import os
import select
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from custodian_core.errors import BadValue
from custodian_core.secrets import redact

#: how long an agent may tidy up after it was asked to end, and one that ended of itself
GRACE_S, AFTER_S = 5.0, 0.5
#: how much of what it prints is kept: so much of the beginning, and as much of the end
KEPT = 512 * 1024

_TICK_S = 0.05


@dataclass
class Heard:
    """What a process printed: all of it, or its beginning and its end."""

    head: bytearray = field(default_factory=bytearray)
    tail: bytearray = field(default_factory=bytearray)
    left_out: int = 0

    def add(self, said: bytes) -> None:
        """Keep what there is room for."""
        room = KEPT - len(self.head)
        self.head += said[:room]
        self.tail += said[room:]
        if (more := len(self.tail) - KEPT) > 0:
            del self.tail[:more]
            self.left_out += more

    def text(self, secrets: Sequence[str]) -> str:
        """The same without secrets, and without a part of one where it was cut."""
        if not self.left_out:
            return redact((self.head + self.tail).decode(errors="replace"), secrets)
        head, tail = (redact(p.decode(errors="replace"), secrets) for p in (self.head, self.tail))
        longest = max(map(len, secrets), default=0)
        head, tail = head[: len(head) - longest], tail[longest:]
        return f"{head}\n… {self.left_out} bytes left out …\n{tail}"


@dataclass(frozen=True, slots=True)
class Ended:
    """How an agent's process ended: of itself, at its limit, or since its claim was lost."""

    how: str
    #: None where it did not end of itself
    code: int | None
    heard: Heard


def run_agent(
    words: Sequence[str],
    prompt: str,
    folder: Path,
    env: Mapping[str, str],
    *,
    limit_s: float,
    beat_s: float,
    beat: Callable[[], bool],
) -> Ended:
    """How the agent ended; nothing that it started in its group runs any more.

    `beat` is called every so often while it lives, and says whether it may go on.
    """
    heard, how = Heard(), "stopped"
    with _held_back() as heed:
        process = _started(words, prompt, folder, env)
        enough = threading.Event()
        ear = threading.Thread(target=_listen, args=(process.stdout, heard, enough), daemon=True)
        ear.start()
        try:
            heed()
            how = _watch(process, limit_s, beat_s, beat)
        finally:
            _end(process, AFTER_S if how == "exited" else GRACE_S)
            ear.join(AFTER_S)  # who left the group may hold the pipe for ever
            enough.set()
            ear.join()
    return Ended(how, process.returncode if how == "exited" else None, heard)


def _started(
    words: Sequence[str], prompt: str, folder: Path, env: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    with tempfile.TemporaryFile() as told:
        told.write(prompt.encode())
        told.seek(0)
        try:
            return subprocess.Popen(
                list(words),
                cwd=folder,
                env=dict(env),
                stdin=told,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            reason = f"it cannot be started: {(error.strerror or str(error)).lower()}"
            raise BadValue(f"agent command {words[0]}", reason) from error


@contextmanager
def _held_back() -> Generator[Callable[[], None]]:
    """What tells this process to end is heeded when there is somebody who ends the agent too."""
    came: list[int] = []
    before = {
        each: handler
        for each in (signal.SIGINT, signal.SIGTERM)
        if threading.current_thread() is threading.main_thread()
        and callable(handler := signal.getsignal(each))
    }
    for each in before:
        signal.signal(each, lambda number, _frame: came.append(number))

    def heed() -> None:
        while before:
            signal.signal(*before.popitem())
        while came:
            signal.raise_signal(came.pop(0))

    try:
        yield heed
    finally:
        heed()


def _listen(pipe: IO[bytes], heard: Heard, enough: threading.Event) -> None:
    with pipe:
        ready = select.poll()
        ready.register(pipe, select.POLLIN)
        while not enough.is_set():
            if not ready.poll(_TICK_S * 1000):
                continue
            said = os.read(pipe.fileno(), 65536)
            if not said:
                return
            heard.add(said)


def _watch(
    process: "subprocess.Popen[bytes]", limit_s: float, beat_s: float, beat: Callable[[], bool]
) -> str:
    until = time.monotonic() + limit_s
    next_beat = time.monotonic() + beat_s
    while True:
        try:
            process.wait(max(0.0, min(until, next_beat) - time.monotonic()))
        except subprocess.TimeoutExpired:
            if time.monotonic() >= until:
                return "timeout"
            if not beat():
                return "lost"
            next_beat = time.monotonic() + beat_s
        else:
            return "exited"


def _end(process: "subprocess.Popen[bytes]", grace_s: float) -> None:
    """The whole group has ended: asked first, so that it can put away what it holds."""
    for signal_, patience_s in ((signal.SIGTERM, grace_s), (signal.SIGKILL, AFTER_S)):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal_)
        until = time.monotonic() + patience_s
        while _lives(process) and time.monotonic() < until:
            time.sleep(_TICK_S)
    process.wait()


def _lives(process: "subprocess.Popen[bytes]") -> bool:
    process.poll()
    try:
        os.killpg(process.pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
