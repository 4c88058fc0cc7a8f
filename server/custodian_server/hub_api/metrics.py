"""`/metrics`: the fleet and this process in numbers, as Prometheus reads them."""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from fastapi import Request
from fastapi.responses import PlainTextResponse, Response

from custodian_core import __version__
from custodian_core.codec import now
from custodian_core.errors import HubTrouble
from custodian_core.hub.store import SCHEMA
from custodian_core.jobs import Job
from custodian_tools.measures import Measure, Watched, measures

from .asking import Router
from .errors import documented
from .queue import Workers
from .traffic import Traffic

router = Router()

#: as Prometheus calls its text format
FORMAT = "text/plain; version=0.0.4; charset=utf-8"
#: so long the fleet's numbers hold: several who ask do not each read the whole hub
HOLD_S = 10.0
LATENCY = "custodian_http_answer_seconds"

_ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


@dataclass
class Measured:
    """The fleet's measures, read from the hub when they have grown old, by one thread at a time."""

    hub: Watched
    workers: Workers
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _last: tuple[Measure, ...] = ()
    _until: float = 0.0

    def now(self) -> tuple[Measure, ...]:
        """The measures of a moment ago."""
        with self._lock:
            if time.monotonic() >= self._until:
                self._last = measures(self.hub, self._jobs(), now())
                self._until = time.monotonic() + HOLD_S
            return self._last

    def _jobs(self) -> Sequence[Job] | None:
        """What is in the queue; None where nobody can tell."""
        try:
            return self.workers.queue.jobs()
        except HubTrouble:
            return None


@router.get(
    "/metrics",
    tags=["state"],
    response_model=None,
    responses={
        200: {"content": {"text/plain": {}}, "description": "ok"},
        **documented(401, 403, 421, 422, 429, 500, 503),
    },
)
def show_metrics(request: Request) -> Response:
    """The fleet and this process in numbers, for Prometheus; a token that may read is enough."""
    state = request.app.state
    lines = [*_lines((_build(), *state.measured.now())), *_latency(state.traffic)]
    return PlainTextResponse("\n".join(lines) + "\n", media_type=FORMAT)


def _build() -> Measure:
    labels = {"version": __version__, "schema": str(SCHEMA)}
    return Measure("custodian_build_info", "Which program this is.", ((labels, 1),))


def _lines(told: Iterable[Measure]) -> Iterator[str]:
    for measure in told:
        yield f"# HELP {measure.name} {measure.about}"
        yield f"# TYPE {measure.name} {measure.kind}"
        for labels, value in measure.samples:
            yield _sample(measure.name, labels, value)


def _latency(traffic: Traffic) -> Iterator[str]:
    """How soon this process began to answer."""
    yield f"# HELP {LATENCY} How soon this process began its answers."
    yield f"# TYPE {LATENCY} histogram"
    for (area, method, status), spread in sorted(traffic.spreads.items()):
        labels = {"area": area, "method": method, "status": str(status)}
        number = 0
        for bound, number in spread.up_to():
            yield _sample(f"{LATENCY}_bucket", {**labels, "le": bound}, number)
        yield _sample(f"{LATENCY}_sum", labels, round(spread.seconds, 6))
        yield _sample(f"{LATENCY}_count", labels, number)


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    told = ",".join(f'{key}="{said.translate(_ESCAPED)}"' for key, said in labels.items())
    return f"{name}{{{told}}} {value:.15g}" if told else f"{name} {value:.15g}"
