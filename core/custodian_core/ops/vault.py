"""The vault as a whole: what lies in it, how each thing stands, and what may become of it."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from custodian_core.codec import stamp
from custodian_core.errors import BadValue, Conflict
from custodian_core.text import printable

from .actions import ID, ID_RULE, ActionReading, Result
from .procurement import Request, same_ask
from .proposals import Standing
from .tiers import Tier

FOLDERS = ("pending", "approved", "fired", "rejected")
ACTIONS = "vault/actions"
#: a request lies in one of the folders, an action also among the actions
PLACE = re.compile(r"vault/(actions|pending|approved|fired|rejected)/([^/]+)\.(toml|md)")


class State(StrEnum):
    """How an item of the vault stands, as told by where it lies and what lies beside it."""

    INVALID = "invalid"
    #: a person has not answered yet
    PENDING = "pending"
    #: its pull request is open
    AWAITING_APPROVAL = "awaiting-approval"
    APPROVED = "approved"
    QUEUED = "queued"
    FIRED = "fired"
    FAILED = "failed"
    REJECTED = "rejected"
    #: what would tell could not be read or asked
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What a person decides of an item."""

    APPROVED = "approved"
    FIRED = "fired"
    REJECTED = "rejected"


#: what is over, or cannot begin, whatever a pull request says
_SETTLED = frozenset({State.FIRED, State.FAILED, State.REJECTED, State.INVALID, State.UNKNOWN})


def action_state(reading: ActionReading, result: Result | str | None) -> State:
    """How an action stands by its files alone; a result that cannot be read tells nothing."""
    if isinstance(result, str):
        return State.UNKNOWN
    if result is not None:
        return State.FIRED if result.exit_code == 0 else State.FAILED
    if reading.action is None:
        return State.INVALID
    return lying_state(reading.path)


def lying_state(path: str) -> State:
    """How something stands by the folder of the vault that it lies in."""
    folder = path.split("/")[-2]
    return State(folder) if folder in FOLDERS else State.QUEUED


def standing_state(lies: State, standing: Standing, *, on_main: bool) -> State:
    """How an item stands that lies here, once its pull request is looked at.

    What the main branch has, it has, whatever became of a pull request; an action that it has not
    is queued nowhere.
    """
    if lies in _SETTLED:
        return lies
    if standing is Standing.OPEN:
        return State.AWAITING_APPROVAL
    if on_main:
        return lies
    if standing is Standing.CLOSED:
        return State.REJECTED
    return State.UNKNOWN if lies is State.QUEUED else lies


def proposed_state(standing: Standing, *, invalid: bool = False) -> State:
    """How an item stands that only a branch or a pull request has."""
    if standing is Standing.CLOSED:
        return State.REJECTED
    if standing is Standing.OPEN:
        return State.INVALID if invalid else State.AWAITING_APPROVAL
    return State.UNKNOWN


@dataclass(frozen=True, slots=True)
class Move:
    """A file goes from one place to another, and says at its end who wanted it."""

    old: str
    new: str
    note: bytes


def resolve(path: str, outcome: Outcome, who: str, at: datetime, note: str = "") -> Move:
    """The move by which the item is settled; what was decided is not decided again."""
    place = PLACE.fullmatch(path)
    if not place:
        raise BadValue("vault item", f"'{printable(path, 80)}' lies in no folder of the vault")
    if not ID.fullmatch(place[2]):
        why = f"the name '{printable(place[2], 80)}' must be {ID_RULE}; rename it first"
        raise BadValue("vault item", why)
    folder, stem, kind = place.groups()
    if folder not in ("pending", "approved") or (folder, outcome) == ("approved", "approved"):
        raise Conflict(f"vault item '{stem}'", f"it lies in vault/{folder} already, and stays so")
    if kind == "toml" and outcome is Outcome.FIRED:
        raise Conflict(f"action '{stem}'", "its dispatcher says whether it was fired, nobody else")
    target = _folder_of(kind, outcome)
    said = f"{outcome} by {printable(who, 100)} at {stamp(at)}"
    said += f": {printable(note.strip(), 300)}" if note.strip() else ""
    line = f"# {said}\n" if kind == "toml" else f"\n<!-- {said.replace('--', '—')} -->\n"
    return Move(path, f"vault/{target}/{stem}.{kind}", line.encode())


def _folder_of(kind: str, outcome: Outcome) -> str:
    return "actions" if kind == "toml" and outcome is Outcome.APPROVED else outcome.value


def stands_so(path: str, outcome: Outcome) -> bool:
    """Whether the item lies where that outcome puts it, so that nothing is left to be done."""
    place = PLACE.fullmatch(path)
    return place is not None and place[1] == _folder_of(place[3], outcome)


def asked_at(path: str) -> str:
    """Where the item lay when a person was asked about it."""
    return f"vault/pending/{path.rpartition('/')[2]}"


def moved(data: bytes, move: Move) -> bytes:
    """The file's bytes with the note at their end, in lines that end as its own do."""
    ends = b"\r\n" if b"\r\n" in data else b"\n"
    before = b"" if not data or data.endswith(b"\n") else ends
    return data + before + move.note.replace(b"\n", ends)


def duplicate(request: Request, others: list[Request]) -> Request | None:
    """The item that asks for the same already, in whatever folder."""
    return next((each for each in others if same_ask(request, each)), None)


def where_to(tier_waits: bool, action_id: str) -> str:
    """Where a new action is put: what waits for a person is where no dispatcher looks."""
    return f"vault/pending/{action_id}.toml" if tier_waits else f"{ACTIONS}/{action_id}.toml"


def added(action_id: str, tier: Tier) -> str:
    """The subject of the commit that puts a new action there; what goes on at once says so."""
    return f"vault: add {action_id}{' (low-tier)' if tier is Tier.LOW else ''}"
