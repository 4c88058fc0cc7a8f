"""A whole listing: its pages side by side, as far as they came within the time there is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import anyio

from custodian_core.errors import BadValue, ForgeTrouble, NoForge

from .asking import Asker
from .hearing import Answer
from .paging import AT_ONCE, WANTED, PageRead, counted, has_moved, next_pages, shortcomings
from .reading import read_each, read_settings

T = TypeVar("T")


@dataclass(slots=True)
class Reading(Generic[T]):
    """A listing while it is read: what is here stays, whatever ends the reading."""

    asker: Asker
    path: str
    query: dict[str, str]
    read: Callable[[Any], T]
    #: what the same thing has on whatever page it stands
    key: Callable[[T], int]
    #: is told how many items are here, and how many the forge counts
    tell: Callable[[int, int | None], None] = lambda _done, _total: None
    #: False where the forge may give all of the list, whatever page is asked for
    in_pages: bool = True
    #: no more than these are wanted
    most: int | None = None
    #: how many items are on a page
    size: int | None = None
    items: dict[int, T] = field(default_factory=dict[int, T])
    #: why items are missing; empty where none are
    notes: list[str] = field(default_factory=list[str])
    _pages: list[PageRead] = field(default_factory=list[PageRead])
    #: what was on the pages that were read this time
    _seen: set[int] = field(default_factory=set[int])
    _trouble: ForgeTrouble | None = None

    @property
    def total(self) -> int | None:
        """How many items the forge counts."""
        return counted(self._pages)

    async def run(self) -> None:
        """Every page is read, and read again where items moved from page to page meanwhile."""
        await self._begin()
        if self._trouble is not None:
            raise self._trouble  # with no first page, nothing is known at all
        await self._go_on()
        if has_moved(self._pages) and not self._is_enough():
            self._pages, self._seen, self.notes = [], set(), []
            await self._begin()
            await self._go_on()
        self.notes += shortcomings(self._pages, in_pages=self.in_pages)
        if not self.notes:
            self.items = {key: item for key, item in self.items.items() if key in self._seen}

    async def _begin(self) -> None:
        """The first page is read, and meanwhile it is found out how large a page is."""
        async with anyio.create_task_group() as tasks:
            if self.size is None:
                tasks.start_soon(self._measure)
            self._pages.append(await self._page(1))

    async def _measure(self) -> None:
        try:
            answer = await self.asker.ask("GET", "/settings/api", {})
        except ForgeTrouble:
            return  # then it is guessed from the first page
        self.size = min(WANTED, read_settings(answer.value).max_response_items)

    async def _go_on(self) -> None:
        limiter = anyio.CapacityLimiter(AT_ONCE)
        while not self._is_enough() and (numbers := next_pages(self._pages, self.size)):
            read: dict[int, PageRead] = {}
            async with anyio.create_task_group() as tasks:
                for number in numbers:
                    tasks.start_soon(self._page_into, read, number, limiter)
            self._pages += (read[number] for number in numbers)

    async def _page_into(
        self, read: dict[int, PageRead], number: int, limiter: anyio.CapacityLimiter
    ) -> None:
        async with limiter:
            read[number] = await self._page(number)

    def _is_enough(self) -> bool:
        return self.most is not None and len(self.items) >= self.most

    async def _page(self, number: int) -> PageRead:
        """The page's items are here, or there is a note of why they are not."""
        query = {**self.query, "page": str(number), "limit": str(WANTED)}
        try:
            page = self._taken(await self.asker.ask("GET", self.path, query), number)
        except ForgeTrouble as trouble:
            self._trouble = trouble
            self.notes.append(f"page {number}: {trouble.reason}")
            return PageRead(0, 0, None)
        self.tell(len(self.items), page.total)
        return page

    def _taken(self, answer: Answer, number: int) -> PageRead:
        try:
            things, unread = read_each(answer.value, self.read)
        except BadValue:
            raise NoForge(self.asker.url, "it answers with something else than a list") from None
        if unread:
            self.notes.append(f"page {number}: {unread} of its items could not be read")
        keys = {self.key(thing) for thing in things}
        new = len(keys - self._seen)
        self._seen |= keys
        self.items |= {self.key(thing): thing for thing in things}
        return PageRead(len(things) + unread, new + unread, answer.total)
