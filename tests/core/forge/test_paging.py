"""Which pages are read, whatever the forge does with limits, counts and what is not to be seen."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from custodian_core.forge.paging import (
    AT_ONCE,
    MOST_PAGES,
    PageRead,
    counted,
    next_pages,
    shortcomings,
)


@dataclass
class Shelf:
    """A listing on a forge: which of its items are to be seen, and how it is given away."""

    seen: list[bool]
    size: int
    counts: bool
    read: list[PageRead] = field(default_factory=list[PageRead])
    found: set[int] = field(default_factory=set[int])
    asked: int = 0

    def page(self, number: int) -> PageRead:
        first = (number - 1) * self.size
        here = {first + i for i, seen in enumerate(self.seen[first : first + self.size]) if seen}
        new, self.asked = len(here - self.found), self.asked + 1
        self.found |= here
        return PageRead(len(here), new, len(self.seen) if self.counts else None)

    def read_all(self, size: int | None) -> set[int]:
        self.read = [self.page(1)]
        while numbers := next_pages(self.read, size):
            assert numbers.start == len(self.read) + 1
            self.read += [self.page(number) for number in numbers]
        return self.found


SIZES = st.integers(1, 60)


@given(st.lists(st.booleans(), max_size=400), SIZES, st.booleans())
def test_every_item_to_be_seen_is_found_where_the_forge_counts(
    seen: list[bool], size: int, told: bool
) -> None:
    shelf = Shelf(seen, size, counts=True)

    assert shelf.read_all(size if told else None) == {i for i, each in enumerate(seen) if each}
    assert shortcomings(shelf.read) == ()


@given(st.integers(0, 400), SIZES, st.booleans())
def test_every_item_is_found_where_the_forge_does_not_count(
    items: int, size: int, told: bool
) -> None:
    shelf = Shelf([True] * items, size, counts=False)

    assert len(shelf.read_all(size if told else None)) == items
    assert shelf.asked <= -(-items // size) + 2 + AT_ONCE


def test_an_empty_page_is_not_taken_for_the_last() -> None:
    shelf = Shelf([True] * 5 + [False] * 5 + [True], 5, counts=False)

    assert shelf.read_all(5) == {0, 1, 2, 3, 4, 10}


def test_as_many_pages_are_read_as_the_count_wants_and_no_more() -> None:
    shelf = Shelf([True] * 120, 50, counts=True)
    shelf.read_all(50)

    assert shelf.asked == 3


def test_a_count_that_is_too_small_is_not_believed() -> None:
    pages = [PageRead(50, 50, 60), PageRead(50, 50, 60)]

    assert counted(pages) is None
    assert next_pages(pages, 50).start == 3


def test_f112_a_forge_that_never_stops_paging_is_stopped() -> None:
    shelf = Shelf([True] * (MOST_PAGES + 10), 1, counts=False)
    shelf.read_all(1)

    assert shelf.asked == MOST_PAGES
    assert "no more were read" in shortcomings(shelf.read)[0]


def test_a_forge_that_gives_the_same_page_again_is_left_and_told() -> None:
    same = [PageRead(30, 30, None), PageRead(30, 0, None), PageRead(30, 0, None)]

    assert not next_pages(same, 50)
    assert "the same page again" in shortcomings(same)[0]
    assert shortcomings(same, in_pages=False) == ()
