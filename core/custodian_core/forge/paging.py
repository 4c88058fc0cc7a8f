"""Which pages of a listing are to be read, decided from the pages that were.

A forge gives fewer items a page than it was asked for, and says so nowhere; it leaves out of a page
what the token may not see, so that a short or an empty page need not be the last; it may not count;
and a proxy may make it give the same page for ever.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

#: what is asked for; a forge that gives fewer a page says how many in its settings
WANTED = 50
#: no listing is longer, whatever the forge says
MOST_PAGES = 2000
#: how many pages are read at once
AT_ONCE = 6


@dataclass(frozen=True, slots=True)
class PageRead:
    """What came of one page; a page that could not be read has no items."""

    items: int
    #: how many of them no earlier page had
    new: int
    #: how many there are in all, as this page says
    total: int | None


def next_pages(read: Sequence[PageRead], size: int | None) -> range:
    """The pages to read next, side by side; none where all are read.

    `read` are the pages from the first on, `size` is how many items the forge gives a page.
    """
    done = len(read)
    if done >= MOST_PAGES:
        return range(0)
    total = counted(read)
    if total is not None:
        # A size that nobody told is at least that of the fullest page. Where that is too small,
        # pages past the end are read, which does no harm.
        last = ceil(total / (size or max(1, *(page.items for page in read))))
        ahead = last if size else done + AT_ONCE
        return range(done + 1, min(last, ahead, MOST_PAGES) + 1)
    if not any(page.new for page in read[-2:]) and done > 1:
        return range(0)
    return range(done + 1, min(done + max(2, min(done, AT_ONCE)), MOST_PAGES) + 1)


def counted(read: Sequence[PageRead]) -> int | None:
    """How many items the forge counts; a count below what it gave is none."""
    totals = [page.total for page in read if page.total is not None]
    if not totals or totals[-1] < sum(page.new for page in read):
        return None
    return totals[-1]


def shortcomings(read: Sequence[PageRead], *, in_pages: bool = True) -> tuple[str, ...]:
    """Why items may be missing though no page failed; empty where none are.

    Some lists come whole on every page: there, `in_pages` false, a repetition is nothing strange.
    """
    notes: list[str] = []
    if len(read) >= MOST_PAGES:
        notes.append(f"the forge has more than {MOST_PAGES} pages, and no more were read")
    if in_pages and any(page.items and not page.new for page in read):
        notes.append("the forge gave the same page again where another was due")
    if has_moved(read):
        notes.append("some came or went while the pages were read")
    return tuple(notes)


def has_moved(read: Sequence[PageRead]) -> bool:
    """Whether the count changed between pages: then items have slipped from page to page."""
    return len({page.total for page in read if page.total is not None}) > 1
