"""Runs that nobody waits for: a hook's and a timer's. Many requests make one run, and one more."""

import os
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from custodian_core.codec import stamp
from custodian_core.findings import Finding
from custodian_core.git.lock import RepoLock, want, wanted_since
from custodian_core.git.state import Folders, NotHere, find, half_done
from custodian_core.records import Repo
from custodian_core.text import printable

from .bench import Bench
from .fixing import fix
from .report import Options, Report

#: for how long no other request may have come before a run begins, and how long to wait for that
SETTLE_S, PATIENCE_S = 0.1, 5
#: how large the log may grow before it is begun anew, with the last one kept beside it
LOG_LIMIT = 1024 * 1024


def request(bench: Bench, repo: Repo, top: Path, options: Options) -> Report:
    """A run was made after this request, by us or by whoever was at it already."""
    folders = find(top)
    if isinstance(folders, NotHere):
        return fix(bench, repo, top, options)
    want(folders)
    waiting = RepoLock(folders, "waiting")
    if not waiting.take(0):
        return _left(repo, top, options)  # whoever waits already begins after this request
    with waiting:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until and not _is_ripe(folders):
            bench.sleep(SETTLE_S / 4)
    if wanted_since(folders) is None:
        return _left(repo, top, options)
    return fix_and_follow(bench, repo, top, replace(options, lock_s=0))


def _is_ripe(folders: Folders) -> bool:
    """Whether requests have stopped coming, and what brought them has ended.

    Git calls the hooks of a merge and of a rebase while their marks still stand.
    """
    since = wanted_since(folders)
    return since is None or (time.time() - since >= SETTLE_S and half_done(folders) is None)


def _left(repo: Repo, top: Path, options: Options) -> Report:
    """The run is another one's to make."""
    return Report(repo.slug, str(top), options.mode, "", "left-to-another")


def fix_and_follow(bench: Bench, repo: Repo, top: Path, options: Options) -> Report:
    """The report of a run; where another was asked for meanwhile, it is made as well."""
    report = fix(bench, repo, top, options)
    folders = find(top)
    while report.outcome != "busy" and not isinstance(folders, NotHere):
        if wanted_since(folders) is None:
            break
        again = fix(bench, bench.hub.repo(repo.slug), top, replace(options, lock_s=0))
        if again.outcome == "busy":
            break
        report = report if again.unchanged else again
    return report


def log(home: Path, at: datetime, text: str) -> None:
    """A line stands in the log; a log that cannot be written keeps nobody from working."""
    path = home / "sync.log"
    try:
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(home / "sync.log.1")
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{stamp(at)} {printable(text)}\n")
    except OSError:
        return


def line(report: Report) -> str:
    """The run in one line."""
    sealed = {True: "sealed", False: "not sealed", None: "seal unknown"}[report.sealed]
    told = "; ".join([*report.actions, *map(_finding, report.findings)])
    return f"{report.slug}: {report.outcome}, {sealed}{': ' if told else ''}{told}"


def _finding(finding: Finding) -> str:
    return f"{finding.code} {finding.message.removeprefix(f'{finding.code} ')}"
