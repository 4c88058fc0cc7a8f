"""Questions to the forge, and what comes of them as records."""

from collections.abc import Callable
from typing import Any, TypeVar

from custodian_core.errors import BadValue, ForgeTrouble, ForgeUnreachable, NoForge, NotOnForge
from custodian_core.ports import ListingProgress

from .asking import Asker
from .hearing import Answer
from .listing import Reading
from .loop import Ended, Loop
from .reading import read_each, read_repo
from .records import Listing

T = TypeVar("T")

#: how long a list of labels, issues or webhooks may take
_LIST_S = 30.0


class Questions:
    """Asks and waits; what is no answer is an error that says what was asked for."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._loop = Loop()
        #: how many items a page holds, once that is known
        self._page_size: int | None = None

    @property
    def url(self) -> str:
        """The one address it talks to."""
        return self._asker.url

    def close(self) -> None:
        """No connection is open any more."""
        self._loop.run(self._asker.close)
        self._loop.close()

    def raw(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        body: dict[str, Any] | None = None,
    ) -> Answer:
        """What the forge answers."""
        return self._loop.run(self._asker.ask, method, path, query or {}, body)

    def repos(
        self,
        path: str,
        within_s: float,
        progress: ListingProgress | None,
        cancelled: Callable[[], bool] | None,
    ) -> Listing:
        """Repos, as far as they came; where none could come at all, the error says why."""
        reading = Reading(
            self._asker, path, {}, read_repo, lambda repo: repo.id, size=self._page_size
        )
        ended = self._loop.read(reading, within_s, progress, cancelled)
        self._page_size = reading.size
        notes = list(reading.notes)
        if ended is Ended.TIME and not reading.items:
            raise ForgeUnreachable(self.url, f"nothing came within {within_s:g} s")
        if ended is not Ended.READ:
            notes.append(f"{ended.value} when {len(reading.items)} repos were read")
        return Listing(tuple(reading.items.values()), bool(notes), tuple(notes), reading.total)

    def listed(
        self,
        path: str,
        read: Callable[[Any], T],
        key: Callable[[T], int],
        query: dict[str, str] | None = None,
        most: int | None = None,
    ) -> tuple[T, ...]:
        """All of a list, or an error: nothing that is short counts as whole."""
        reading = Reading(
            self._asker, path, query or {}, read, key, most=most, size=self._page_size
        )
        reading.in_pages = False
        if self._loop.read(reading, _LIST_S, None, None) is not Ended.READ:
            raise ForgeUnreachable(self.url, f"a list took longer than {_LIST_S:g} s")
        self._page_size = reading.size
        if reading.notes:
            raise ForgeTrouble(self.url, f"a list is not whole: {reading.notes[0]}")
        return tuple(reading.items.values())

    def get(self, read: Callable[[Any], T], path: str, what: str = "") -> T:
        """The record at the path."""
        return self.read(read, self.answer(path, what).value)

    def answer(self, path: str, what: str) -> Answer:
        """What is at the path; what is not there is told by the name that people know it by."""
        try:
            return self.raw("GET", path)
        except NotOnForge:
            if not what:
                raise
            raise self.not_seen(what) from None

    def send(self, read: Callable[[Any], T], method: str, path: str, body: dict[str, Any]) -> T:
        """The record that a change answers with."""
        return self.read(read, self.raw(method, path, body=body).value)

    def read(self, read: Callable[[Any], T], answer: Any) -> T:
        """The record that the answer is."""
        try:
            return read(answer)
        except BadValue as error:
            raise NoForge(self.url, f"its answer is not what was asked for ({error})") from None

    def every(self, read: Callable[[Any], T], answer: Any) -> tuple[T, ...]:
        """The records of a list that comes in one piece."""
        things, unread = self.read(lambda value: read_each(value, read), answer)
        if unread:
            raise NoForge(self.url, f"{unread} things that it tells of cannot be read")
        return tuple(things)

    def not_seen(self, what: str) -> NotOnForge:
        """That is not there, as far as this token sees."""
        return NotOnForge(self.url, f"there is no {what}, or this token may not see it")
