"""What the forge tells of the repos of this host: builds that go on, idle pull requests."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from custodian_core.errors import (
    CustodianError,
    ForgeTrouble,
    ForgeUnreachable,
    TokenRefused,
    TokenTooWeak,
)
from custodian_core.ops.host import Probe
from custodian_core.ops.host_limits import Limits
from custodian_core.ops.waiting import IdlePull, Pulls, idle_since, touched_at
from custodian_core.ops.workplace import Build, Builds, BuildState
from custodian_core.ports import Forge
from custodian_core.records import Repo
from custodian_core.remotes import remote_of
from custodian_core.secrets import redact
from custodian_core.settings import Settings
from custodian_core.text import printable

T = TypeVar("T", Build, IdlePull)
P = TypeVar("P", Builds, Pulls)

_TOLD = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """A repo on the forge, and the branch whose builds are asked for."""

    repo: str
    full_name: str
    branch: str


Ask = Callable[[], Sequence[Asked]]


def on_forge(repos: Sequence[Repo], forge_url: str) -> tuple[Asked, ...]:
    """Those of the repos whose remote is on that forge."""
    forge = remote_of(f"{forge_url}/x")
    told = ((repo, remote_of(repo.remote_url)) for repo in repos)
    return tuple(
        Asked(repo.slug, remote.full_name, repo.default_branch or "main")
        for repo, remote in told
        if remote and forge and remote.full_name and remote.host == forge.host
    )


def of_forge(settings: Settings, answer_s: float, kind: type[P], look: Callable[[Forge], P]) -> P:
    """What looking at the forge tells, where the settings name one."""
    from custodian_core.forge.client import open_forge

    if not settings.forge_url:
        return kind(Probe.ABSENT, "GITEA_URL is not set")
    try:
        with open_forge(settings, answer_s=answer_s) as forge:
            return look(forge)
    except CustodianError as error:
        return kind(Probe.FAILED, str(error))


def look_at_builds(forge: Forge, ask: Ask, limit_s: float) -> Builds:
    """The builds that have not ended; of what was not asked in time, it is said so."""
    return Builds(*_of_each(ask, limit_s, lambda asked: _builds(forge, asked)))


def look_at_pulls(forge: Forge, ask: Ask, limits: Limits, now: datetime, limit_s: float) -> Pulls:
    """The open pull requests that are green and in which nothing happens any more.

    Only of those that were let alone for longer than the limit are the builds asked for.
    """
    before = now - timedelta(minutes=limits.pull_minutes)
    return Pulls(*_of_each(ask, limit_s, lambda asked: _pulls(forge, asked, before)))


def _of_each(
    ask: Ask, limit_s: float, read: Callable[[Asked], Iterator[T | None]]
) -> tuple[Probe, str | None, tuple[T, ...], tuple[str, ...]]:
    """How asking went, what was found in each repo, and of which repos not all was told.

    `read` gives None after a question that found nothing, so that the time is looked at then too.
    """
    try:
        wanted = ask()
    except CustodianError as error:
        return Probe.FAILED, f"which repos there are is not known: {error}", (), ()
    if not wanted:
        return Probe.ABSENT, "no repo of this host is on the forge, so it was not asked", (), ()
    found: list[T] = []
    not_told: list[str] = []
    until = time.monotonic() + limit_s
    for each in wanted:
        try:
            items, whole = _in_time(read(each), until)
        except (ForgeUnreachable, TokenRefused, TokenTooWeak) as error:
            return _status(error), redact(str(error)), (), ()
        except CustodianError:
            items, whole = [], False
        found += items
        not_told += [] if whole else [each.repo]
    return Probe.OK, _late(not_told), tuple(found), tuple(not_told)


def _late(not_told: Sequence[str]) -> str | None:
    if not not_told:
        return None
    many = "1 repo was" if len(not_told) == 1 else f"{len(not_told)} repos were"
    return f"{many} not asked in time, or did not say"


def _in_time(steps: Iterator[T | None], until: float) -> tuple[list[T], bool]:
    """What the steps find, and whether they came to their end before the time was over."""
    found: list[T] = []
    if time.monotonic() >= until:
        return found, False
    for step in steps:
        found += [step] if step else []
        if time.monotonic() >= until:
            return found, False
    return found, True


def _builds(forge: Forge, asked: Asked) -> Iterator[Build]:
    for check in forge.commit_checks(asked.full_name, asked.branch):
        if check.state == "pending" and check.updated_at:
            # (a forge has one word for a build that waits and one that runs; the text tells)
            runs = "running" in check.description.lower() or "started" in check.description.lower()
            state = BuildState.RUNNING if runs else BuildState.PENDING
            name = printable(check.context, _TOLD) or "build"
            yield Build(asked.repo, name, state, check.updated_at)


def _pulls(forge: Forge, asked: Asked, before: datetime) -> Iterator[IdlePull | None]:
    for pull in forge.pulls(asked.full_name, state="open"):
        touched = touched_at(pull)
        if pull.draft or pull.commit is None or touched is None or touched > before:
            continue
        # (by its commit, which is there whatever its branch is called, and for forks too)
        since = idle_since(pull, forge.commit_checks(asked.full_name, pull.commit))
        yield IdlePull(asked.repo, pull.number, since) if since and since <= before else None


def _status(error: ForgeTrouble) -> Probe:
    return Probe.TIMEOUT if isinstance(error, ForgeUnreachable) else Probe.DENIED
