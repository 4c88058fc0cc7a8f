"""Twelve agents at once, each with a server of its own, as clients start them."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from threading import Barrier

from harness import Row
from peer_programs import AT_ONCE, Program
from records import Answer, Comparison
from session import HELLO, Session, spoken

_TURNS, _TASKS = 5, 100
_CALLS = AT_ONCE * _TURNS


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many of the calls were said to have worked, and how many are there to see."""

    said: int
    there: int


def crowds(programs: Sequence[Program]) -> Iterator[Row | Comparison]:
    """Notes on one task, a status for each of twelve, and one task that all of them take."""
    notes: list[Answer] = []
    changes: list[Answer] = []
    taken: list[Answer] = []
    for program in programs:
        with tempfile.TemporaryDirectory() as name, ExitStack() as open_:
            place = program.world(Path(name) / program.folder, _TASKS)
            crowd = _Crowd(program, place, open_)
            notes.append(_written(program, crowd, "note"))
            changes.append(_written(program, crowd, "status change"))
            taken.append(_claimed(program, crowd))
    yield Comparison(f"{AT_ONCE} write a note to one task at once", "%", tuple(notes))
    yield Comparison(f"{AT_ONCE} change a task each at once", "%", tuple(changes))
    told = f"{AT_ONCE} take one task at once: to how many it is granted"
    yield Comparison(told, f"of {AT_ONCE}", tuple(taken))
    for what, answers in (("note to one task", notes), ("task each", changes)):
        name = f"{AT_ONCE} writers at once, a {what}"
        yield _bar(name, answers, 100, "%")
    yield _bar(told, taken, 1, f"of {AT_ONCE}")


def _bar(name: str, answers: Sequence[Answer], bar: float, unit: str) -> Row:
    """Ours, which comes first, against whichever of the others comes nearest to what must be."""
    figures = [(abs(each.figure - bar), each) for each in answers if each.figure is not None]
    (missed, ours), *others = figures
    _, peer = min(others, key=itemgetter(0), default=(0, Answer("nobody else", None)))
    said, holds = f"{bar:g} {unit}", missed == 0
    return Row(name, ours.figure or 0, peer.program, peer.figure, said, holds, _TURNS, unit=unit)


class _Crowd:
    """Servers that have started and are asked in the same moment."""

    def __init__(self, program: Program, place: Path, open_: ExitStack) -> None:
        self.program, self.place = program, place
        env = program.environment(place)
        started = [spoken(list(program.command), place, env) for _ in range(AT_ONCE)]
        self.servers = [open_.enter_context(each) for each in started]
        for server in self.servers:
            server.ask("initialize", HELLO)
        # (whatever a server does on its first call is done)
        tool, arguments = program.calls["list"](place, 0)
        self._all(lambda server, _number: server.call(tool, arguments))

    def turn(self, work: str, turn: int) -> list[tuple[str, bool]]:
        """What each was answered, all having asked at once."""
        gate = Barrier(AT_ONCE)

        def ask(server: Session, number: int) -> tuple[str, bool]:
            tool, arguments = self.program.calls[work](self.place, AT_ONCE * turn + number)
            gate.wait()
            return server.call(tool, arguments)

        return self._all(ask)

    def _all(self, ask: Callable[[Session, int], tuple[str, bool]]) -> list[tuple[str, bool]]:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(ask, self.servers, range(AT_ONCE)))


def _written(program: Program, crowd: _Crowd, work: str) -> Answer:
    """How many of a hundred writes are there afterwards, and how many were said to be."""
    if work not in program.calls:
        return Answer(program.name, None, program.lacks[work])
    good = there = 0
    for turn in range(_TURNS):
        good += sum(worked for _, worked in crowd.turn(work, turn))
        there += program.there(work, crowd.place, turn)
    said = f"{there} of {_CALLS}; {good} were told that it worked"
    return Answer(program.name, 100 * there / _CALLS, said)


def _claimed(program: Program, crowd: _Crowd) -> Answer:
    """How many of twelve were told that the task is theirs, on the mean of all turns."""
    won = [sum(worked for _, worked in crowd.turn("take", turn)) for turn in range(_TURNS)]
    return Answer(program.name, sum(won) / _TURNS, f"{min(won)} to {max(won)} in {_TURNS} turns")
