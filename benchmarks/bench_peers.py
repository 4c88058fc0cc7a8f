"""The same work by others: starting, listing, choosing, changing, twelve at once, a fleet."""

import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bench_startup import tokens_of_tool
from fleet import Fleet, standing, statuses
from harness import CannotMeasure, Cost, Row, alone, compared, spent_by, spent_by_children
from peer_crowds import crowds
from peer_programs import (
    OURS,
    WORKS,
    Program,
    backlog,
    custodian,
    git_server,
    gita,
    task_master,
)
from records import Answer, Comparison
from session import HELLO, Session, spoken

from custodian_core.model_tokens import count

#: among so many tasks, so often
_SIZES = {1_000: 7, 10_000: 3}
_STARTS, _FLEET, _SWEEPS = 3, 50, 3
#: what we hold ourselves to by what the best of the others does
_LIST_MS, _LIST_TOKENS, _NEXT_MS = {1_000: 15, 10_000: 60}, 1_500, 50
_TOOL_TOKENS, _OVER_IMPORT_MS, _FLEET_MS = 4_000, 300, 400
#: against whom ours stands where no other program could be had
_NOBODY = Answer("nobody else", None)
Found = Row | Comparison


def rows() -> Iterator[Found]:
    """Every work as every program does it, and the bars that we set ourselves by them."""
    programs, missing = _installed()
    if missing:
        yield Comparison("not measured", "", tuple(missing))
    with tempfile.TemporaryDirectory() as name:
        yield from _starting(programs, Path(name))
    for size, times in _SIZES.items():
        with tempfile.TemporaryDirectory() as name:
            yield from _calls(programs, Path(name), size, times)
    yield from crowds([each for each in programs if "take" in each.calls])
    yield from _fleet([each.name for each in programs if "fleet" in each.lacks])


def _installed() -> tuple[list[Program], list[Answer]]:
    """The programs whose servers are asked, ours first, and those that could not be had."""
    programs, missing = [custodian()], list[Answer]()
    for name, made in (("Backlog.md", backlog), ("Task Master", task_master),
                       ("mcp-server-git", git_server)):  # fmt: skip
        try:
            programs.append(made())
        except CannotMeasure as why:
            missing.append(Answer(name, None, str(why)))
    return programs, missing


def _starting(programs: Sequence[Program], folder: Path) -> Iterator[Found]:
    """From nothing to the first answer, and what the tools cost a model."""
    hellos: list[Answer] = []
    firsts: list[Answer] = []
    lists: list[Answer] = []
    for program in programs:
        place = program.world(folder / program.folder, 100)
        begun = [_begun(program, place) for _ in range(_STARTS)]
        hellos.append(_least(program, (each[0] for each in begun)))
        firsts.append(_least(program, (each[1] for each in begun)))
        costs = [tokens_of_tool(tool) for tool in begun[0][2]]
        lists.append(Answer(program.name, sum(costs), f"{len(costs)} tools"))
    yield Comparison("start -> initialize", "ms CPU", tuple(hellos))
    yield Comparison("start -> first answer of a tool", "ms CPU", tuple(firsts))
    yield Comparison("tools/list", "tokens", tuple(lists))
    imports = [sys.executable, "-c", "import mcp.server.stdio"]
    floor = min(spent_by(imports).cpu_ms for _ in range(_STARTS))
    yield _bar("start -> initialize, CPU", hellos, floor + _OVER_IMPORT_MS, "ms")
    yield _bar("tools/list of the default sets", lists, _TOOL_TOKENS, "tokens")


def _least(program: Program, costs: Iterable[Cost]) -> Answer:
    least = Cost.least(costs)
    return Answer(program.name, least.cpu_ms, f"wall {least.wall_ms:,.0f} ms")


def _begun(program: Program, place: Path) -> tuple[Cost, Cost, list[dict[str, Any]]]:
    """What it took until the server said who it is, until a tool answered, and its tools."""
    begin = time.perf_counter()
    with spoken(list(program.command), place, program.environment(place)) as server:

        def so_far() -> Cost:
            return Cost(server.cpu_ms(), (time.perf_counter() - begin) * 1000)

        server.ask("initialize", HELLO)
        hello = so_far()
        said, good = server.call(*program.first(place))
        assert good, said
        return hello, so_far(), server.ask("tools/list", {})["result"]["tools"]


def _calls(programs: Sequence[Program], folder: Path, size: int, times: int) -> Iterator[Found]:
    """Each work, of a server that has done it once before, among so many tasks."""
    told: dict[str, list[tuple[Answer, float]]] = {work: [] for work in WORKS}
    for program in programs:
        if not program.calls.keys() & WORKS:
            for work in WORKS:
                told[work].append((Answer(program.name, None, program.lacks[work]), 0))
            continue
        place = program.world(folder / program.folder, size)
        with spoken(list(program.command), place, program.environment(place)) as server:
            server.ask("initialize", HELLO)
            for work in WORKS:
                told[work].append(_asked(program, server, place, work, times))
    for work, answers in told.items():
        name = f"{work} among {size:,} tasks"
        yield Comparison(name, "ms CPU", tuple(answer for answer, _ in answers))
        yield from _call_bars(work, size, name, answers)


