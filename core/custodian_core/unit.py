"""The units by which systemd's user manager serves the hub, and runs this host's worker."""

import re
from dataclasses import dataclass
from enum import StrEnum

from .errors import BadValue


class Kind(StrEnum):
    """What goes on by itself; each is called so in commands."""

    HUB = "hub"
    WORKER = "worker"

    @property
    def unit(self) -> str:
        """What its unit is called."""
        return f"custodian-{self.value}.service"


#: the command that each starts
_VERBS = {Kind.HUB: "serve", Kind.WORKER: "worker"}
_TOLD = {
    Kind.HUB: "Custodian: the State Hub, and the tools of this account's agents",
    Kind.WORKER: "Custodian: the worker of this host",
}
#: how long each may take to end: a worker ends the syncs that it is at
_PATIENCE_S = {Kind.HUB: 30, Kind.WORKER: 300}
_HEAD = "# Written by `custodian service install`; `custodian service uninstall` removes it."


@dataclass(frozen=True, slots=True)
class Started:
    """What is started, and with what in its environment."""

    kind: Kind
    program: str
    arguments: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """No line of the unit ends where it should not."""
        for text in (self.program, *self.arguments, *(value for _, value in self.environment)):
            if re.search(r"[\n\r\0]", text):
                raise BadValue(f"'{text[:60]}'", "a unit cannot be told of a line break")
        if re.search(r"[\"'\\]", self.program):
            raise BadValue(f"'{self.program}'", "systemd starts no program with quotes in its path")

    @property
    def command(self) -> tuple[str, ...]:
        """What a shell would be told."""
        return (self.program, _VERBS[self.kind], *self.arguments)


def unit(service: Started) -> bytes:
    """The unit; what ends by itself is started again."""
    settings = "".join(f"Environment={word(f'{k}={v}')}\n" for k, v in service.environment)
    return f"""\
{_HEAD}
[Unit]
Description={_TOLD[service.kind]}
StartLimitIntervalSec=60
StartLimitBurst=5

[Service]
ExecStart={" ".join(map(word, service.command))}
{settings}\
Restart=on-failure
RestartSec=2
TimeoutStopSec={_PATIENCE_S[service.kind]}

[Install]
WantedBy=default.target
""".encode(errors="surrogateescape")


def is_ours(text: bytes) -> bool:
    """Whether the unit was written here."""
    return text.startswith(_HEAD.encode())


def word(text: str) -> str:
    """The word as a unit spells it, with no specifier and no escape in it."""
    for char, spelled in (("\\", "\\\\"), ('"', '\\"'), ("%", "%%")):
        text = text.replace(char, spelled)
    return f'"{text}"'
