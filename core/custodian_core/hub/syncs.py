"""Writing how syncs went, and who may write in a repo meanwhile."""

from datetime import datetime, timedelta
from typing import Any

from custodian_core.codec import stamp
from custodian_core.commands import RecordSync, RecordSyncs, RequestSync, ReturnLease, TakeLease
from custodian_core.errors import BadValue, RepoBusy
from custodian_core.records import HostSync, Lease, Recorded, Repo

from . import rows
from .rows import as_text
from .writing import Writing, check_name, new_id

#: for how long runs are remembered
REMEMBERED = timedelta(days=3)
LONGEST_LEASE_S = 3600
REQUESTED = "sync.requested"
LONGEST_REASON = 500


def record_sync(tx: Writing, command: RecordSync) -> Repo:
    """How the sync went stands beside the host, and its lease has ended.

    A stamp moves the repo's time of sync.
    """
    _put(tx, command)
    return tx.repo(command.slug)


def _put(tx: Writing, command: RecordSync) -> None:
    """It stands there; of thousands that are told at once, little is read.

    An event tells of it only where something is other than it was: a timer's quiet runs are many.
    """
    repo_id, sync = tx.repo_row(command.slug)["id"], command.sync
    row = tx.one("repo_host", repo_id=repo_id, host=sync.host)
    before = rows.record(HostSync, row) if row is not None else None
    tx.run(
        "put_sync",
        repo_id=repo_id,
        host=sync.host,
        path=sync.path,
        last_run_at=_when(tx, sync.last_run_at),
        last_ok_at=_when(tx, sync.last_ok_at) if sync.last_ok_at else None,
        outcome=sync.outcome,
        sealed=None if sync.sealed is None else int(sync.sealed),
        ahead=sync.ahead,
        behind=sync.behind,
        findings=as_text(sync.findings),
        head=sync.head,
        digest=sync.digest,
        revision=sync.revision,
    )
    _remember(tx, repo_id, command)
    if command.run_id:
        tx.run("drop_lease", repo_id=repo_id, host=sync.host, run_id=command.run_id)
    if command.stamp:
        tx.run("put_synced", id=repo_id, at=tx.at)
    if before is None or _told(before) != _told(sync):
        said = _in_words(before) if before and before.outcome else None
        slug, after = command.slug, _in_words(sync)
        tx.event("repo.synced", repo_id, subject=slug, repo=slug, before=said, after=after)


def record_syncs(tx: Writing, command: RecordSyncs) -> Recorded:
    """All of them stand beside their hosts, or none."""
    for each in command.syncs:
        _put(tx, each)
    return Recorded(len(command.syncs))


def request_sync(tx: Writing, command: RequestSync) -> Repo:
    """The log asks for a sync; while no host has run since it last did, that is asked already."""
    check_name("reason", command.reason, LONGEST_REASON)
    repo = tx.repo(command.slug)
    last = tx.one("last_event", type=REQUESTED, subject_id=repo.id)
    asked_at = datetime.fromisoformat(last["at"]) if last else None
    if asked_at is None or any(has_run(host, asked_at) for host in repo.hosts):
        slug, reason = repo.slug, command.reason
        tx.event(REQUESTED, repo.id, subject=slug, repo=slug, reason=reason)
    return tx.repo(command.slug)


def has_run(host: HostSync, since: datetime) -> bool:
    """Whether the host surely saw what there was then: times are whole seconds."""
    return host.last_run_at is not None and host.last_run_at > since


def _in_words(sync: HostSync) -> dict[str, Any]:
    said = {"host": sync.host, "outcome": sync.outcome, "sealed": sync.sealed}
    # (how far ahead it is tells a push that failed from a host that merely lags)
    return said if sync.sealed else {**said, "ahead": sync.ahead}


def _told(sync: HostSync) -> tuple[object, ...]:
    return sync.outcome, sync.sealed, sync.ahead, sync.behind, sync.head


def _when(tx: Writing, said: datetime | None) -> str:
    """The host's time, or now: one whose clock is ahead would have run after whatever is asked."""
    return stamp(min(said or tx.now, tx.now))


def _remember(tx: Writing, repo_id: str, command: RecordSync) -> None:
    """The run is among those of its repo, once; a repeated record of it changes nothing."""
    sync = command.sync
    tx.run(
        "add_sync_run",
        id=command.run_id or new_id(),
        repo_id=repo_id,
        host=sync.host,
        at=_when(tx, sync.last_run_at),
        outcome=sync.outcome or "unknown",
        sealed=None if sync.sealed is None else int(sync.sealed),
        report=as_text(command.report),
    )
    tx.run("forget_sync_runs", repo_id=repo_id, before=stamp(tx.now - REMEMBERED))


def take_lease(tx: Writing, command: TakeLease) -> Lease:
    """The run may write in the repo until then.

    A host's next run takes over from the one before: they exclude each other by a lock of their
    own, so that one was killed.
    """
    if not 1 <= command.ttl_s <= LONGEST_LEASE_S:
        raise BadValue("ttl_s", f"it must be between 1 and {LONGEST_LEASE_S}")
    row = tx.repo_row(command.slug)
    held = tx.one("lease", repo_id=row["id"])
    if held is not None:
        until = datetime.fromisoformat(held["until"])
        # (one that ends later than any may was taken before a clock was set back)
        alive = tx.now < until <= tx.now + timedelta(seconds=LONGEST_LEASE_S)
        if alive and held["host"] != command.host:
            raise RepoBusy(command.slug, held["host"], held["until"])
    until = tx.now + timedelta(seconds=command.ttl_s)
    tx.run(
        "put_lease",
        repo_id=row["id"],
        host=command.host,
        run_id=command.run_id,
        until=stamp(until),
    )
    return Lease(command.slug, command.host, command.run_id, until)


def return_lease(tx: Writing, command: ReturnLease) -> Repo:
    """The run's lease has ended; another run's stays."""
    row = tx.repo_row(command.slug)
    tx.run("drop_lease", repo_id=row["id"], host=command.host, run_id=command.run_id)
    return tx.repo(command.slug)
