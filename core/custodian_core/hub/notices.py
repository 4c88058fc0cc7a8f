"""Keeping what is to be told, so that several servers tell it once and a new start misses none."""

import json
from datetime import datetime, timedelta

from custodian_core.codec import from_json, stamp
from custodian_core.notices import ASKED, SYNCED, DueNotice, Notice, next_try, notice_of, silences

from . import rows
from .rows import as_text
from .writing import Reading, Writing

#: the name of the cursor in the event log
CURSOR = "notices"
#: how many events are read at once, and how many notices are told in one go
AT_ONCE, TOGETHER = 500, 20
#: for how long a notice that was told, or that nobody took, is remembered
REMEMBERED = timedelta(days=7)


def has_news(tx: Reading, now: datetime, silent: timedelta) -> bool:
    """Whether anything may be to tell that is not kept yet; this takes no writer's turn."""
    cursor = tx.value("cursor", name=CURSOR)
    if cursor is None or tx.all("events_to_tell", after=cursor, limit=1, **_TYPES):
        return True
    return any(
        tx.one("notice", id=each.id) is None for each in silences(_last_runs(tx), now, silent)
    )


def gather(tx: Writing, silent: timedelta) -> int:
    """How many more notices there are; the log is read on from where the last reader came.

    A hub that was never read from begins with now: nobody wants to hear of all that ever was.
    """
    cursor = tx.value("cursor", name=CURSOR)
    end = tx.seq
    found: list[Notice] = []
    if cursor is not None:
        events = tx.all("events_to_tell", after=cursor, limit=AT_ONCE, **_TYPES)
        told = [rows.event(row) for row in events]
        found = [notice for event in told if (notice := notice_of(event))]
        end = told[-1].seq if len(told) == AT_ONCE else end
    tx.run("put_cursor", name=CURSOR, seq=end)
    found += silences(_last_runs(tx), tx.now, silent)
    tx.run("forget_notices", before=stamp(tx.now - REMEMBERED))
    return sum(_keep(tx, notice) for notice in found)


_TYPES = {"asked": ASKED, "synced": SYNCED}


def _last_runs(tx: Reading) -> dict[str, datetime]:
    return {row["host"]: datetime.fromisoformat(row["at"]) for row in tx.all("last_runs")}


def _keep(tx: Writing, notice: Notice) -> int:
    said = {"id": notice.id, "kind": notice.kind.value, "at": stamp(notice.at), "due_at": tx.at}
    return tx.changed("add_notice", body=as_text(notice), **said)


def due(tx: Reading, now: datetime) -> tuple[DueNotice, ...]:
    """The notices whose time has come, the oldest first."""
    found = tx.all("due_notices", now=stamp(now), limit=TOGETHER)
    return tuple(
        DueNotice(
            from_json(Notice, json.loads(row["body"]), newer=True),
            row["tries"],
            datetime.fromisoformat(row["due_at"]),
        )
        for row in found
    )


def take(tx: Writing, wanted: DueNotice) -> bool:
    """Whether it is the caller's to tell; to everybody else it is due later, if ever."""
    later = next_try(wanted.tries + 1, tx.now)
    return bool(
        tx.changed(
            "take_notice",
            id=wanted.notice.id,
            tries=wanted.tries,
            due_at=stamp(later or tx.now + REMEMBERED),
        )
    )


def told(tx: Writing, wanted: DueNotice) -> None:
    """It was taken, and is told nobody again."""
    tx.run("end_notice", id=wanted.notice.id, sent_at=tx.at, gave_up_at=None)


def not_told(tx: Writing, wanted: DueNotice) -> bool:
    """Whether it is tried again, now that this try has failed."""
    if next_try(wanted.tries + 1, tx.now) is not None:
        return True
    tx.run("end_notice", id=wanted.notice.id, sent_at=None, gave_up_at=tx.at)
    return False
