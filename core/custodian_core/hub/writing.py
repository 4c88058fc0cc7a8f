"""One writing transaction: who writes, at what time, and the log of what was done."""

import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from custodian_core.codec import stamp
from custodian_core.commands import Caller
from custodian_core.errors import BadValue, Conflict, UnknownThing
from custodian_core.records import Repo, Task, Workstream

from . import rows
from .databases import Database, Question, Turn
from .rows import Row, as_text_or_null

#: the largest number that every database can hold
LARGEST = 2**63 - 1

#: a query's name and its values
Asked = tuple[str, dict[str, Any]]


class Reading:
    """Statements on one connection, by name."""

    def __init__(self, queries: Any, database: Database, connection: Any) -> None:
        self._queries = queries
        self._database = database
        self._connection = connection

    def one(self, query: str, **values: Any) -> Row | None:
        """The row that the query finds, if it finds one."""
        row: Row | None = self._ask((query, values))[0]
        return row

    def all(self, query: str, **values: Any) -> list[Row]:
        """Every row that the query finds."""
        found: list[Row] = self._ask((query, values))[0]
        return found

    def answers(self, *asked: Asked) -> list[Any]:
        """What each of the queries finds, which the database is asked in one go."""
        return self._ask(*asked)

    def _ask(self, *asked: Asked) -> list[Any]:
        return self._put(questions(self._queries, asked))

    def _put(self, asked: list[Question]) -> list[Any]:
        return self._database.ask(self._connection, *asked)

    def value(self, query: str, **values: Any) -> Any:
        """The one value that the query finds."""
        row = self.one(query, **values)
        return row[next(iter(row.keys()))] if row is not None else None

    def repo_row(self, slug: str) -> Row:
        """The row of the repo, or `UnknownThing`."""
        return self.known_repo(slug, self.one("repo_row", slug=slug))

    def repo(self, slug: str) -> Repo:
        """The repo, or `UnknownThing`."""
        row = self.known_repo(slug, self.one("repo", slug=slug))
        return rows.repo(row, self.all("repo_hosts", repo_id=row["id"]))

    def known_repo(self, slug: str, row: Row | None) -> Row:
        """The row that was found of the repo, or `UnknownThing`."""
        if row is None:
            known = [each["slug"] for each in self.all("repo_slugs")]
            raise UnknownThing("repo", slug, near(slug, known))
        return row

    def workstream(self, name: str) -> Workstream:
        """The workstream of that key or id, or `UnknownThing`."""
        return rows.workstream(self._named("workstream", name))

    def task(self, name: str) -> Task:
        """The task of that key or id, or `UnknownThing`."""
        return rows.task(self._named("task", name))

    def _named(self, kind: str, name: str) -> Row:
        found = self.all(f"{kind}s_named", name=name)
        if not found:
            head = name[: max(3, len(name) * 2 // 3)].replace("%", "").replace("_", "")
            known = [row["key"] for row in self.all(f"{kind}_keys_like", part=f"{head}%")]
            raise UnknownThing(kind, name, near(name, known))
        if len(found) > 1:
            repos = ", ".join(f"{row['repo_slug']} ({row['id']})" for row in found)
            raise Conflict(f"{kind} {name}", f"several repos have it, name it by id: {repos}")
        return found[0]


class Glance(Reading):
    """Statements that see a moment each."""

    def _put(self, asked: list[Question]) -> list[Any]:
        return self._database.glance(self._connection, *asked)


class Snapshot(Reading):
    """Statements that see one moment, which is that of the first."""

    _begun = False

    def _put(self, asked: list[Question]) -> list[Any]:
        if self._begun:
            return super()._put(asked)
        self._connection, answers = self._database.begin_reading(self._connection, *asked)
        self._begun = True
        return answers

    def last(self, *asked: Asked) -> list[Any]:
        """What each of the queries finds; with it the moment is over."""
        *found, _ = self.answers(*asked, ("commit", {}))
        self._begun = False
        return found

    def end(self) -> None:
        """Nothing is held on to."""
        if self._begun:
            with suppress(self._database.trouble):
                self._database.end_reading(self._connection)


class Writing(Reading):
    """A transaction that writes; what it does is done whole or not at all.

    Statements that only write are kept until something is read, or until the end, and go along
    with that: whoever has the hub's one turn to write waits for the database as seldom as can be.
    """

    def __init__(
        self,
        queries: Any,
        database: Database,
        turn: Turn,
        by: Caller,
        now: datetime,
        hub_id: str,
    ) -> None:
        super().__init__(queries, database, turn.connection)
        self._seq = turn.seq
        self.by = by
        self.now = now
        self.at = stamp(now)
        self.hub_id = hub_id
        #: what was answered the last time that the caller asked this, under the same key
        self.answered: Row | None = None
        self._kept: list[Asked] = []
        #: the database has heard of it, so that there may be something to take back
        self.is_heard = False

    def begin(self, found: list[Any] | None) -> list[Row]:
        """The claims that the caller holds; `found` is what they began with, if it was asked."""
        held, *kept = self.answers(*opening(self.by)) if found is None else found
        self.answered = next(iter(kept), None)
        return list(held)

    def run(self, query: str, **values: Any) -> None:
        """Run a statement that writes, at the latest along with the next one that reads."""
        self._kept.append((query, values))

    def changed(self, query: str, **values: Any) -> int:
        """Run a statement that writes; how many rows it changed."""
        changed: int = self._ask((query, values))[0]
        return changed

    def _ask(self, *asked: Asked) -> list[Any]:
        kept, self._kept = self._kept, []
        return super()._ask(*kept, *asked)[len(kept) :]

    def _put(self, asked: list[Question]) -> list[Any]:
        self.is_heard = True
        return super()._put(asked)

    @property
    def seq(self) -> int:
        """The number of the last event; nobody else adds one before this has ended."""
        return self._seq

    def end(self, *last: str) -> None:
        """What was kept is written, and then these, which take no values."""
        for query in last:
            self.run(query)
        if self._kept:
            self._ask()

    def commit(self) -> None:
        """All of it stands."""
        self.run("put_seq", seq=self._seq)
        self.end("commit")

    def event(
        self,
        kind: str,
        subject_id: str,
        *,
        subject: str | None = None,
        repo: str | None = None,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
        reason: str | None = None,
    ) -> None:
        """Add to the log what was done."""
        self._seq += 1
        self.run(
            "add_event",
            seq=self._seq,
            at=self.at,
            actor=self.by.name,
            type=kind,
            subject_id=subject_id,
            subject=subject,
            repo_slug=repo,
            before=as_text_or_null(before),
            after=as_text_or_null(after),
            reason=reason,
            request_id=self.by.request_id,
        )


Handler = Callable[[Writing, Any], Any]


def opening(by: Caller) -> tuple[Asked, ...]:
    """What every writer begins with: the claims that they hold, and whether they ask again."""
    held: Asked = ("open_claims_of", {"holder": by.name})
    if by.idempotency_key is None:
        return (held,)
    return held, ("kept_answer", {"caller": by.name, "idempotency_key": by.idempotency_key})


def questions(queries: Any, asked: Iterable[Asked]) -> list[Question]:
    """What the database is asked."""
    return [(getattr(queries, query), _storable(values)) for query, values in asked]


def _storable(values: dict[str, Any]) -> dict[str, Any]:
    """The values, or `BadValue` for one that not every database keeps."""
    for name, value in values.items():
        if type(value) is str and "\0" in value:
            raise BadValue(name, "it holds a character that no text can have")
        if type(value) is int and not -LARGEST <= value <= LARGEST:
            raise BadValue(name, f"it must be between -{LARGEST} and {LARGEST}")
    return values


def new_id() -> str:
    """A fresh id."""
    return str(uuid.uuid4())


def near(name: str, known: list[str]) -> tuple[str, ...]:
    """Up to three known names that are like it."""
    folded = {each.casefold(): each for each in known}
    return tuple(folded[like] for like in get_close_matches(name.casefold(), folded, 3, 0.5))


def check_name(what: str, name: str, longest: int) -> None:
    """Raise `BadValue` for what nobody could be called, or a line could not show."""
    if not name.strip() or not name.isprintable() or len(name) > longest:
        raise BadValue(what, f"it must be up to {longest} printable characters, not all blank")


def check_version(what: str, version: int | None, row_version: int) -> None:
    """Raise `Conflict` where the caller read an older version."""
    if version is not None and version != row_version:
        reason = f"it moved: you read version {version}, it is {row_version} now; read it again"
        raise Conflict(what, reason)
