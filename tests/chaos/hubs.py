"""Hubs of every kind: embedded, served, on PostgreSQL, and served twice."""

import socket
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from pathlib import Path
from urllib.request import urlopen

from custodian_core.hub.client import HttpHub
from custodian_core.hub.databases import Database, PostgreSQL, SQLite
from custodian_core.hub.store import Store
from custodian_core.queueing.team import prepare_queue

from .disks import Disk
from .links import Link
from .processes import Resident, Run, begin, until


class Kind(StrEnum):
    """How hosts come to a hub."""

    #: they share its folder
    EMBEDDED = "embedded"
    #: over HTTP, from one server with a database of its own
    SERVED = "served"
    #: they all speak to PostgreSQL themselves
    TEAM = "team"
    #: over HTTP, from one of two servers of one PostgreSQL
    REPLICAS = "replicas"
    #: over HTTP, from whichever of two servers of one PostgreSQL a balancer takes next
    BALANCED = "balanced"
    #: hosts speak to PostgreSQL, and everybody else to one of two servers of it
    HOUSE = "house"

    @property
    def is_shared(self) -> bool:
        """Whether its database is PostgreSQL."""
        return self not in (Kind.EMBEDDED, Kind.SERVED)

    @property
    def servers(self) -> int:
        """How many servers it has."""
        return {Kind.EMBEDDED: 0, Kind.SERVED: 1, Kind.TEAM: 0}.get(self, 2)


@dataclass
class Hub:
    """One hub with its servers, and a link to it for each host."""

    kind: Kind
    disk: Disk
    #: of the database, where it is PostgreSQL
    url: str | None
    env: dict[str, str]
    notes: Path
    servers: list[tuple[int, Resident]] = field(default_factory=list[tuple[int, Resident]])
    links: dict[str, Link] = field(default_factory=dict[str, Link])
    #: how many connections a balancer has made
    turns: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        if self.url:
            prepare_queue(self.url)
        for number in range(self.kind.servers):
            port = _free_port()
            self.servers.append((port, Resident(lambda n=number, p=port: self._serve(n, p))))  # type: ignore[misc]

    @property
    def folder(self) -> Path:
        return self.disk.folder

    def _serve(self, number: int, port: int) -> Run:
        home = self.folder if self.kind is Kind.SERVED else self.folder / f"server{number}"
        env = self.env | {"CUSTODIAN_HOME": str(home), "CUSTODIAN_HOST": f"server{number}"}
        if self.url:
            env["CUSTODIAN_DATABASE_URL"] = self.url
        words = ("serve", "--port", str(port))
        return begin(f"server{number}", env, self.folder, self.notes, *words)

    def wake(self) -> bool:
        """Whether every server of it answers, in time."""
        for _, server in self.servers:
            server.revive()
        return all(until(lambda p=port: _answers(p)) for port, _ in self.servers)  # type: ignore[misc]

    def settings(self, host: str, place: int) -> dict[str, str]:
        """What the environment of a host says, so that it comes to this hub."""
        if self.kind is Kind.EMBEDDED:
            return {"CUSTODIAN_HOME": str(self.folder)}
        link = self.links[host] = Link(lambda: self._reach(place))
        if self.kind in (Kind.TEAM, Kind.HOUSE):
            assert self.url
            user, _, rest = self.url.partition("@")
            name = rest.partition("/")[2].partition("?")[0]
            return {"CUSTODIAN_DATABASE_URL": f"{user}@127.0.0.1:{link.port}/{name}"}
        return {"CUSTODIAN_HUB_URL": f"http://127.0.0.1:{link.port}"}

    def _reach(self, place: int) -> socket.socket:
        if self.kind in (Kind.TEAM, Kind.HOUSE):
            assert self.url
            return _at(f"{self.url.partition('?host=')[2]}/.s.PGSQL.5432")
        if self.kind is Kind.BALANCED:
            place = next(self.turns)
        port, server = self.servers[place % len(self.servers)]
        if self.kind is Kind.BALANCED and not (server.runs and server.runs[-1].lives):
            port, _ = self.servers[(place + 1) % len(self.servers)]
        return socket.create_connection(("127.0.0.1", port), 5)

    @contextmanager
    def truth(self) -> Generator[Store]:
        """The hub itself, with nothing between."""
        store = Store(self.database())
        try:
            yield store
        finally:
            store.close()

    def doors(self) -> Generator[tuple[str, HttpHub]]:
        """Each server of it, asked directly."""
        for number, (port, _) in enumerate(self.servers):
            door = HttpHub(f"http://127.0.0.1:{port}")
            try:
                yield f"server{number}", door
            finally:
                door.close()

    def database(self) -> Database:
        return PostgreSQL(self.url) if self.url else SQLite(self.folder / "hub.db")

    def close(self) -> None:
        """Nothing of it runs."""
        for _, server in self.servers:
            server.kill()
        for link in self.links.values():
            link.close()


def _at(path: str) -> socket.socket:
    """A connection to whoever listens at that place of this machine."""
    far = socket.socket(socket.AF_UNIX)
    try:
        far.connect(path)
    except OSError:
        far.close()
        raise
    return far


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/state/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
