"""A connection to a PostgreSQL that is asked several things in one message.

A hub asks the same few short questions over and over: what each of them costs beside PostgreSQL's
own work is most of what it costs. So a question is prepared the first time, and from then on it is
its name and its values; and all that is asked together goes and comes in one message each way.
"""

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, NamedTuple, cast

import psycopg
from psycopg.abc import PQGen
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.generators import fetch, send
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.rows import dict_row

Row = dict[str, Any]
Value = str | int | None

#: a statement, and its values in their order
Said = tuple[str, Sequence[Value]]

_UTF8 = "utf-8"
_FINE = frozenset({ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK})


class Answer(NamedTuple):
    """What a statement gave."""

    rows: list[Row]
    #: how many rows it found or changed
    number: int


class _Statement:
    """A statement that PostgreSQL knows by a name, or is told together with its first question."""

    def __init__(self, text: str, name: bytes) -> None:
        self.text = text
        self.name = name
        self.told = False
        self._columns: tuple[str, ...] | None = None

    def row_of(self, result: PGresult) -> Callable[[Sequence[Any]], Row]:
        """What makes a row of its values."""
        if self._columns is None:
            names = (cast("bytes", result.fname(place)) for place in range(result.nfields))
            self._columns = tuple(name.decode() for name in names)
        columns = self._columns
        return lambda values: dict(zip(columns, values, strict=True))


class _Cursor(psycopg.RawCursor[Row]):
    """What is asked once is asked through it, spelled as PostgreSQL itself reads it."""


class Line(psycopg.Connection[Row]):
    """A connection whose rows are dictionaries, and on which a statement stands for itself."""

    def __init__(self, pgconn: PGconn, row_factory: Any = dict_row) -> None:
        super().__init__(pgconn, row_factory)
        self._statements: dict[str, _Statement] = {}
        self._statement_names = (b"custodian_%d" % number for number in count())
        self._reader = Transformer(self)
        #: one that never has is not worth another try
        self.has_answered = False
        #: the schema that its statements are prepared for, once it is known
        self.schema: int | None = None

    @classmethod
    def to(cls, url: str, **settings: Any) -> "Line":
        """A connection that speaks UTF-8, whatever the database is kept in."""
        return cls.connect(
            url,
            autocommit=True,
            cursor_factory=_Cursor,
            # (what a cursor is asked twice is asked again: its plan is kept from the second time)
            prepare_threshold=1,
            client_encoding="utf8",
            **settings,
        )

    def ask(self, *asked: Said) -> list[Answer]:
        """What each statement gives; once one fails, those after it are not carried out."""
        said = [(self._statement(text), list(map(_wire, values))) for text, values in asked]
        try:
            results = self.wait(self._conversation(said))
        except BaseException:
            self.close()  # (what is still to come would be taken for the next answers)
            raise
        for result in results:
            if result.status not in _FINE:
                raise error_from_result(result, encoding=_UTF8)
        self.has_answered = True
        return [self._answer(each, result) for (each, _), result in zip(said, results, strict=True)]

    def _statement(self, text: str) -> _Statement:
        if text not in self._statements:
            self._statements[text] = _Statement(text, next(self._statement_names))
        return self._statements[text]

    def _conversation(
        self, said: Sequence[tuple[_Statement, list[bytes | None]]]
    ) -> PQGen[list[PGresult]]:
        """The result of each statement; after one that failed there may be more that did."""
        pgconn = self.pgconn
        pgconn.enter_pipeline_mode()
        #: for each result that will come, the statement that it is only the preparing of
        expected: list[_Statement | None] = []
        for each, values in said:
            if not each.told:
                pgconn.send_prepare(each.name, each.text.encode())
                each.told = True
                expected.append(each)
            pgconn.send_query_prepared(each.name, values)
            expected.append(None)
        pgconn.pipeline_sync()
        yield from send(pgconn)
        results: list[PGresult] = []
        for prepared in expected:
            result = yield from fetch(pgconn)
            if result is None:
                raise psycopg.OperationalError(pgconn.get_error_message())
            yield from fetch(pgconn)  # (the end of what this statement gives)
            if result.status not in _FINE and prepared:
                del self._statements[prepared.text]
            if result.status not in _FINE or not prepared:
                results.append(result)
        yield from fetch(pgconn)  # (the end of what was asked together)
        pgconn.exit_pipeline_mode()
        return results

    def _answer(self, prepared: _Statement, result: PGresult) -> Answer:
        rows: list[Row] = []
        if result.ntuples:
            self._reader.set_pgresult(result)
            rows = self._reader.load_rows(0, result.ntuples, prepared.row_of(result))
        return Answer(rows, result.command_tuples or 0)


def _wire(value: Value) -> bytes | None:
    """The value as it goes through the wire; PostgreSQL finds out its type."""
    if value is None:
        return None
    return value.encode() if isinstance(value, str) else b"%d" % value
