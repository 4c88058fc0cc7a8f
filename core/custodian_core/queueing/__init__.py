"""The queue of syncs: a small file beside the embedded hub, or procrastinate beside a team's."""

from custodian_core.jobs import Pace
from custodian_core.ports import Queue
from custodian_core.settings import Settings


def open_queue(settings: Settings, pace: Pace | None = None) -> Queue:
    """The queue beside the database that the settings name."""
    if settings.database_url:
        from .team import TeamQueue

        return TeamQueue(settings.database_url, pace)
    from .embedded import EmbeddedQueue

    return EmbeddedQueue(settings.home / "queue.db", pace)


def prepare(settings: Settings) -> None:
    """The queue's tables are there, where it is in a PostgreSQL and its engine is installed."""
    from importlib.util import find_spec

    if settings.database_url and find_spec("procrastinate"):
        from .team import prepare_queue

        prepare_queue(settings.database_url)
