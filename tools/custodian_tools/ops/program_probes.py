"""What docker and btrfs tell of this host; each program has its own time, and is only asked."""

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from custodian_core.ops.host import Btrfs, Container, Docker, Probe
from custodian_core.ops.host_reading import (
    read_btrfs,
    read_containers,
    read_restarts,
    read_rows,
    read_stacks,
    read_usage,
)
from custodian_core.secrets import redact
from custodian_core.text import printable

#: how much of an answer is read
MOST = 4 * 1024 * 1024
#: of how many containers it is told how they stand
MOST_CONTAINERS = 500
#: what of our environment a probe needs
_PASSED = ("PATH", "HOME", "DOCKER_HOST", "DOCKER_CONFIG", "DOCKER_CONTEXT", "XDG_RUNTIME_DIR")
#: what docker says where we may not ask it
_DENIED = ("permission denied", "operation not permitted")


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a program said, or why it did not."""

    status: Probe
    text: str = ""


def _ask(words: Sequence[str], answer_s: float) -> _Answer:
    if shutil.which(words[0]) is None:
        return _Answer(Probe.ABSENT, f"{words[0]} is not installed")
    env = {name: os.environ[name] for name in _PASSED if name in os.environ} | {"LC_ALL": "C"}
    try:
        done = subprocess.run(
            words,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            env=env,
            timeout=answer_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return _Answer(Probe.TIMEOUT, f"{words[0]} did not answer within {answer_s:g} s")
    except OSError as error:
        return _Answer(Probe.FAILED, f"{words[0]}: {error.strerror}")
    if done.returncode == 0:
        return _Answer(Probe.OK, done.stdout[:MOST].decode(errors="replace"))
    why = redact(printable(done.stderr[:1000].decode(errors="replace").strip(), 300))
    denied = any(word in why.casefold() for word in _DENIED)
    return _Answer(Probe.DENIED if denied else Probe.FAILED, why)


def look_at_docker(answer_s: float) -> Docker:
    """What docker tells; of a container neither its environment nor its command is asked."""
    asked = ("info", "--format", '{"driver":{{json .Driver}},"root":{{json .DockerRootDir}}}')
    info = _rows(asked, answer_s)
    if isinstance(info, _Answer):
        return Docker(info.status, info.text)
    with ThreadPoolExecutor(4) as pool:
        ask: Callable[..., Any] = pool.submit
        usage = ask(_rows, ("system", "df", "--format", "{{json .}}"), answer_s)
        there = ask(_rows, ("ps", "--all", "--no-trunc", "--format", "{{json .}}"), answer_s)
        stats = ask(_rows, ("stats", "--no-stream", "--format", "{{json .}}"), answer_s)
        named = ask(_rows, ("compose", "ls", "--all", "--format", "json"), answer_s)
        used, rows, measured = usage.result(), there.result(), stats.result()
        stacks = named.result()
    told: Mapping[str, Any] = info[0] if info else {}
    answers = (used, rows, measured, stacks)
    late = next((each.text for each in answers if isinstance(each, _Answer)), None)
    return Docker(
        Probe.OK,
        late,
        printable(str(told.get("driver")), 100),
        printable(str(told.get("root")), 300),
        None if isinstance(used, _Answer) else read_usage(used),
        None if isinstance(rows, _Answer) else _containers(rows, measured, answer_s),
        None if isinstance(stacks, _Answer) else read_stacks(stacks),
    )


def _containers(
    rows: Sequence[Mapping[str, Any]],
    measured: Sequence[Mapping[str, Any]] | _Answer,
    answer_s: float,
) -> tuple[Container, ...]:
    rows = rows[:MOST_CONTAINERS]
    ids = [str(row["ID"]) for row in rows if str(row.get("ID", "")).isalnum()]
    asked = ("docker", "inspect", "--format", "{{.Name}} {{.RestartCount}}", *ids)
    answer = _ask(asked, answer_s) if ids else _Answer(Probe.ABSENT)
    restarts = read_restarts(answer.text) if answer.status is Probe.OK else {}
    return read_containers(rows, () if isinstance(measured, _Answer) else measured, restarts)


def _rows(words: Sequence[str], answer_s: float) -> list[Mapping[str, Any]] | _Answer:
    answer = _ask(("docker", *words), answer_s)
    if answer.status is not Probe.OK:
        return answer
    rows = read_rows(answer.text)
    return _Answer(Probe.FAILED, "docker's answer cannot be read") if rows is None else rows


def look_at_btrfs(mount: str, answer_s: float) -> Btrfs:
    answer = _ask(("btrfs", "filesystem", "usage", "--raw", mount), answer_s)
    if answer.status is not Probe.OK:
        return Btrfs(answer.status, mount, answer.text)
    return read_btrfs(mount, answer.text)
