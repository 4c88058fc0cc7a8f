"""Stories of chaos, from a seed that is told: whatever happens, the promises hold after it."""

import os
import secrets
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.postgres import copied

from . import drafts, people
from .hubs import Kind
from .moves import Act, Move
from .rest import judged
from .run import Outcome, live, summed
from .world import Shape, World

#: how many moves a story has, and for how long stories are told
STEPS, SECONDS = 30, 60.0


@pytest.fixture
def databases(postgres: str) -> Iterator[str]:
    """As many databases of a real PostgreSQL as are asked for."""
    return iter(lambda: copied(postgres), "")


@pytest.mark.chaos
def test_whatever_happens_the_promises_hold_afterwards(
    databases: Iterator[str], capsys: pytest.CaptureFixture[str]
) -> None:
    said = os.environ.get("CUSTODIAN_CHAOS_SEED")
    seed = int(said) if said else secrets.randbelow(1_000_000)
    steps = os.environ.get("CUSTODIAN_CHAOS_STEPS")
    until = time.monotonic() + float(os.environ.get("CUSTODIAN_CHAOS_SECONDS") or SECONDS)
    total: Counter[str] = Counter()
    with capsys.disabled():
        print(f"\nchaos begins with seed {seed}")  # noqa: T201
        while True:
            outcome = live(seed, int(steps or STEPS), databases)
            if outcome.breaches:
                pytest.fail(_shortened(outcome, databases).told, pytrace=False)
            total += outcome.tally
            seed += 1
            if steps or time.monotonic() >= until:
                break
        print(summed(total))  # noqa: T201


def _shortened(outcome: Outcome, databases: Iterator[str]) -> Outcome:
    """The same breach in half as many steps, or in three quarters, if it comes that soon."""
    for steps in (outcome.steps // 2, outcome.steps * 3 // 4):
        shorter = live(outcome.seed, steps, databases)
        if shorter.breaches:
            return shorter
    return outcome


@pytest.mark.chaos
def test_work_that_vanishes_from_a_world_is_seen(tmp_path: Path) -> None:
    world = World(Shape(hosts=2, repos=1, hubs=(Kind.EMBEDDED,)), tmp_path / "world", iter(()))
    try:
        host = world.hosts[0]
        kept_to_oneself = Move(Act.WORK, host=0, repo=0, task=1, pick=512, pause_s=0)
        people.work(world, host, "alpha", kept_to_oneself)
        gone, _ = host.git("alpha", "reset", "-q", "--hard", "HEAD~1")
        drafts.begin(world, host, "alpha", replace(kept_to_oneself, act=Act.DRAFT, pick=5))
        (begun,) = drafts.lying(world, host, "alpha")
        (host.clone("alpha") / begun.path).write_text("somebody else's\n")
        breaches = judged(world)
    finally:
        world.close()

    assert gone
    assert {each.promise for each in breaches} == {"nothing is lost", "a draft is its owner's"}
