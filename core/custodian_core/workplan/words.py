"""Giving meaning to the words in a block's fields; what has none becomes a finding."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from custodian_core.findings import Finding, Severity, found
from custodian_core.text import printable

from .fields import Fields, Value
from .grammar import ID, ID_RULE, MAX_FINDINGS, TRUTH

T = TypeVar("T")


class Notes:
    """The findings of one file, as they come up."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._findings: list[Finding] = []

    def add(
        self, code: str, line: int | None, severity: Severity | None = None, **facts: str | int
    ) -> None:
        """Add one finding."""
        self._findings.append(found(code, facts, path=self.path, line=line, severity=severity))

    def unreadable(
        self, line: int | None, what: str, why: str, severity: Severity | None = None
    ) -> None:
        """Add C-01 for `what`."""
        self.add("C-01", line, severity, what=what, why=why)

    def ordered(self) -> tuple[Finding, ...]:
        """The findings by line; past the limit the gravest, and one that counts the others."""
        self._findings.sort(key=lambda finding: finding.line or 0)
        if len(self._findings) > MAX_FINDINGS:
            by_gravity = sorted(self._findings, key=lambda f: list(Severity).index(f.severity))
            self._findings, rest = by_gravity[:MAX_FINDINGS], by_gravity[MAX_FINDINGS:]
            why = f"{len(rest)} more findings are not told; mend these {MAX_FINDINGS} to see them"
            self.unreadable(rest[0].line, "all that is amiss", why, rest[0].severity)
            self._findings.sort(key=lambda finding: finding.line or 0)
        return tuple(self._findings)


def read_id(fields: Fields, line: int, what: str, notes: Notes) -> str | None:
    """The `id`, if it is one."""
    said = fields.values.get("id")
    if isinstance(said, str) and ID.fullmatch(said):
        return said
    why = "it has no id" if said is None else f"its id {_shown(said)} is not {ID_RULE}"
    notes.unreadable(fields.line("id", line), what, why)
    return None


def read_word(
    fields: Fields, key: str, line: int, what: str, words: Mapping[str, T], notes: Notes
) -> T | None:
    """What the word under `key` means, if it is one of `words`."""
    value = fields.values.get(key)
    if isinstance(value, str) and value in words:
        return words[value]
    outside(fields, key, line, what, words, notes)
    return None


def read_truth(fields: Fields, key: str, line: int, what: str, notes: Notes) -> bool | None:
    """Whether `key` says yes; nothing written is no."""
    value = fields.values.get(key)
    if value is None:
        return False
    if isinstance(value, str) and value.lower() in TRUTH:
        return TRUTH[value.lower()]
    outside(fields, key, line, what, ("true", "false"), notes)
    return None


def read_ids(
    fields: Fields, key: str, line: int, what: str, notes: Notes
) -> tuple[str, ...] | None:
    """The ids under `key`, written as a list or with commas between them."""
    value = fields.values.get(key)
    if value is None:
        return ()
    items = value.split(",") if isinstance(value, str) else value
    ids = [item.strip() for item in items if isinstance(item, str)]
    if isinstance(items, list) and len(ids) == len(items) and all(map(ID.fullmatch, ids)):
        return tuple(dict.fromkeys(ids))
    outside(fields, key, line, what, ("a list of task ids",), notes)
    return None


def outside(
    fields: Fields, key: str, line: int, what: str, words: Iterable[str], notes: Notes
) -> None:
    """Tell that what is under `key` is none of `words`."""
    said = fields.values.get(key)
    value = "missing" if said is None else _shown(said)
    at = fields.line(key, line)
    notes.add("C-12", at, field=key, what=what, value=value, allowed=", ".join(words))


def _shown(value: Value) -> str:
    """The value as a message may hold it: short and on one line."""
    if not isinstance(value, str):
        return "a list" if isinstance(value, list) else "a mapping"
    return f"'{printable(value, 40)}'"
