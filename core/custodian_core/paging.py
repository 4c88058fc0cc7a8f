"""Lists in pages: how many at a time, where a page ends, and what its cursor says."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from .errors import BadValue
from .records import Page

MAX_LIMIT = 1000

T = TypeVar("T")


def one_more(limit: int) -> int:
    """One item more than wanted tells whether there is a next page."""
    if not 1 <= limit <= MAX_LIMIT:
        raise BadValue("limit", f"it must be between 1 and {MAX_LIMIT}")
    return limit + 1


def page_of(items: Iterable[T], total: int, limit: int, cursor: Callable[[T], str]) -> Page[T]:
    """The page of those items, of which there is one more where more are to come."""
    found = list(items)
    more = len(found) > limit
    shown = tuple(found[:limit])
    return Page(shown, total, cursor(shown[-1]) if more else None)


def halves(after: str | None) -> tuple[str | None, str | None]:
    """The two parts of a cursor that was made of an order and an id."""
    if after is None:
        return None, None
    order, tilde, last = after.rpartition("~")
    if not tilde:
        raise BadValue("after", "it is not a cursor of this list")
    return order, last
