"""Turns to write: whoever waits for one is taken along by the one who has it.

A hub has one writer at a time, and each commit waits for the disk. So a thread that has the turn
does all that was wanted meanwhile in one transaction, and each is told how theirs went.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, Generic, TypeVar

from custodian_core.commands import Caller
from custodian_core.errors import Conflict, HubTrouble

from . import claims
from .databases import Database, Question, Turn, roll_back
from .writing import Writing

T = TypeVar("T")

#: how many are done in one transaction: who comes later is not kept waiting for ever
MOST = 16


class Work(Generic[T]):
    """What somebody wants to write, and how it went."""

    def __init__(self, by: Caller, do: Callable[[Writing], T], opening: Sequence[Question]) -> None:
        self.by = by
        self.do = do
        #: what it begins with, whatever it is
        self.opening = opening
        #: it is done, or its own thread is to do it
        self.called = threading.Event()
        self.ended = False
        self._answer: Any = None
        self._error: Exception | None = None

    def stands(self, answer: T) -> None:
        """It is on disk."""
        self._answer, self.ended = answer, True

    def fails(self, error: Exception) -> None:
        """Nothing of it stands."""
        self._error, self.ended = error, True

    def told(self) -> T:
        """How it went."""
        if self._error is not None:
            raise self._error
        answer: T = self._answer
        return answer


class Turns:
    """The threads of one process that write to one hub."""

    def __init__(self, database: Database, writing: Callable[[Turn, Caller], Writing]) -> None:
        self._database = database
        self._writing = writing
        self._changing = threading.Lock()
        self._waiting: deque[Work[Any]] = deque()
        #: somebody has the turn, or was called to it
        self.taken = False

    @property
    def waiting(self) -> int:
        """How many wait for the one who has the turn."""
        return len(self._waiting)

    def take(self, work: Work[T]) -> T:
        """What the work answers, once it stands."""
        with self._changing:
            self._waiting.append(work)
            if not self.taken:
                self.taken = True
                work.called.set()
        try:
            work.called.wait()
            if not work.ended:
                self._go()
        except BaseException:
            self._leave(work)
            raise
        return work.told()

    def _go(self) -> None:
        """Do the work of everybody who waits, of whom this thread is the first."""
        with self._changing:
            works = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
        try:
            self._carry_out(works)
        finally:
            for work in works:
                if not work.ended:
                    work.fails(HubTrouble(self._database.name, "the write was broken off"))
            self._call_next()
            for work in works:
                work.called.set()

    def _call_next(self) -> None:
        with self._changing:
            self.taken = bool(self._waiting)
            if self.taken:
                self._waiting[0].called.set()

    def _leave(self, work: Work[Any]) -> None:
        """Its thread waits no more; if it was called, the next one is."""
        with self._changing:
            if work not in self._waiting:
                return  # (it is being done)
            self._waiting.remove(work)
        if work.called.is_set():
            self._call_next()

    def _carry_out(self, works: Sequence[Work[Any]]) -> None:
        try:
            with self._database.writing() as connection:
                try:
                    asked = [each for work in works for each in work.opening]
                    turn, answers = self._database.take_turn(connection, *asked)
                    connection = turn.connection
                    if len(works) == 1:
                        self._alone(turn, works[0], answers)
                    else:
                        self._together(turn, zip(works, _found(works, answers), strict=True))
                except BaseException:
                    roll_back(self._database, connection)
                    raise
        except Exception as error:
            for work in works:
                if not work.ended:
                    work.fails(self._in_words(error))

    def _alone(self, turn: Turn, work: Work[Any], found: list[Any]) -> None:
        tx = self._writing(turn, work.by)
        answer = _done(tx, work, found)
        tx.commit()
        work.stands(answer)

    def _together(self, turn: Turn, works: Iterable[tuple[Work[Any], list[Any] | None]]) -> None:
        """One that fails leaves the others as they are."""
        answers: list[tuple[Work[Any], Any]] = []
        for work, found in works:
            tx = self._writing(turn, work.by)
            try:
                tx.run("mark")
                answer = _done(tx, work, found)
                tx.end("unmark")
            except Exception as error:
                if tx.is_heard:
                    self._database.back_to_mark(turn.connection)
                work.fails(self._in_words(error))
            else:
                turn = replace(turn, seq=tx.seq)
                answers.append((work, answer))
        self._writing(turn, Caller("")).commit()
        for work, answer in answers:
            work.stands(answer)

    def _in_words(self, error: Exception) -> Exception:
        """What is told of it: a database's own trouble in the hub's words."""
        if isinstance(error, self._database.integrity):
            told: Exception = Conflict("the write", f"it breaks a rule of the hub: {error}")
        elif isinstance(error, self._database.trouble):
            told = HubTrouble(self._database.name, str(error))
        else:
            return error
        told.__cause__ = error
        return told


def _found(works: Sequence[Work[Any]], answers: Sequence[Any]) -> Iterator[list[Any] | None]:
    """What each work's opening was answered; None where an earlier work may have changed that."""
    rest, callers = iter(answers), set[str]()
    for work in works:
        found = list(islice(rest, len(work.opening)))
        yield None if work.by.name in callers else found
        callers.add(work.by.name)


def _done(tx: Writing, work: Work[T], found: list[Any] | None) -> T:
    """What the work answers; whatever a caller does renews what they hold."""
    held = tx.begin(found)
    answer = work.do(tx)
    claims.touch_all(tx, held)
    return answer
