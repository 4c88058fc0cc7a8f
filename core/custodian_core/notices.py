"""What people are told of by themselves: a question to them, a push that failed, a silent host."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from .codec import stamp
from .records import Event

#: the events that may become notices
ASKED, SYNCED = "human.asked", "repo.synced"
#: how syncs end that wait for another run, and those whose push is refused
BUSY, REFUSED = "busy", "unpushed"
#: how much of a question is told
LONGEST_TEXT = 500
#: how long to wait before each further try; after the last nobody tries any more
PAUSES = tuple(timedelta(seconds=each) for each in (10, 60, 300, 1800, 7200, 21600, 43200))


class NoticeKind(StrEnum):
    """What happened, in a word that programs tell notices apart by."""

    QUESTION = "question.asked"
    UNSEALED = "seal.failed"
    SILENT = "host.silent"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell; its id is the same whoever finds it."""

    id: str
    at: datetime
    kind: NoticeKind
    text: str
    repo: str | None = None
    host: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class DueNotice:
    """A notice that waits to be told, and how often that was tried."""

    notice: Notice
    tries: int
    due_at: datetime


def notice_of(event: Event) -> Notice | None:
    """What the event is to people who look at nothing; None where it is nothing."""
    after, before = event.after or {}, event.before or {}
    name = f"event-{event.seq}"
    if event.type == ASKED:
        question = str(after.get("question", ""))[:LONGEST_TEXT]
        kind, subject = NoticeKind.QUESTION, event.subject or event.subject_id
        return Notice(name, event.at, kind, question, event.repo_slug, subject=subject)
    if event.type == SYNCED and _is_unpushed(after) and not _is_unpushed(before):
        host, outcome = str(after.get("host")), after.get("outcome")
        text = f"{event.repo_slug} on {host}: what is committed there is not pushed ({outcome})"
        return Notice(name, event.at, NoticeKind.UNSEALED, text, event.repo_slug, host)
    return None


def _is_unpushed(sync: Mapping[str, Any]) -> bool:
    """Whether a push failed: who merely lags has pushed all, and who is busy tries again."""
    outcome = sync.get("outcome")
    lags = sync.get("ahead") == 0 and outcome != REFUSED
    return sync.get("sealed") is False and outcome != BUSY and not lags


def silences(
    last_runs: Mapping[str, datetime], now: datetime, after: timedelta
) -> tuple[Notice, ...]:
    """A notice of each host that has run nothing for so long: one for each silence."""
    return tuple(
        Notice(f"silent-{host}-{stamp(at)}", now, NoticeKind.SILENT, _silent(host, at), host=host)
        for host, at in sorted(last_runs.items())
        if now - at > after
    )


def _silent(host: str, at: datetime) -> str:
    return (
        f"{host} has synced nothing since {stamp(at)}; does its timer run? `custodian timer status`"
    )


def next_try(tries: int, now: datetime) -> datetime | None:
    """When it is tried again after so many tries; None where it is not."""
    return now + PAUSES[tries - 1] if tries <= len(PAUSES) else None
