"""Threads that write to one hub at once, while somebody elsewhere keeps them from their turn."""

import os
import signal
import sqlite3
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg
import pytest

from custodian_core.commands import AddTask, AddWorkstream, Caller, ClaimTask, NoteTask
from custodian_core.commands import RegisterRepo as Register
from custodian_core.errors import BadValue, Claimed, Conflict, HubTrouble
from custodian_core.hub.databases import Database, PostgreSQL
from custodian_core.hub.store import Store
from custodian_core.hub.writing import Writing
from tests.waiting import until

ME = Caller("me")
#: an event of a number that another has already
TAKEN = {
    **dict.fromkeys(("subject", "repo_slug", "before", "after", "reason", "request_id")),
    "at": "",
    "actor": "",
    "type": "half",
    "subject_id": "half",
}


@pytest.fixture
def store(database: Database) -> Store:
    return filled(Store(database))


def filled(found: Store) -> Store:
    found.do(Register("docs", "area"), ME)
    found.do(AddWorkstream("docs", "WP", "A plan"), ME)
    for name in ("T0", "T1"):
        found.do(AddTask("WP", name, "A task"), ME)
    return found


@contextmanager
def turn_elsewhere(database: Database) -> Generator[None]:
    """Another process has the turn to write."""
    if isinstance(database, PostgreSQL):
        with psycopg.connect(database.url) as other:
            other.execute("select 1 from hub for update")
            yield
    else:
        kept = sqlite3.connect(database.name, isolation_level=None)
        kept.execute("begin immediate")
        yield
        kept.execute("rollback")
        kept.close()


def wait_for(store: Store, number: int) -> None:
    """So many wait, and nobody else does, for the one who has the turn."""
    until(lambda: store.turns.taken and store.turns.waiting == number)


def turns_taken(store: Store, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Grows with each transaction that writes."""
    taken: list[Any] = []
    take: Callable[..., Any] = store.database.take_turn

    def counted(connection: Any, *asked: Any) -> Any:
        taken.append(connection)
        return take(connection, *asked)

    monkeypatch.setattr(store.database, "take_turn", counted)
    return taken


@contextmanager
def at_once(store: Store, works: Sequence[Callable[[], Any]]) -> Generator[list[Future[Any]]]:
    """The first is kept from its turn until all the others wait for theirs."""
    with ThreadPoolExecutor(len(works)) as pool:
        with turn_elsewhere(store.database):
            futures = [pool.submit(works[0])]
            wait_for(store, 0)
            futures += [pool.submit(work) for work in works[1:]]
            wait_for(store, len(works) - 1)
        yield futures


def test_what_is_wanted_while_one_writes_is_written_in_one_go(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = store.events(limit=1000).total
    taken = turns_taken(store, monkeypatch)
    works = [partial(store.do, NoteTask("T0", f"note {n}"), Caller(f"c{n}")) for n in range(7)]
    with at_once(store, works) as futures:
        notes = {future.result().note for future in futures}

    told = store.events(limit=1000).items
    assert notes == {f"note {n}" for n in range(7)}
    assert [event.seq for event in told] == sorted({event.seq for event in told})
    assert (len(told) - before, told[-1].seq) == (7, len(told))
    assert len(taken) == 2


def test_one_that_fails_leaves_the_others_as_they_are(store: Store) -> None:
    def refused(tx: Writing) -> None:
        tx.run("add_domain", slug="half", title="half")
        tx.event("half", "half")
        tx.run("add_event", seq=1, **TAKEN)
        tx.end()

    def refuse() -> None:
        store.write(ME, refused)

    first = store.do(ClaimTask("a", task="T1"), Caller("a"))
    works: list[Callable[[], Any]] = [
        lambda: store.do(NoteTask("T0", "one"), Caller("b")),
        lambda: store.do(NoteTask("T0", "two"), Caller("c")),
        refuse,
        lambda: store.do(ClaimTask("d", task="T1"), Caller("d")),
        lambda: store.do(NoteTask("T0", "three"), Caller("e")),
    ]
    with at_once(store, works) as (*notes, wrong, claim, last):
        assert [each.result().note for each in (*notes, last)] == ["one", "two", "three"]
        with pytest.raises(Conflict, match="breaks a rule"):
            wrong.result()
        with pytest.raises(Claimed, match="claimed by a"):
            claim.result()

    told = store.events(limit=1000).items
    assert [event.seq for event in told] == list(range(1, len(told) + 1))
    assert "half" not in {event.type for event in told}
    assert store.task("T1").fence == first.fence


def test_so_does_one_that_fails_before_it_asks_anything(store: Store) -> None:
    works: list[Callable[[], Any]] = [
        lambda: store.do(NoteTask("T0", "one"), Caller("b")),
        lambda: store.do(ClaimTask(" ", task="T1"), Caller("c")),
        lambda: store.do(NoteTask("T0", "two"), Caller("d")),
        lambda: store.do(ClaimTask("\0", task="T1"), Caller("e", idempotency_key="e")),
        lambda: store.do(NoteTask("T0", "three"), Caller("f")),
    ]
    with at_once(store, works) as (one, blank, two, unprintable, three):
        assert [each.result().note for each in (one, two, three)] == ["one", "two", "three"]
        for wrong in (blank, unprintable):
            with pytest.raises(BadValue, match="holder"):
                wrong.result()

    assert store.task("T0").note == "three"


def test_where_all_fail_nothing_is_written_and_the_next_goes_on(store: Store) -> None:
    seq = store.events(limit=1000).items[-1].seq
    works = [lambda: store.do(NoteTask("T0", " "), ME) for _ in range(4)]
    with at_once(store, works) as futures:
        assert all(future.exception() for future in futures)

    store.do(NoteTask("T0", "here"), ME)
    assert store.events(limit=1000).items[-1].seq == seq + 1


def test_a_database_that_breaks_off_fails_all_that_went_together(postgres_url: str) -> None:
    store = filled(Store(PostgreSQL(postgres_url)))

    def cut(_: Writing) -> None:
        writers = (
            "select pid from pg_stat_activity"
            " where datname = current_database() and state = 'idle in transaction'"
        )
        with psycopg.connect(postgres_url, autocommit=True) as other:
            other.execute(f"select pg_terminate_backend(pid) from ({writers}) as writer")  # noqa: S608

    notes = [partial(store.do, NoteTask("T0", f"note {n}"), ME) for n in range(3)]
    with at_once(store, [*notes[:2], partial(store.write, ME, cut), notes[2]]) as futures:
        told = [future.exception() for future in futures]

    assert [type(each) for each in told] == [type(None), HubTrouble, HubTrouble, HubTrouble]
    assert store.task("T0").note == "note 0"
    store.do(NoteTask("T0", "again"), ME)
    assert store.task("T0").note == "again"
    store.close()


def test_whoever_is_interrupted_while_waiting_keeps_nobody_from_their_turn(store: Store) -> None:
    with ThreadPoolExecutor(2) as pool:
        with turn_elsewhere(store.database):
            first = pool.submit(lambda: store.do(NoteTask("T0", "first"), Caller("a")))
            wait_for(store, 0)

            def interrupt() -> None:
                wait_for(store, 1)
                os.kill(os.getpid(), signal.SIGINT)

            threading.Thread(target=interrupt).start()
            with pytest.raises(KeyboardInterrupt):
                store.do(NoteTask("T0", "never"), ME)
            later = pool.submit(lambda: store.do(NoteTask("T0", "later"), Caller("b")))
            wait_for(store, 1)
        assert (first.result().note, later.result().note) == ("first", "later")

    assert "never" not in str(store.events(limit=1000).items)
