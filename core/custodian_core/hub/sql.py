"""The statements of `queries.sql`, by name: one text for both databases.

A statement stands below `-- name: tasks(repo, limit)`. The name alone gives every row, with a `^`
behind it the first row or None, with a `!` how many rows were changed. A value is `:repo`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

_HEAD = re.compile(
    r"^-- name: (?P<name>\w+)\((?P<values>[\w, ]*)\)(?P<kind>[\^!]?)\n", re.MULTILINE
)
_COMMENT = re.compile(r"^\s*--.*\n", re.MULTILINE)
#: (no name begins with a digit, as the minutes of a time do)
_VALUE = re.compile(r"(?<![:\w]):([a-z_]\w*)")


class Kind(StrEnum):
    """What a statement gives."""

    ROWS = ""
    ROW = "^"
    CHANGED = "!"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, as its database reads it."""

    text: str
    kind: Kind
    #: the names of its values where the database counts them; None where it knows them by name
    order: tuple[str, ...] | None

    def __call__(self, connection: Any, **values: Any) -> Any:
        """What it gives on that connection."""
        cursor = connection.execute(self.text, self.spelled(values))
        # (a cursor of SQLite that was not read to its end would hold on to what it sees)
        rows = () if self.kind is Kind.CHANGED else cursor.fetchall()
        return self.told(rows, cursor.rowcount)

    def spelled(self, values: Mapping[str, Any]) -> Any:
        """The values as its database reads them."""
        return values if self.order is None else [values[name] for name in self.order]

    def told(self, rows: Sequence[Any], changed: int) -> Any:
        """What it gives, of the rows that were found and how many were changed."""
        if self.kind is Kind.CHANGED:
            return changed
        return next(iter(rows), None) if self.kind is Kind.ROW else rows


class Statements:
    """Every statement of a file, as an attribute of its name."""

    def __init__(self, path: Path, driver: str) -> None:
        spell = _counted if driver == "psycopg" else _named
        text = path.read_text(encoding="utf-8")
        heads = list(_HEAD.finditer(text))
        ends = [head.start() for head in heads[1:]] + [len(text)]
        for head, end in zip(heads, ends, strict=True):
            said = _COMMENT.sub("", text[head.end() : end])
            setattr(self, head["name"], Statement(*spell(said.strip(), Kind(head["kind"]))))


def _named(text: str, kind: Kind) -> tuple[str, Kind, None]:
    return text, kind, None


def _counted(text: str, kind: Kind) -> tuple[str, Kind, tuple[str, ...]]:
    """The statement as PostgreSQL itself reads it: nothing is left to spell when it is run."""
    order = tuple(dict.fromkeys(_VALUE.findall(text)))
    return _VALUE.sub(lambda value: f"${order.index(value[1]) + 1}", text), kind, order
