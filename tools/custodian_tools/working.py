"""What a worker does with one job: the same run as a sweep's, safe to be made twice."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from custodian_core.errors import CustodianError, UnknownThing
from custodian_core.jobs import Job
from custodian_core.records import Repo, RepoStatus
from custodian_core.settings import Settings

from .managed import ailment, is_managed, opening, renew, tend
from .sync import Bench, Options, Report, sweep
from .sync.background import fix_and_follow, line
from .sync.sweeping import Target

#: how long a person's checkout must have been quiet before a worker moves it
SETTLE_S = 5
#: outcomes that a while later may be others
PASSING = frozenset({"busy", "locked", "in-progress", "offline"})


@dataclass(frozen=True, slots=True)
class Worker:
    """A host's worker."""

    bench: Bench
    settings: Settings
    tell: Callable[[str], None]

    def work(self, job: Job) -> bool:
        """Whether the repo's sync was made, or will not be made by another try either."""
        try:
            return self._synced(self.bench.hub.repo(job.repo))
        except UnknownThing:
            self.tell(f"{job.repo}: it is not registered any more")
            return True
        except CustodianError as trouble:
            self.tell(f"{job.repo}: put off: {trouble}")
            return False

    def _synced(self, repo: Repo) -> bool:
        why = _idle(repo, self.settings.host)
        if why is not None:
            self.tell(f"{repo.slug}: left alone, {why}")
            return True
        managed = is_managed(self.settings, repo)
        if managed and (done := tend(self.settings, repo)):
            self.tell(f"{repo.slug}: {done}")
        report = self._run_in_own(repo) if managed else self._run(repo, SETTLE_S)
        if report.findings or report.actions:
            # (the events of the run, and it itself among its repo's, are found by its id)
            run = f" (run {report.run_id})" if report.run_id else ""
            self.tell(f"{line(report)}{run}")
        return not report.untold and report.outcome not in PASSING

    def _run_in_own(self, repo: Repo) -> Report:
        """The report of a run in the worker's own clone; damage that it comes upon is mended."""
        with opening(self.settings):
            report = self._run(repo, 0)
        found = ailment(report.findings)
        if found is None or not renew(self.settings, repo, found):
            return report
        self.tell(f"{repo.slug}: cloned it anew: {found.why}")
        with opening(self.settings):
            return self._run(self.bench.hub.repo(repo.slug), 0)

    def _run(self, repo: Repo, settle_s: float) -> Report:
        target = Target(repo, Path(repo.host_paths[self.settings.host]))
        options = Options(pull=True, settle_s=settle_s)
        (report,) = sweep(fix_and_follow, self.bench, [target], options, self.settings)
        return report


def _idle(repo: Repo, host: str) -> str | None:
    """Why there is nothing to sync."""
    if repo.status is not RepoStatus.ACTIVE:
        return f"it is {repo.status}"
    return None if host in repo.host_paths else f"it has no checkout on {host}"
