"""What can go wrong, as facts a caller can act on.

CustodianError
├── FileTrouble          a path cannot be read or written as asked
├── BadValue             a value from outside that cannot be used
│   └── NotRegistered        a folder that is no checkout of a repo in Custodian's care
├── UnknownThing         nothing has that name; near names are told
├── GitTrouble           git refuses what should always work
├── HubTrouble           the hub cannot be used
│   ├── HubUnreachable       it does not answer
│   ├── Denied               it does not let this caller do that
│   ├── ForeignHub           it is another one than the one last seen
│   │   └── EmptyHub             and it is empty, as one made by mistake is
│   └── NewerSchema          a newer Custodian wrote it
├── ForgeTrouble         the forge cannot be used, or refuses
│   ├── ForgeUnreachable     it does not answer, or not now
│   ├── NoForge              what answers at that address is no Gitea and no Forgejo
│   ├── TokenRefused         it does not know the token
│   ├── TokenTooWeak         it knows the token, which may not do that
│   ├── NotOnForge           that is not there, or not to be seen with this token
│   ├── NotAnOrg             the name is a person's
│   └── ArchivedOnForge      the repo is archived there, so nothing in it can be changed
└── Refused              what was asked would break a promise, so nothing was done
    ├── NotEditable          an edit of a workplan that cannot be made exactly
    ├── Conflict             something moved meanwhile, or is there already
    │   └── NoCheckout           a repo that has no checkout on this host
    ├── Regression           a task would go back without a reason
    ├── Claimed              somebody else has the right to work on the task
    ├── StaleFence           the right to work on the task has changed hands
    ├── RepoBusy             another run writes in the repo
    └── NothingToDo          there is nothing to claim
"""

from dataclasses import dataclass

from .screening import screened


class CustodianError(Exception):
    """Custodian could not do that."""

    def __post_init__(self) -> None:
        """No secret is told, whoever reads it: a person, a log, an agent, another host."""
        for name, said in vars(self).items():
            setattr(self, name, screened(said))

    def __str__(self) -> str:
        return (type(self).__doc__ or "").format_map(vars(self))


@dataclass(eq=False)
class FileTrouble(CustodianError):
    """{path}: {reason}"""

    path: str
    reason: str


@dataclass(eq=False)
class BadValue(CustodianError):
    """{what}: {reason}"""

    what: str
    reason: str


class NotRegistered(BadValue):
    """{what}: {reason}"""


@dataclass(eq=False)
class GitTrouble(CustodianError):
    """git {command} failed in {path}: {reason}"""

    path: str
    command: str
    reason: str


class Refused(CustodianError):
    """What was asked would break a promise, so nothing was done."""


@dataclass(eq=False)
class NotEditable(Refused):
    """{what} cannot be edited exactly: {reason}"""

    what: str
    reason: str


@dataclass(eq=False)
class UnknownThing(CustodianError):
    """there is no {kind} '{name}'{hint}"""

    kind: str
    name: str
    near: tuple[str, ...] = ()

    @property
    def hint(self) -> str:
        """Names that are like it."""
        return f"; near it: {', '.join(self.near)}" if self.near else ""

    def __str__(self) -> str:
        return f"there is no {self.kind} '{self.name}'{self.hint}"


@dataclass(eq=False)
class Conflict(Refused):
    """{what}: {reason}"""

    what: str
    reason: str


class NoCheckout(Conflict):
    """{what}: {reason}"""


@dataclass(eq=False)
class Regression(Refused):
    """task {task} is {old} and does not go back to {new}; reopen it with a reason"""

    task: str
    old: str
    new: str


@dataclass(eq=False)
class Claimed(Refused):
    """task {task} is claimed by {holder} until {expires_at}"""

    task: str
    holder: str
    expires_at: str


@dataclass(eq=False)
class StaleFence(Refused):
    """fence {given} of task {task} is stale, it is {fence} now; {holder}"""

    task: str
    given: int
    fence: int
    holder: str


@dataclass(eq=False)
class RepoBusy(Refused):
    """repo {repo} is being synced on {host}, until {until} at the latest"""

    repo: str
    host: str
    until: str


@dataclass(eq=False)
class NothingToDo(Refused):
    """repo {repo} has nothing to claim: {reason}"""

    repo: str
    reason: str


@dataclass(eq=False)
class HubTrouble(CustodianError):
    """the hub at {hub} cannot be used: {reason}"""

    hub: str
    reason: str


class HubUnreachable(HubTrouble):
    """the hub at {hub} does not answer: {reason}"""


class Denied(HubTrouble):
    """the hub at {hub} does not allow that: {reason}"""


class ForeignHub(HubTrouble):
    """the hub at {hub} is not the one last seen here: {reason}"""


class EmptyHub(ForeignHub):
    """the hub at {hub} is empty where another was seen: {reason}"""


class NewerSchema(HubTrouble):
    """the hub at {hub} was written by a newer Custodian: {reason}"""


@dataclass(eq=False)
class ForgeTrouble(CustodianError):
    """the forge at {forge} cannot do that: {reason}"""

    forge: str
    reason: str


class ForgeUnreachable(ForgeTrouble):
    """the forge at {forge} does not answer: {reason}"""


class NoForge(ForgeTrouble):
    """what answers at {forge} is no Gitea and no Forgejo: {reason}"""


class TokenRefused(ForgeTrouble):
    """the forge at {forge} does not know the token: {reason}"""


class TokenTooWeak(ForgeTrouble):
    """the token for the forge at {forge} may not do that: {reason}"""


class NotOnForge(ForgeTrouble):
    """on the forge at {forge} {reason}"""


class NotAnOrg(ForgeTrouble):
    """on the forge at {forge} {reason}"""


class ArchivedOnForge(ForgeTrouble):
    """the forge at {forge} does not change that: {reason}"""
