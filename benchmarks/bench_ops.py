"""What an ops repo of many years costs: linting its tree, its defects, and a day of a busy log."""

import json
import resource
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from harness import Row, child_cpu_ms, cpu_ms, least

from custodian_core.ops.defects import Facts, Source, structural_defects
from custodian_core.ops.engagement import Engagement, Window
from custodian_core.ops.prereq.lint import lint
from custodian_core.ops.prereq.tree import read_tree

_LINT_MS, _DEFECTS_MS, _LOG_MS, _LOG_MIB = 50, 1_000, 12_000, 100
_OBJECTIVES, _LINES = 1_000, 1_000_000
_BEGIN = 1_777_600_000


def rows(rounds: int = 20) -> list[Row]:
    """Each bar of issue 9, against plain reading of the same bytes where there is a floor."""
    data = _tree()
    assert not lint(read_tree(data))
    ours = least(lambda: cpu_ms(lambda: lint(read_tree(data))), rounds)
    floor = least(lambda: cpu_ms(lambda: data.decode().split("\n")), rounds)
    tree = read_tree(data)
    facts = Facts((Source("prerequisites.md", "objectives", _OBJECTIVES),), tree, evidence={})
    found = least(lambda: cpu_ms(lambda: structural_defects(facts)), 5)
    nodes = structural_defects(facts).nodes
    me = str(Path(__file__))
    log = child_cpu_ms([sys.executable, me, "take"])
    parse = child_cpu_ms([sys.executable, me, "parse"])
    mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    what = f"lint a tree of {_OBJECTIVES} objectives"
    return [
        _row(what, ours, "its lines", floor, _LINT_MS, rounds),
        _row(f"defects over {nodes} things", found, "-", None, _DEFECTS_MS, 5),
        _row(f"engagement of {_LINES} log lines", log, "json.loads of each", parse, _LOG_MS, 1),
        Row(
            "memory of that, MiB in place of ms", mib, "-", None, f"<= {_LOG_MIB} MiB",
            mib <= _LOG_MIB, 1,
        ),
    ]  # fmt: skip


def _row(name: str, ours: float, peer: str, floor: float | None, bar_ms: int, rounds: int) -> Row:
    return Row(name, ours, peer, floor, f"<= {bar_ms} ms", ours <= bar_ms, rounds)


def _tree() -> bytes:
    """A tree as people write it: most items of the everyday kind, some that wait."""
    parts = ["# Prerequisite Tree\n<!-- Last updated: 2026-05-02 -->\n"]
    for n in range(_OBJECTIVES):
        first = 10 * n + 1
        parts.append(
            f"## Objective: Group — Goal {n} (#{first})\n"
            f"- [x] What came first (#{first + 1} — closed)\n"
            f"- [ ] What comes next (#{first + 2} — backlog)\n"
            f"- [ ] What waits (#{first + 3} — backlog, depends on #{first + 2})\n"
            f"Status: IN PROGRESS — #{first + 2} first\n"
        )
    return "\n".join(parts).encode()


def _log() -> Iterator[bytes]:
    """Lines as Caddy writes them, two assets to a page; made anew, so that none is kept."""
    agents = [f"Mozilla/5.0 (X11; Linux x86_64) Chrome/{n}.0" for n in range(50)]
    for n in range(_LINES):
        uri = f"/page/{n % 400}?q={n % 7}" if n % 3 == 0 else f"/app-{n % 9}.js?v=3"
        yield (
            f'{{"level":"info","ts":{_BEGIN + n * 0.08:.3f},"msg":"handled request","request":{{'
            f'"remote_ip":"10.{n % 7}.{n % 251}.{n % 13}","proto":"HTTP/2.0","method":"GET",'
            f'"host":"acme.example","uri":"{uri}","headers":{{"User-Agent":["{agents[n % 50]}"],'
            f'"Referer":["https://x{n % 30}.example/a"]}}}},"duration":0.0{n % 90},"size":3203,'
            f'"status":200}}\n'
        ).encode()


def _take() -> None:
    end = datetime.fromtimestamp(_BEGIN + 86_400, UTC)
    engagement = Engagement(Window.last(24, end))
    engagement.take(_log())
    assert engagement.report()


def _parse() -> None:
    for line in _log():
        json.loads(line)


if __name__ == "__main__":
    {"take": _take, "parse": _parse}[sys.argv[1]]()
