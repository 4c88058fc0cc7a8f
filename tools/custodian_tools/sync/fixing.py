"""Fixing one repo: gate, reconcile, write, adopt, push, verify, record."""

import random
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from custodian_core.commands import ApplyPlan, RecordSync, ReturnLease, TakeLease
from custodian_core.errors import CustodianError, HubTrouble, RepoBusy
from custodian_core.findings import Mode, Severity
from custodian_core.gate import Next
from custodian_core.git.ancestry import is_ancestor, own_commits
from custodian_core.git.aside import adopt, rebuild_on, recover, wait_for_quiet
from custodian_core.git.listing import keep_listing
from custodian_core.git.lock import Locked, RepoLock, is_wanted
from custodian_core.git.remote import Pushed, Reached, Refusal, fetch, has_push_hook, push
from custodian_core.git.state import Checkout, NotHere, find, locks, probe
from custodian_core.records import HostSync, Repo

from .bench import Bench
from .looking import Looking, Stop
from .reconciling import Reconciled
from .report import Options, Report, is_settled

#: how often a run begins again because something moved under it
TRIES = 5
#: how long another command may hold git's lock before the run gives up
LOCK_S = 10


class Again(Exception):
    """Something moved meanwhile; the run begins anew."""


def fix(bench: Bench, repo: Repo, top: Path, options: Options) -> Report:
    """File, hub and remote say the same, or the report says why they do not."""
    return Fixing(bench, repo, top, replace(options, mode=Mode.FIX)).fixed()


