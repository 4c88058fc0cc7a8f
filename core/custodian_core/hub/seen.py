"""Which hub was last seen at each address, so that another in its place is noticed.

A file for each address lies in the data folder: processes that learn of different hubs at once do
not undo each other. A data folder that cannot be written remembers nothing, and stops nobody.
"""

import hashlib
from pathlib import Path

from custodian_core.errors import EmptyHub, FileTrouble, ForeignHub
from custodian_core.files import put_file, read_file

#: what to do about it, where nothing is lost whichever it is
ADVICE = (
    "point Custodian at the hub that is meant, or bring it back from its backup; "
    "if this one is meant, `custodian db accept` says so"
)
_LONGEST = 2000


class Seen:
    """What the data folder remembers of hubs."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "hubs"

    def hub_at(self, address: str) -> str | None:
        """The id of the hub that was last seen there, if one was."""
        try:
            text = read_file(self._path(address), _LONGEST).decode(errors="replace")
        except FileTrouble:
            return None
        return text.partition(" ")[0] or None

    def note(self, address: str, hub_id: str) -> None:
        """That hub is the one to expect there."""
        try:
            for folder in (self._folder.parent, self._folder):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            put_file(self._path(address), f"{hub_id} {address}\n".encode())
        except (OSError, FileTrouble):
            return

    def _path(self, address: str) -> Path:
        return self._folder / hashlib.sha256(address.encode()).hexdigest()[:32]


def foreign(name: str, expected: str, found: str, *, empty: bool) -> ForeignHub:
    """The error for a hub that stands where another was seen."""
    if empty:
        return EmptyHub(name, f"hub {expected} was there, hub {found} knows no repo; {ADVICE}")
    return ForeignHub(name, f"hub {expected} was there, hub {found} is there now; {ADVICE}")


def gone(name: str, expected: str) -> EmptyHub:
    """The error for an address where a hub was seen and there is none; none was made."""
    return EmptyHub(
        name, f"hub {expected} was there and is gone, and no new one was made; {ADVICE}"
    )
