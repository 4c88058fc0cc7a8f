"""The queue of each kind; every test of the contract runs on both."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from custodian_core.jobs import Pace
from custodian_core.ports import Queue
from custodian_core.queueing.embedded import EmbeddedQueue
from custodian_core.queueing.team import TeamQueue, prepare_queue

#: a queue that notices everything soon
QUICK = Pace(beat_s=0.2, lost_s=1, reap_s=0.2, look_s=0.1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a queue is, for whoever opens it in a process of their own."""

    address: str

    def open(self, pace: Pace = QUICK) -> Queue:
        if "://" in self.address:
            return TeamQueue(self.address, pace)
        return EmbeddedQueue(Path(self.address), pace)


@pytest.fixture(scope="session")
def team_url(postgres: str) -> str:
    from tests.postgres import copied

    url = copied(postgres)
    prepare_queue(url)
    return url


@pytest.fixture
def emptied_team_url(team_url: str) -> str:
    """The database of a team that nobody has asked for anything yet."""
    queue = TeamQueue(team_url)
    with queue.open() as connection:
        connection.execute("truncate procrastinate_jobs, procrastinate_workers cascade")
    queue.close()
    return team_url


@pytest.fixture(params=["embedded", "team"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "embedded":
        return Place(str(tmp_path / "queue.db"))
    found: Any = request.getfixturevalue("emptied_team_url")
    return Place(found)


@pytest.fixture
def queue(place: Place) -> Iterator[Queue]:
    opened = place.open()
    yield opened
    opened.close()
