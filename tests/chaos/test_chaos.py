"""Stories of chaos, from a seed that is told: whatever happens, the promises hold after it."""

import os
import secrets
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.postgres import copied

from .run import Outcome, live

#: how many moves a story has, and for how long stories are told
STEPS, SECONDS = 30, 60.0
#: what is told of a breach: the rest follows from the first few
TOLD = 8


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
                pytest.fail(_told(_shortened(outcome, databases)), pytrace=False)
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


def _told(outcome: Outcome) -> str:
    breaches = "\n".join(f"  {str(each)[:600]}" for each in outcome.breaches[:TOLD])
    return f"{len(outcome.breaches)} promises were broken:\n{breaches}\nreplay: {outcome.replay}"


def summed(total: Counter[str]) -> str:
    """What was done, what went wrong, and that every promise held."""
    faults = {name.removeprefix("fault: "): n for name, n in total.items() if "fault: " in name}
    told = ", ".join(f"{number} {name}" for name, number in sorted(faults.items()) if number)
    return (
        f"{total['worlds']} worlds, {total['operations']} operations, {total['processes']}"
        f" processes of which {total['killed']} were killed, {total['claims won']} claims won,"
        f" {sum(faults.values())} faults ({told}), 0 promises broken"
    )
