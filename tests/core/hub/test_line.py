"""A connection to PostgreSQL on which much is asked in one message."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from custodian_core.hub.databases.line import Line, Said
from tests.waiting import until

ECHO = "select cast($1 as text) as said"
NUMBER = "select cast($1 as bigint) as number"
LONG = "select pg_sleep(60)"


@pytest.fixture
def line(postgres_url: str) -> Iterator[Line]:
    line = Line.to(postgres_url)
    yield line
    line.close()


def told(line: Line, *asked: Said) -> list[object]:
    return [next(iter(row.values())) for answer in line.ask(*asked) for row in answer.rows]


def test_each_is_answered_in_its_place_the_first_time_and_any_other(line: Line) -> None:
    for _ in range(2):
        asked: list[Said] = [(ECHO, [f"say {n}"]) if n % 2 else (NUMBER, [n]) for n in range(10)]
        assert told(line, *asked) == [f"say {n}" if n % 2 else n for n in range(10)]


@pytest.mark.parametrize("text", ["", "it's", 'a "b" \\ c', "ü☃ \U0001f600", "a\nb\tc", "$1 %s"])
def test_a_text_comes_back_as_it_was_said(line: Line, text: str) -> None:
    assert told(line, (ECHO, [text]), (ECHO, [None])) == [text, None]


@pytest.mark.parametrize("number", [0, -1, 2**31, -(2**63), 2**63 - 1])
def test_so_does_a_number(line: Line, number: int) -> None:
    assert told(line, (NUMBER, [number])) == [number]


def test_it_is_told_how_many_rows_were_changed(line: Line) -> None:
    add = "insert into domains values ($1, $1), ($2, $2)"
    added, changed, none = line.ask(
        (add, ["a", "b"]), ("update domains set title = 'x'", []), ("delete from topics", [])
    )

    assert (added.rows, added.number, changed.number, none.number) == ([], 2, 2, 0)


def test_once_one_fails_those_after_it_are_not_carried_out_and_the_line_goes_on(
    line: Line,
) -> None:
    add = "insert into domains values ($1, $1)"
    for _ in range(2):  # (the first time it is the preparing that fails, or is not come to)
        with pytest.raises(psycopg.errors.UndefinedTable, match="nowhere"):
            line.ask(("begin", []), (add, ["one"]), ("table nowhere", []), (add, ["two"]))
        line.ask(("rollback", []))
    with pytest.raises(psycopg.errors.UniqueViolation):
        line.ask((add, ["one"]), (add, ["two"]), (add, ["two"]))

    # (what stands for itself stands or falls with all that was asked together)
    assert told(line, ("select count(*) from domains", [])) == [0]
    line.ask((add, ["one"]))
    assert told(line, ("select slug from domains", [])) == ["one"]


def test_much_goes_and_much_comes_at_once(line: Line) -> None:
    texts = [letter * 2_000_000 for letter in "abcdefgh"]

    assert told(line, *((ECHO, [text]) for text in texts)) == texts


def wait_until_asked(url: str, line: Line) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        seen = "select 1 from pg_stat_activity where pid = %s and query = %s"
        asked = [line.info.backend_pid, LONG]
        until(lambda: other.execute(seen, asked).fetchone() is not None)


def test_a_line_that_is_cut_says_so_and_is_closed(line: Line, postgres_url: str) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(line.ask, (NUMBER, [1]), (LONG, []))
        wait_until_asked(postgres_url, line)
        with psycopg.connect(postgres_url, autocommit=True) as other:
            other.execute("select pg_terminate_backend(%s)", [line.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            waiting.result()

    assert line.closed


def test_whoever_is_interrupted_does_not_get_the_answers_of_before(
    line: Line, postgres_url: str
) -> None:
    def interrupt() -> None:
        wait_until_asked(postgres_url, line)
        os.kill(os.getpid(), signal.SIGINT)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(interrupt)
        with pytest.raises(KeyboardInterrupt):
            line.ask((LONG, []), (NUMBER, [1]))

    assert line.closed


def test_a_database_kept_in_another_alphabet_is_spoken_to_in_utf_8(postgres: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("drop database if exists latin")
        connection.execute("create database latin encoding 'LATIN1' locale 'C' template template0")
    line = Line.to(postgres.replace("/postgres?", "/latin?"))
    line.ask(("create table words (word text)", []))
    line.ask(("insert into words values ($1)", ["über"]))

    assert told(line, ("select word from words where word = $1", ["über"])) == ["über"]
    line.close()
