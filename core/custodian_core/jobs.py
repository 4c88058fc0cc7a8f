"""Jobs of the queue: which repo is to be synced on which host, and when once more."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .errors import BadValue

#: how long a reason may be
REASON_LIMIT = 200
#: how long to wait before each further try of a sync that could not be made
PAUSES_S = (5, 15, 60, 300)
#: how long a number is that a database gives to a row
LONGEST_NUMBER = 18
#: a host that has not come to a job for so long does not come to it any more
FORGOTTEN_DAYS = 14


class JobState(StrEnum):
    """Whether a worker is at it."""

    WAITING = "waiting"
    RUNNING = "running"


@dataclass(frozen=True, slots=True, order=True)
class Wish:
    """That a repo be synced on a host, and what it is asked for."""

    repo: str
    host: str
    reason: str


@dataclass(frozen=True, slots=True)
class Job:
    """A sync that waits for a worker of its host, or that one is at."""

    repo: str
    host: str
    reason: str
    state: JobState
    #: how often it was begun and could not be made
    tries: int
    asked_at: datetime
    #: before then no worker takes it
    due_at: datetime
    began_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Requested:
    """What came of wishes: some wait now, others joined one that waited already."""

    new: int
    joined: int


#: makes the sync; False where it could not be made and is worth another try. It raises nothing.
Work = Callable[[Job], bool]


@dataclass(frozen=True, slots=True)
class Pace:
    """How soon a queue's worker notices things."""

    #: how often it says that it lives
    beat_s: float = 5
    #: a worker that has not said so for this long is gone, and what it was at waits again
    lost_s: float = 20
    #: how often it looks for what such workers have left
    reap_s: float = 10
    #: how often it looks for work that nothing told it of
    look_s: float = 1


def pause_before(tries: int) -> float | None:
    """How many seconds to wait before the next try; None where the next sweep may find it."""
    return PAUSES_S[tries - 1] if 1 <= tries <= len(PAUSES_S) else None


def place_of(after: str | None) -> tuple[int | None, int | None]:
    """Whether the last job of the page before waited, and its number; as its cursor says."""
    if after is None:
        return None, None
    waits, tilde, number = after.partition("~")
    if waits not in ("0", "1") or not tilde or not is_number(number):
        raise BadValue("after", "it is not a cursor of this list")
    return int(waits), int(number)


def is_number(text: str) -> bool:
    """Whether it is a number that a database gives to a row."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER


def check_wish(wish: Wish) -> None:
    """Raise `BadValue` for a reason that no line could show."""
    if not wish.reason.isprintable() or not 0 < len(wish.reason.strip()) <= REASON_LIMIT:
        reason = f"it must be up to {REASON_LIMIT} printable characters, not all blank"
        raise BadValue("reason", reason)
