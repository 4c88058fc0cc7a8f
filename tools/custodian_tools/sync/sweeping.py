"""Which repos a run means, and runs over many of them at once."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextvars import copy_context
from dataclasses import dataclass, replace
from pathlib import Path

from custodian_core.commands import RecordSyncs
from custodian_core.errors import CustodianError, GitTrouble, HubTrouble
from custodian_core.findings import found
from custodian_core.ports import Hub
from custodian_core.records import Repo, RepoStatus
from custodian_core.settings import Settings
from custodian_tools.hub import every
from custodian_tools.requesting import requested, waits

from .bench import Bench
from .report import Options, Report

#: how many repos are in work at once: their time goes to waiting for remotes
AT_ONCE = 8
#: how many records of quiet runs are written at once
TOGETHER = 200
#: how long a thread keeps the interpreter to itself while others want it: each statement of the hub
#: gives it away, and at Python's own 5 ms every one of them would wait so long to have it back
SWITCH_S = 0.0005


@dataclass(frozen=True, slots=True)
class Target:
    """A repo, and its checkout on this host."""

    repo: Repo
    top: Path


def target(hub: Hub, settings: Settings, name: str) -> Target:
    """The repo that is meant by a slug, or by a path in a checkout or a worktree of it."""
    from custodian_tools.checkouts import named, registered  # (a sweep looks for none by name)

    (found,) = named(hub, settings, [name])
    known = registered(found)
    assert known.repo is not None  # noqa: S101 - `registered` saw to that
    return Target(hub.repo(known.repo), known.path)


def fleet(hub: Hub, settings: Settings) -> tuple[Target, ...]:
    """Every repo in Custodian's care with a checkout on this host; those asked for come first."""
    asked = requested(hub)
    repos = every(hub.repos, host=settings.host, status=RepoStatus.ACTIVE.value)
    return tuple(
        Target(repo, Path(repo.host_paths[settings.host]))
        for repo in sorted(repos, key=lambda repo: not waits(repo, settings.host, asked))
    )


Act = Callable[[Bench, Repo, Path, Options], Report]


def sweep(
    act: Act, bench: Bench, targets: Sequence[Target], options: Options, settings: Settings
) -> Iterator[Report]:
    """The report of each, as it is done; trouble in one repo is its own."""
    grounds = settings.grounds
    if len(targets) == 1 or not options.fetch:
        # Without a remote to wait for, one thread is as quick as many, and needs less of the CPU.
        yield from (_one(act, bench, each, options, grounds) for each in targets)
        return
    from concurrent.futures import ThreadPoolExecutor, as_completed

    sys.setswitchinterval(SWITCH_S)
    bench = replace(bench, later=[])
    with ThreadPoolExecutor(min(AT_ONCE, len(targets) or 1)) as pool:
        # (each thread is told for whom it works)
        runs = [
            pool.submit(copy_context().run, _one, act, bench, each, options, grounds)
            for each in targets
        ]
        try:
            for done in as_completed(runs):
                yield done.result()
        finally:
            for each in runs:
                each.cancel()
    _record(bench)


def _record(bench: Bench) -> None:
    """The hub knows of the runs in which nothing had moved: one write tells of many."""
    quiet = bench.later or []
    for start in range(0, len(quiet), TOGETHER):
        bench.hub.do(RecordSyncs(tuple(quiet[start : start + TOGETHER])), bench.by)


def _one(act: Act, bench: Bench, each: Target, options: Options, grounds: Sequence[Path]) -> Report:
    outside = _outside(each.top, grounds)
    if outside:
        return _halted(each, options, "outside-roots", outside)
    try:
        return act(bench, each.repo, each.top, options)
    except HubTrouble:
        raise
    except CustodianError as error:
        reason = "git" if isinstance(error, GitTrouble) else "error"
        return _halted(each, options, reason, str(error))


def _outside(top: Path, grounds: Sequence[Path]) -> str | None:
    """Why the checkout is not visited, where it does not lie where checkouts may."""
    real = Path(os.path.realpath(top))
    if any(real.is_relative_to(root) for root in grounds):
        return None
    return "its folder is not below CUSTODIAN_ROOTS"


def _halted(each: Target, options: Options, reason: str, why: str) -> Report:
    facts = {"slug": each.repo.slug, "why": why}
    finding = found("C-15", facts, options.mode, reason=reason)
    return Report(each.repo.slug, str(each.top), options.mode, "", reason, findings=(finding,))
