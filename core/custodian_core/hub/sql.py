"""The statements of `queries.sql`, by name: one text for both databases.

A statement stands below `-- name: tasks(repo, limit)`. The name alone gives every row, with a `^`
behind it the first row or None, with a `!` how many rows were changed. A value is `:repo`.
"""

import re
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

    def __call__(self, connection: Any, **values: Any) -> Any:
        """What it gives on that connection."""
        cursor = connection.execute(self.text, values)
        if self.kind is Kind.CHANGED:
            return cursor.rowcount
        return cursor.fetchone() if self.kind is Kind.ROW else cursor.fetchall()


class Statements:
    """Every statement of a file, as an attribute of its name."""

    def __init__(self, path: Path, driver: str) -> None:
        spell = _for_psycopg if driver == "psycopg" else str.strip
        text = path.read_text(encoding="utf-8")
        heads = list(_HEAD.finditer(text))
        ends = [head.start() for head in heads[1:]] + [len(text)]
        for head, end in zip(heads, ends, strict=True):
            said = _COMMENT.sub("", text[head.end() : end])
            setattr(self, head["name"], Statement(spell(said), Kind(head["kind"])))


def _for_psycopg(text: str) -> str:
    """The statement with values as psycopg marks them."""
    return _VALUE.sub(r"%(\1)s", text.strip().replace("%", "%%"))
