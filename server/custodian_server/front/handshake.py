"""What is answered before the server is there, and what is held for it: no I/O, no clock."""

import json

from .shapes import is_envelope, is_initialize, is_object, is_old_meta, is_request, may_be_request
from .snapshot import Answers, Snapshot

TYPE_CHECKING = False
if TYPE_CHECKING:  # (typing is slow to load)
    from typing import Any

INITIALIZE = "initialize"

#: a message that is larger is nobody's first question
_LONGEST = 64 * 1024


class Handshake:
    """Answers a client's first questions as the server would, and holds the rest for it.

    The request that opens the connection is answered and held as well: the server has to know the
    era that it chooses, and its own answer to it is to be dropped.
    """

    def __init__(self, snapshot: Snapshot | None) -> None:
        #: None once the server itself must be asked
        self._snapshot = snapshot
        #: the answers of the era that the client opened with; None before
        self._answers: Answers | None = None
        #: what the server is to hear, in order
        self.held: list[bytes] = []
        #: the id of the request that was answered and is held
        self.answered: object = None
        #: requests that the server has yet to answer
        self.owed = 0

    def hear(self, line: bytes) -> bytes | None:
        """The answer to a line, where it is known; else it is held."""
        message = _parsed(line)
        opening = self._answers is None
        answer = self._answer(message)
        if opening or answer is None:
            self.held.append(line)
        if answer is None:
            self.owed += may_be_request(message)
            return None
        assert is_object(message)  # noqa: S101 - nothing else is answered
        if opening:
            self.answered = message["id"]
        told = {"jsonrpc": "2.0", "id": message["id"], "result": answer}
        return json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"

    def _answer(self, message: object) -> dict[str, object] | None:
        if self._snapshot is None:
            return None
        if not is_request(message):
            if self._answers is None and may_be_request(message):
                self._snapshot = None  # the server decides which era this opens
            return None
        method: str = message["method"]
        params: dict[str, Any] = message.get("params", {})
        if self._answers is None:
            return self._open(self._snapshot, method, params)
        if method == INITIALIZE or not self._fits(self._snapshot, params):
            return None
        return self._answers.get(method)

    def _open(
        self, snapshot: Snapshot, method: str, params: "dict[str, Any]"
    ) -> dict[str, object] | None:
        """The answer to the first request, which opens the connection in its era."""
        if method == INITIALIZE and is_initialize(params):
            asked = params["protocolVersion"]
            version = asked if asked in snapshot.versions else snapshot.versions[-1]
            self._answers = snapshot.handshake
            return {**snapshot.handshake[method], "protocolVersion": version}
        modern = is_envelope(params.get("_meta"), snapshot.modern_versions)
        if method != INITIALIZE and modern and params.keys() == {"_meta"}:
            self._answers = snapshot.modern
            return snapshot.modern.get(method)
        self._snapshot = None
        return None

    def _fits(self, snapshot: Snapshot, params: "dict[str, Any]") -> bool:
        """Whether the parameters are of the connection's era, and ask for a whole list."""
        if not params.keys() <= {"_meta"}:
            return False
        meta = params.get("_meta", {})
        if self._answers is snapshot.modern:
            return is_envelope(meta, snapshot.modern_versions)
        return is_old_meta(meta)


def _parsed(line: bytes) -> object:
    """The message; what cannot be read here may be one for the server."""
    if len(line) > _LONGEST:
        return {"id": None, "method": None}
    try:
        return json.loads(line, parse_constant=_refused)
    except (ValueError, RecursionError):
        return {"id": None, "method": None}


def _refused(name: str) -> object:
    raise ValueError(name)
