"""`custodian worker`: a host's syncs are made as they are asked for."""

import logging
import threading
from collections.abc import Callable

import click

from custodian_core.codec import now, stamp
from custodian_core.secrets import redact
from custodian_core.text import printable
from custodian_core.timing import every

from .hub import opened
from .output import as_json, counted, echo_json, errors_as_json
from .sync import bench_of

#: how many repos it works in at once: their time goes to waiting for remotes
AT_ONCE = 4
#: how often it asks for every repo of its host
SWEPT_EVERY = "15m"


@click.command(short_help="Make this host's syncs as they are asked for.")
@click.option("--once", is_flag=True, help="Run what is due, and end.")
@click.option(
    "--concurrency",
    type=click.IntRange(1, 64),
    default=AT_ONCE,
    show_default=True,
    help="In how many repos it works at once.",
)
@click.option(
    "--every",
    "interval",
    default=SWEPT_EVERY,
    show_default=True,
    metavar="INTERVAL",
    help="Ask for every repo of this host so often, as 15m or 1h; `never` leaves it to a timer.",
)
@as_json
@errors_as_json
def worker(once: bool, concurrency: int, interval: str, json_: bool) -> None:
    """Make this host's syncs as they are asked for: by a push, by a person, by the clock.

    Each is what `custodian fix REPO --remote` does. Any number of workers may serve one host, and
    no repo is worked in by two of them at once. What a worker was at that is killed is run by
    another within a minute. Told to stop (SIGTERM, Ctrl-C), it ends what it is at first.
    """
    from custodian_core.queueing import open_queue
    from custodian_server.worker import Serving
    from custodian_tools.working import Worker

    every_s = None if interval == "never" else every(interval).total_seconds()
    for name in ("procrastinate", "psycopg"):  # (what they log is told in our own words)
        logging.getLogger(name).setLevel(logging.CRITICAL)
    with opened() as desk:
        queue = open_queue(desk.settings)
        tell = _teller(err=json_)
        work = Worker(bench_of(desk), desk.settings, tell)
        serving = Serving(desk.hub, queue, desk.settings, work, concurrency, every_s, tell)
        try:
            if once:
                _told(serving.once(), json_=json_)
            else:
                tell(f"worker of {desk.settings.host}, {counted(concurrency, 'repo')} at once")
                serving.serve()
                tell("stopped; nothing was left half done")
        finally:
            queue.close()


def _teller(*, err: bool) -> Callable[[str], None]:
    lock = threading.Lock()

    def tell(text: str) -> None:
        with lock:
            click.echo(f"{stamp(now())} {printable(redact(text), 2000)}", err=err)

    return tell


def _told(count: int, *, json_: bool) -> None:
    if json_:
        echo_json("worker", {"run": count})
    else:
        click.echo(f"ran {counted(count, 'job')}")
