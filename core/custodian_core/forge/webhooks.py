"""What a forge tells by webhook: whether it is the forge that speaks, and of which repo."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from custodian_core.errors import BadValue
from custodian_core.text import printable
from custodian_core.wire import object_of

from .reading import read_repo
from .records import ForgeRepo

#: what a forge is asked to tell
EVENTS = ("push", "create", "delete", "repository")
#: where the hub hears it
PATH = "/hooks/gitea"
#: each fact as the two programs call it; a Forgejo sends the names of Gitea beside its own
_SIGNATURE = ("x-forgejo-signature", "x-gitea-signature", "x-hub-signature-256")
_EVENT = ("x-forgejo-event", "x-gitea-event")
_DELIVERY = ("x-forgejo-delivery", "x-gitea-delivery")
_DIGEST = "sha256"
_BRANCH = "refs/heads/"
_LONGEST_NAME, _LONGEST_ID = 200, 100
#: the commit of a branch that is gone has no other digit
_NOTHING = frozenset("0")


@dataclass(frozen=True, slots=True)
class Heard:
    """What happened to a repo of the forge."""

    repo: ForgeRepo
    #: in a few words, for the repo's history
    what: str
    #: whether its branches may be other than they were
    moved: bool


def is_genuine(body: bytes, secret: str, headers: Mapping[str, str]) -> bool:
    """Whether whoever sent the body knows the secret; how much was right, no clock can tell."""
    shown = _first(headers, _SIGNATURE).removeprefix(f"{_DIGEST}=")
    expected = hmac.digest(secret.encode(), body, _DIGEST).hex()
    return bool(secret) and hmac.compare_digest(expected.encode(), shown.encode())


def event_of(headers: Mapping[str, str]) -> str:
    """The kind of event, as the forge calls it."""
    return printable(_first(headers, _EVENT), _LONGEST_ID)


def delivery_of(headers: Mapping[str, str]) -> str | None:
    """The id of the delivery, the same whenever this one is sent."""
    return printable(_first(headers, _DELIVERY), _LONGEST_ID) or None


def heard(event: str, body: bytes) -> Heard | None:
    """What the body tells; None where it is of no repo, `BadValue` where nobody can read it."""
    said = _object(body)
    if not isinstance(said.get("repository"), dict):
        return None
    repo = read_repo(said["repository"])
    match event:
        case "push":
            return _pushed(repo, said)
        case "create" | "delete":
            kind, name = _word(said, "ref_type") or "ref", _word(said, "ref")
            done = "created" if event == "create" else "deleted"
            return Heard(repo, f"{kind} {name} was {done}", kind == "branch")
        case "repository":
            return Heard(repo, f"the repo was {_word(said, 'action') or 'changed'}", True)
        case _:
            return Heard(repo, event or "something", False)


def _pushed(repo: ForgeRepo, said: dict[str, Any]) -> Heard:
    ref, after = _word(said, "ref"), _word(said, "after")
    who = _word(object_of(said.get("pusher")), "login") or "somebody"
    branch = ref.removeprefix(_BRANCH)
    if after and set(after) <= _NOTHING:
        return Heard(repo, f"{branch} was deleted by {who}", ref.startswith(_BRANCH))
    return Heard(repo, f"{branch} was pushed by {who}", ref.startswith(_BRANCH))


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadValue("body", "it is not JSON") from error
    if not isinstance(said, dict):
        raise BadValue("body", "it is not an object")
    return object_of(said)


def _word(said: dict[str, Any], name: str) -> str:
    """A text of somebody else's, fit for a line of the history."""
    value = said.get(name)
    return printable(value, _LONGEST_NAME) if isinstance(value, str) else ""


def _first(headers: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((said for name in names if (said := headers.get(name))), "")
