"""What in a text looks like a secret, found and hidden by the one table of rules."""

import hashlib
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from .secret_rules import RULES, Rule

if TYPE_CHECKING:
    from .findings import Finding

HIDDEN = "[REDACTED]"


@dataclass(frozen=True, slots=True)
class Hit:
    """Where something looks like a secret; what it says is not told."""

    rule: str
    start: int
    end: int
    line: int
    column: int
    #: the rule and a piece of the digest, by which one that is none can be let pass
    mark: str

    @property
    def finding(self) -> "Finding":
        """The hit as a finding."""
        from .findings import found

        length = self.end - self.start
        where: dict[str, str | int] = {"length": length, "column": self.column}
        return found("SE01", {"rule": self.rule, "mark": self.mark, **where}, line=self.line)


def scan(text: str, allowed: Collection[str] = ()) -> tuple[Hit, ...]:
    """All that looks like a secret, in order, but for the marks that are allowed."""
    low = _low(text)
    spans = {
        span: rule.name
        for rule in reversed(RULES)  # of two that see the same, the first names it
        for span in _spans(rule, text, low)
    }
    starts = [0, *accumulate(len(row) + 1 for row in text.split("\n"))] if spans else []
    hits = (_hit(text, span, name, starts) for span, name in sorted(spans.items()))
    return tuple(hit for hit in hits if hit.mark not in allowed)


def redact(text: str, known: Sequence[str] = (), allowed: Collection[str] = ()) -> str:
    """The text with every secret hidden: those that are known, and what looks like one."""
    for secret in sorted(known, key=len, reverse=True):
        text = text.replace(secret, HIDDEN) if secret else text
    # (what was hidden may lay bare what it stood in the way of)
    while hits := scan(text, allowed):
        text = hide(text, hits)
    return text


def redact_added(text: str, before: str) -> tuple[str, tuple[Hit, ...]]:
    """The text with secrets hidden in lines that did not stand before, and where they were."""
    stood, told = frozenset(before.split("\n")), list[Hit]()
    while hits := [hit for hit in scan(text) if not stood.issuperset(_lines(text, hit))]:
        told += hits
        text = hide(text, hits)
    return text, tuple(told)


def _lines(text: str, hit: Hit) -> list[str]:
    """The lines that the hit stands in."""
    end = text.find("\n", hit.end)
    return text[hit.start - hit.column + 1 : end if end >= 0 else None].split("\n")


def hide(text: str, hits: Sequence[Hit]) -> str:
    """The text with these places hidden; places that overlap are hidden as one."""
    parts: list[str] = []
    at = 0
    for hit in sorted(hits, key=lambda each: (each.start, each.end)):
        if hit.start >= at:
            parts += [text[at : hit.start], HIDDEN]
        at = max(at, hit.end)
    return "".join([*parts, text[at:]])


def _low(text: str) -> str:
    """The text in small letters, character for character."""
    low = text.lower()
    # (there are letters that become two)
    return low if len(low) == len(text) else text.encode("ascii", "replace").decode().lower()


def _spans(rule: Rule, text: str, low: str) -> Iterator[tuple[int, int]]:
    for match in rule.matches(text, low):
        group = next(name for name, said in match.groupdict().items() if said is not None)
        said = match[group]
        if said.replace(HIDDEN, "") and not rule.is_none(said):
            yield match.span(group)


def _hit(text: str, span: tuple[int, int], rule: str, starts: Sequence[int]) -> Hit:
    line = bisect_right(starts, span[0])
    digest = hashlib.sha256(text[slice(*span)].encode("utf-8", "surrogatepass")).hexdigest()
    return Hit(rule, *span, line, span[0] - starts[line - 1] + 1, f"{rule}:{digest[:8]}")