def _asked(
    program: Program, server: Session, place: Path, work: str, times: int
) -> tuple[Answer, float]:
    """The work's cost with what the answer costs a model, and its least wall time."""
    if work not in program.calls:
        return Answer(program.name, None, program.lacks[work]), 0
    try:
        return _measured(program, server, place, work, times)
    except CannotMeasure as why:
        return Answer(program.name, None, str(why)), 0


def _measured(
    program: Program, server: Session, place: Path, work: str, times: int
) -> tuple[Answer, float]:
    costs: list[Cost] = []
    said = ""
    for turn in range(times + 1):
        tool, arguments = program.calls[work](place, 12 * turn)
        used, begin = server.cpu_ms(), time.perf_counter()
        said, good = server.call(tool, arguments)
        costs.append(Cost(server.cpu_ms() - used, (time.perf_counter() - begin) * 1000))
        if not good:
            return Answer(program.name, None, f"refused: {said[:80]}"), 0
    least = Cost.least(costs[1:])
    words = [f"wall {least.wall_ms:,.1f} ms", f"{count(said):,} tokens", program.says.get(work)]
    return Answer(program.name, least.cpu_ms, ", ".join(filter(None, words))), least.wall_ms


def _call_bars(
    work: str, size: int, name: str, answers: Sequence[tuple[Answer, float]]
) -> Iterator[Row]:
    bar = {"list": _LIST_MS[size], "next task": _NEXT_MS}.get(work)
    if bar is None:
        return
    ours, *others = answers
    asked = (each for each in others if each[1])
    peer, least = min(asked, key=lambda each: each[1], default=(_NOBODY, None))
    said, holds = f"<= {bar} ms", ours[1] <= bar
    yield Row(f"{name}, wall", ours[1], peer.program, least, said, holds, _SIZES[size])


def _bar(name: str, answers: Sequence[Answer], bar: float, unit: str) -> Row:
    """Ours against the best of the others, and against a bar."""
    ours, *others = answers
    asked = (each for each in others if each.figure)
    best = min(asked, key=lambda each: each.figure or 0, default=_NOBODY)
    figure = ours.figure or 0
    said = f"<= {bar:,.0f} {unit}"
    return Row(name, figure, best.program, best.figure, said, figure <= bar, _STARTS, unit=unit)


def _fleet(without: Sequence[str]) -> Iterator[Found]:
    """Where each of many repos stands, told once for all, nothing having changed."""
    with standing(_FLEET) as fleet:
        floor = partial(spent_by_children, partial(statuses, fleet))
        check = [*fleet.custodian("check", "--all", "--no-fetch")]
        ours, bare = compared(partial(spent_by, check, fleet.env), floor, _SWEEPS)
        answers = [
            _told(OURS, ours, "branch, remote, workplans and hub compared"),
            *(Answer(name, None, "knows one repo") for name in without),
            *_others(fleet),
            _told("bare git", bare, "git status of each"),
        ]
        yield Comparison(f"where {_FLEET} repos stand", "ms CPU", tuple(answers))
    yield alone(f"where {_FLEET} repos stand, CPU", ours.cpu_ms, _FLEET_MS, _SWEEPS)


def _others(fleet: Fleet) -> Iterator[Answer]:
    """Those that can tell where a repo stands, whatever tasks it has."""
    try:
        yield _told(git_server().name, _by_server(fleet), "git_status of each, warm")
    except CannotMeasure as why:
        yield Answer("mcp-server-git", None, str(why))
    try:
        yield _told(gita().name, _by_gita(fleet), "gita ll")
    except CannotMeasure as why:
        yield Answer("gita", None, str(why))


def _told(program: str, cost: Cost, said: str) -> Answer:
    return Answer(program, cost.cpu_ms, f"wall {cost.wall_ms:,.0f} ms, {said}")


def _by_server(fleet: Fleet) -> Cost:
    """What calls of one session cost over its start and end, git's processes among it."""
    program = git_server()
    env = program.environment(fleet.tops[0])
    walls: list[float] = []

    def session(tops: Sequence[Path]) -> None:
        with spoken(list(program.command), fleet.folder, env) as server:
            server.ask("initialize", HELLO)
            begin = time.perf_counter()
            for top in tops:
                _, good = server.call("git_status", {"repo_path": str(top)})
                assert good, top
            if tops:
                walls.append((time.perf_counter() - begin) * 1000)

    whole, start = compared(
        lambda: spent_by_children(lambda: session(fleet.tops)),
        lambda: spent_by_children(lambda: session(())),
        _SWEEPS,
    )
    return Cost(whole.cpu_ms - start.cpu_ms, min(walls))


def _by_gita(fleet: Fleet) -> Cost:
    program = gita()
    env = program.environment(fleet.tops[0])
    spent_by([*program.command, "add", *map(str, fleet.tops)], env)
    return Cost.least(spent_by([*program.command, "ll"], env) for _ in range(_SWEEPS))