class Fixing(Looking):
    """One run in one repo that writes."""

    #: the run's lease in the hub has to be returned
    leased = False
    #: the remote does not take what this run has to say
    refused = False

    def fixed(self) -> Report:
        folders = find(self.top)
        if isinstance(folders, NotHere):
            self._note_halt(folders)
            return self._record(self._report(None))
        lock = RepoLock(folders)
        if not lock.take(self.options.lock_s, self.bench.sleep):
            self._note_halt(NotHere("busy", "another run on this host holds it; try again later"))
            return self._report(None)
        try:
            with lock as held:
                is_wanted(folders)
                self._act(held)
                return self._record(self._report(self._sealed()))
        finally:
            self._return_lease()

    def _act(self, held: Locked) -> None:
        if recover(held, held.folders.git):
            self.actions.append("put back what a run that was cut short had left half done")
        for number in range(TRIES):
            try:
                self._try(held)
            except Again:
                # What this try found is found anew; what it did stays done.
                self.findings = [
                    f for f in self.findings if f.severity is Severity.FIXED or f.code == "C-19"
                ]
                self.bench.sleep(random.uniform(0, 0.05 * 2**number))  # noqa: S311 - a delay, no secret
            except Stop:
                return
            else:
                return
        checkout = self.checkout
        ahead = checkout.ahead if checkout and checkout.ahead else 1
        self._unpushed(ahead, Pushed(Refusal.REJECTED, f"the remote moved {TRIES} times meanwhile"))

    def _try(self, held: Locked) -> None:
        checkout = self._look()
        if self.before is None:
            self.before = checkout
        self._await_locks(checkout)
        decision = self._decide(checkout)
        self._add(decision.findings)
        match decision.next:
            case Next.STOP:
                raise Stop
            case Next.PULL:
                self._pull(held, checkout)
                raise Again
            case Next.PUSH:
                checkout = self._push_backlog(held, checkout)
            case Next.REBUILD | Next.RECONCILE:
                pass
        rebuild = decision.next is Next.REBUILD
        tip = checkout.git.word("rev-parse", checkout.tracking) if rebuild else checkout.head
        listing = self._list(checkout, tip)
        if not rebuild and self._nothing_moved(checkout, listing):
            return
        self._take_lease()
        result = self._reconcile(checkout, listing, writes=True)
        new = result.commit if result.commit else tip
        if new != checkout.head:
            if result.commit and self._was_refused():
                self._push_first(checkout, new)
            self._move(held, checkout, new, rebuild=rebuild)
            self._tell_written(result)
        self._seal(held)
        self._remember(held, result)

    def _await_locks(self, checkout: Checkout) -> None:
        until = time.monotonic() + LOCK_S
        while held := locks(checkout):
            if time.monotonic() >= until:
                names = ", ".join(str(path) for path in held)
                why = f"a git command holds {names}, or left it behind when it was killed"
                self._halt(NotHere("locked", why))
            self.bench.sleep(0.1)

    def _pull(self, held: Locked, checkout: Checkout) -> None:
        tip = checkout.git.word("rev-parse", checkout.tracking)
        self._take_lease()
        self._move(held, checkout, tip, rebuild=False)
        self.actions.append(f"pulled {_commits(checkout.behind)}, to {tip[:12]}")

    def _push_backlog(self, held: Locked, checkout: Checkout) -> Checkout:
        """What is ahead is on the remote, or nothing but the hub may be written."""
        self.bench.tell("pushing what is ahead")
        self._take_lease()
        pushed = self._push(checkout, checkout.head)
        if pushed.ok:
            whose = f", by {', '.join(dict.fromkeys(self.people))}" if self.people else ""
            self.actions.append(f"pushed {_commits(checkout.ahead, 'earlier ')}{whose}")
            self.checkout = self._probed()
            return self.checkout
        self._unpushed(checkout.ahead or 1, pushed)
        self.refused = pushed.refusal is not Refusal.OFFLINE
        if self.refused and not self.people:
            self._take_back(held, checkout)
        if pushed.refusal in (Refusal.OFFLINE, Refusal.HOOK):
            # It says nothing against the commits; the hub learns of them, and no commit is added.
            self.options = replace(self.options, writeback=False, push=False)
            return checkout
        raise Stop

    def _push(self, checkout: Checkout, commit: str) -> Pushed:
        """Whether the commit is on the remote; a lost race begins the run anew."""
        if self.people and not self.options.hooks and has_push_hook(checkout):
            why = "a pre-push hook guards it; push your commits, or run with --hooks"
            return Pushed(Refusal.HOOK, why)
        reached = self.fetched.reached if self.fetched else Reached.FRESH
        if reached is Reached.UNREACHABLE:
            return Pushed(Refusal.OFFLINE, self.fetched.why if self.fetched else "")
        pushed = push(checkout, commit, hooks=self.options.hooks)
        if pushed.ok:
            return pushed
        self.fetched = fetch(checkout)
        if self.fetched.reached is Reached.FRESH:
            git = checkout.git
            there = git.word("rev-parse", checkout.tracking)
            if is_ancestor(git, commit, there):  # it arrived, and only the answer was lost
                return Pushed(None)
            if not is_ancestor(git, there, commit):
                raise Again
        return pushed

    def _move(self, held: Locked, checkout: Checkout, new: str, *, rebuild: bool) -> None:
        """The checkout is at the new commit, once nobody is at work in it."""
        options = self.options
        self.bench.tell("waiting until the checkout is quiet")
        if not wait_for_quiet(checkout, options.settle_s, options.patience_s, self.bench.sleep):
            self._halt(NotHere("busy", "somebody is at work in it; the next run goes on"))
        if self._probed().head != checkout.head:
            raise Again
        trouble = (rebuild_on if rebuild else adopt)(held, checkout, new)
        if trouble is None:
            self.checkout = self._probed()
            return
        if self._probed().head != checkout.head:
            raise Again
        why = f"git does not move it to {new[:12]}: {trouble}"
        self._halt(NotHere("in-the-way", why))

    def _probed(self) -> Checkout:
        checkout = probe(self.top, self.repo.default_branch, self.checkout)
        if isinstance(checkout, NotHere):
            self._halt(checkout)
            raise Stop
        return checkout

    def _tell_written(self, result: Reconciled) -> None:
        if not result.commit:
            self.actions.append(f"dropped Custodian's own commits for {result.tip[:12]}")
            return
        self.commits = [result.commit]  # an earlier one of this run was built anew
        for edit in result.edits:
            if edit.new:
                old: str = edit.old or "unset"
                facts: dict[str, str | int] = {"task": edit.what, "old": old, "new": edit.new}
                self._find("T03", facts, path=edit.path, line=edit.line)
            if edit.link:
                self.actions.append(f"linked {edit.what} to the hub")
        if result.brief:
            self.actions.append("updated .custodian-brief.md")

    def _was_refused(self) -> bool:
        """Whether the remote refused what the last run here wanted to push."""
        known = self._known_host()
        codes = [(told.get("code"), told.get("reason")) for told in known.findings] if known else []
        return any(code == "C-17" and reason != Refusal.OFFLINE for code, reason in codes)

    def _push_first(self, checkout: Checkout, new: str) -> None:
        """The commit is on the remote, which refused the last one; else nothing is moved here."""
        self._take_lease()
        pushed = self._push(checkout, new)
        if not pushed.ok:
            self._unpushed(1, pushed)
            self.refused = True
            raise Stop

    def _take_back(self, held: Locked, checkout: Checkout) -> None:
        """No commit of Custodian's own stays behind that the remote refuses."""
        tip = checkout.git.word("rev-parse", checkout.tracking)
        if rebuild_on(held, checkout, tip) is not None:
            return  # somebody's work is in the way; the next run tries to push it again
        self.checkout = self._probed()
        self.commits = []
        self.findings = [finding for finding in self.findings if finding.code != "T03"]
        self.actions.append("took the commit back, since the remote refuses it")

    def _seal(self, held: Locked) -> None:
        """What this run leaves ahead is on the remote."""
        checkout = self._probed()
        self.checkout = checkout
        if not checkout.ahead or not self.options.push:
            return
        self.bench.tell("pushing")
        self._take_lease()
        _, people = own_commits(checkout, self.bench.author)
        self.people = tuple(people)
        pushed = self._push(checkout, checkout.head)
        if pushed.ok:
            self.checkout = self._probed()
            self._find("T04", {"outcome": f"sealed {checkout.head[:12]}"})
        else:
            self._find("T04", {"outcome": "failed -> C-17"}, severity_of="C-17")
            self._unpushed(checkout.ahead, pushed)
            self.refused = pushed.refusal is not Refusal.OFFLINE
            if self.refused and not people:
                self._take_back(held, checkout)

    def _remember(self, held: Locked, result: Reconciled) -> None:
        """What file and hub agree on is the base of the next merge, once it is sealed."""
        checkout = self.checkout
        if checkout is None or not self._sealed():
            return
        keep_listing(held, result.listing)
        bases = {
            each.key: each.snapshot(checkout.head)
            for each in result.agreed
            if not each.is_known(result.evidence.lost)
        }
        if bases:
            hub_id = result.view.hub_id
            self.bench.hub.do(ApplyPlan(self.repo.slug, hub_id, bases=bases), self.bench.by)

    def _take_lease(self) -> None:
        """No run on another host writes meanwhile; it is taken anew before each push."""
        lease = TakeLease(self.repo.slug, self.bench.host, self.run_id)
        try:
            self.bench.hub.do(lease, self.bench.by)
        except RepoBusy as busy:
            self._halt(NotHere("busy", f"it is being synced on {busy.host}"))
        self.leased = True

    def _return_lease(self) -> None:
        if self.leased:
            lease = ReturnLease(self.repo.slug, self.bench.host, self.run_id)
            with suppress(HubTrouble):  # a lease that cannot be returned ends by itself
                self.bench.hub.do(lease, self.bench.by)

    def _sealed(self) -> bool | None:
        return False if self.refused else super()._sealed()

    def _unpushed(self, ahead: int, pushed: Pushed) -> None:
        why = pushed.why
        if pushed.refusal is Refusal.PROTECTED and self.checkout is not None:
            self.bench.tell("asking the forge why it refuses")
            why = "; ".join(filter(None, (why, self.bench.explain(self.repo, self.checkout))))
        facts: dict[str, str | int] = {"slug": self.repo.slug, "ahead": ahead, "why": why}
        self._find("C-17", facts, reason=pushed.refusal.value if pushed.refusal else None)

    def _record(self, report: Report) -> Report:
        """The hub knows how the run went on this host."""
        at, result, known = self.bench.clock(), self.reconciled, self._known_host()
        if known and known.path != str(self.top) and report.sealed is not True:
            return report  # a worktree beside the checkout says nothing of how that one stands
        ok = report.sealed is True
        told = bool(report.actions or report.findings)
        sync = HostSync(
            host=self.bench.host,
            path=known.path if known else str(self.top),
            last_run_at=at,
            last_ok_at=at if ok else None,
            outcome=report.outcome,
            sealed=report.sealed,
            ahead=report.after.ahead if report.after else None,
            behind=report.after.behind if report.after else None,
            findings=tuple(finding.to_json() for finding in report.findings),
            head=report.after.head if report.after else known.head if known else None,
            digest=self._digest(known),
            revision=result.revision if result else known.revision if known else None,
        )
        record = RecordSync(
            self.repo.slug,
            sync,
            stamp=ok,
            run_id=self.run_id,
            report=report.to_json() if told else {},
        )
        if self.unchanged and not self.leased and self.bench.later is not None:
            self.bench.later.append(record)
            return report
        try:
            self.bench.hub.do(record, self.bench.by)
            self.leased = False  # a recorded run's lease has ended
        except CustodianError as error:
            actions = (*report.actions, f"the hub was not told: {error}")
            return replace(report, actions=actions, untold=True)
        return report

    def _digest(self, known: HostSync | None) -> str | None:
        """What names the workplans as they were left, where nothing is left to do with them."""
        if self.unchanged and known:
            return known.digest
        settled = self._sealed() is True and self.options.writeback and is_settled(self.findings)
        return self.reconciled.listing.digest if self.reconciled and settled else None

    def _known_host(self) -> HostSync | None:
        return next((host for host in self.repo.hosts if host.host == self.bench.host), None)


def _commits(many: int | None, kind: str = "") -> str:
    return f"{many} {kind}commit{'' if many == 1 else 's'}"
