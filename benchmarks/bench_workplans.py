"""Reading and editing workplans, against PyYAML's C loader on the same bytes."""

import re
from functools import partial
from typing import Any

import yaml
from harness import Row, alone, cpu_ms, in_turn, least
from plans import plans

from custodian_core.status import Status
from custodian_core.workplan.cache import Readings
from custodian_core.workplan.edit import SetTaskStatus, edit
from custodian_core.workplan.model import Reading
from custodian_core.workplan.read import read

_FRONT = re.compile(rb"\A---\n(.*?\n)---\n", re.DOTALL)
_BLOCK = re.compile(rb"^```task\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def by_yaml(data: bytes) -> tuple[Any, list[Any]]:
    """What front matter and task blocks say, through PyYAML's C loader."""
    front = _FRONT.match(data)
    assert front
    return (
        yaml.load(front[1], Loader=yaml.CSafeLoader),
        [yaml.load(block, Loader=yaml.CSafeLoader) for block in _BLOCK.findall(data)],
    )


def _same(reading: Reading, peer: tuple[Any, list[Any]]) -> bool:
    plan = reading.workplan
    return plan is not None and (plan.fields, [task.fields for task in plan.tasks]) == peer


def _ours(corpus: list[bytes]) -> None:
    for data in corpus:
        read(data, "x.md")


def _peer(corpus: list[bytes]) -> None:
    for data in corpus:
        by_yaml(data)


def rows(count: int = 10_000) -> list[Row]:
    """Reading `count` plans, one edit, and a plan that was read before."""
    corpus = plans(count)
    equal = all(_same(read(data), by_yaml(data)) for data in corpus)
    mean = sum(map(len, corpus)) / count

    mine = theirs = 0.0
    # Piece by piece, so that a slow spell of the machine spoils one piece and not the sum.
    for start in range(0, count, 200):
        piece = corpus[start : start + 200]

        ours, peer = partial(_ours, piece), partial(_peer, piece)
        pair = in_turn(partial(cpu_ms, ours), partial(cpu_ms, peer), 3)
        mine, theirs = mine + pair[0], theirs + pair[1]
    plan = read(corpus[0]).workplan
    assert plan
    task = plan.tasks[3]
    new = Status.DONE if task.status is not Status.DONE else Status.TODO
    change = SetTaskStatus(task.id, new)
    shelf = Readings()
    shelf.read(corpus[0], "x.md")
    times = 200

    def edits() -> None:
        for _ in range(times):
            edit(corpus[0], change)

    def again() -> None:
        for _ in range(times):
            shelf.read(corpus[0], "x.md")

    edit_ms = least(lambda: cpu_ms(edits), 15) / times
    again_ms = least(lambda: cpu_ms(again), 15) / times
    said = "equal" if equal else "NOT EQUAL"
    return [
        Row(
            f"read {count} workplans of {mean:.0f} bytes",
            mine,
            f"PyYAML's C loader, results {said}",
            theirs,
            ">= 3x faster",
            equal and theirs >= 3 * mine,
            3,
        ),
        alone("one status edit", edit_ms, 0.5, 15),
        alone("a workplan read before", again_ms, 0.02, 15),
    ]
