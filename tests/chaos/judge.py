"""The promises, each as a question about what is seen once all is quiet; an answer is a breach."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from custodian_core.records import Event
from custodian_core.status import Status, rank

from .plans import masked, says

#: codes that say of a whole repo why it is not in step, and of a file why it is not
OF_REPO = frozenset({"C-15", "C-16", "C-17", "C-18", "C-19"})
OF_FILE = frozenset(
    {"C-01", "C-02", "C-03", "C-04", "C-05", "C-06", "C-07", "C-12", "C-14", "C-21"}
)

T = TypeVar("T")

ENDED = rank(Status.DONE)

#: how far along a task is: its epoch, and the rank in it
Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Breach:
    """A promise that was not kept, and how."""

    promise: str
    how: str

    def __str__(self) -> str:
        return f"{self.promise}: {self.how}"


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody has begun in one file and not committed, as they left it."""

    path: str
    #: None where the file is to go
    on_disk: bytes | None
    #: the blob that stands in the index; None where nothing was staged
    staged: str | None
    #: words that stand nowhere else, and a task that nobody else knows
    words: str
    task: str
    #: whether the file is in no commit
    is_new: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What a run told of a repo."""

    host: str
    repo: str
    outcome: str
    sealed: bool | None
    head: str | None
    findings: tuple[Mapping[str, Any], ...]
    did: tuple[str, ...] = ()

    @classmethod
    def of(cls, host: str, report: Mapping[str, Any]) -> "Told":
        after = report["after"]
        return cls(
            host,
            report["slug"],
            report["outcome"],
            report["sealed"],
            after["head"] if after else None,
            tuple(report["findings"]),
            (*report["actions"], *report["commits"]),
        )

    @property
    def is_halted(self) -> bool:
        return any(each["code"] in OF_REPO for each in self.findings)


def gone_back(events: Iterable[Event]) -> list[Breach]:
    """No task's rank falls, but where somebody said why."""
    found: list[Breach] = []
    for each in events:
        before, after = (each.before or {}).get("status"), (each.after or {}).get("status")
        if not each.type.startswith("task.") or before is None or after is None:
            continue
        if rank(Status(after)) < rank(Status(before)) and not each.reason:
            found.append(Breach("no task goes back", f"{each.subject}: {before} to {after}"))
    return found


def lost_progress(accepted: Mapping[str, Place], now: Mapping[str, Place]) -> list[Breach]:
    """What the hub has accepted, it still knows, or something later."""
    return [
        Breach("no update is lost", f"{key} was at {place}, it is at {now.get(key)}")
        for key, place in accepted.items()
        if now.get(key, (0, 0)) < place
    ]


def held_twice(events: Iterable[Event]) -> list[Breach]:
    """A task is granted to one at a time, and each grant has a higher number than the last."""
    found: list[Breach] = []
    held: dict[str, str] = {}
    fences: defaultdict[str, int] = defaultdict(int)
    for each in events:
        if each.type == "claim.granted":
            told: Mapping[str, Any] = each.after or {}
            if each.subject_id in held:
                how = f"{told['holder']} got {each.subject} while {held[each.subject_id]} had it"
                found.append(Breach("a claim is won by one", how))
            if told["fence"] <= fences[each.subject_id]:
                how = f"{each.subject} was granted under number {told['fence']} again"
                found.append(Breach("a claim is won by one", how))
            held[each.subject_id] = str(told["holder"])
            fences[each.subject_id] = told["fence"]
        elif each.type.startswith("claim."):
            held.pop(each.subject_id, None)
    return found


def won_by_nobody(won: Iterable[tuple[str, int, str]], events: Iterable[Event]) -> list[Breach]:
    """Whoever was told of a claim was granted it."""
    granted = {
        (each.subject, (each.after or {}).get("fence"), (each.after or {}).get("holder"))
        for each in events
        if each.type == "claim.granted"
    }
    return [
        Breach("a claim is won by one", f"{holder} was told of {key} number {fence}, nobody else")
        for key, fence, holder in won
        if (key, fence, holder) not in granted
    ]


def unexplained(
    tasks: Mapping[str, str], files: Mapping[str, bytes], told: Iterable[Told]
) -> list[Breach]:
    """Every task says in its file what it says in the hub, or a finding says why not."""
    told = tuple(told)
    if any(each.is_halted for each in told):
        return []
    said: defaultdict[str, list[str]] = defaultdict(list)
    for data in files.values():
        for key, status in says(data).items():
            said[key].append(status)
    return [
        Breach("every file is the hub", f"{key}: hub {tasks.get(key)}, files {said[key]}")
        for key in sorted({*tasks, *said})
        if not _agree(tasks.get(key), said[key]) and not _is_told(key, files, told)
    ]


def _agree(hub: str | None, said: list[str]) -> bool:
    """Whether both say the same; a task that has ended may leave the file."""
    return said == [hub] or (not said and hub is not None and rank(Status(hub)) == ENDED)


def _is_told(key: str, files: Mapping[str, bytes], told: Iterable[Told]) -> bool:
    """Whether a finding names the task, its plan's file, or a file that speaks of it."""
    plan = key.rpartition("-T")[0]
    speaking = {path for path, data in files.items() if key.encode() in data}

    def speaks(path: str | None) -> bool:
        return path in speaking or plan in (path or "")  # (the plan's file may be gone)

    return any(
        finding["code"] in OF_FILE and (speaks(finding["path"]) or key in finding["message"])
        for each in told
        for finding in each.findings
    )


def unsealed(told: Iterable[Told], remotes: Mapping[str, str]) -> list[Breach]:
    """Who says that local is the remote is right, and who does not says why."""
    found: list[Breach] = []
    for each in told:
        where = f"{each.repo} on {each.host}"
        if each.sealed and each.head != remotes[each.repo]:
            found.append(Breach("the push seal", f"{where} is not the remote, and says it is"))
        if not each.sealed and not each.is_halted:
            found.append(Breach("the push seal", f"{where} is not sealed, and says not why"))
    return found


def lost_work(written: Iterable[str], history: str) -> list[Breach]:
    """What people committed is in the history."""
    return [
        Breach("nothing is lost", f"the commit of {line!r} is not there any more")
        for line in written
        if line not in history
    ]


def overwritten(commit: str, path: str, old: bytes, new: bytes) -> list[Breach]:
    """A commit of Custodian's own changes statuses and ids, and not a byte beside."""
    if masked(old) == masked(new) and path.startswith("workplans/"):
        return []
    return [Breach("not a byte beside", f"{commit[:12]} changes more of {path}")]


def disturbed(where: str, left: Draft, on_disk: bytes | None, staged: str) -> list[Breach]:
    """What somebody has not committed lies as they left it, on disk and in the index."""
    found: list[Breach] = []
    if on_disk != left.on_disk:
        now = "gone" if on_disk is None else f"{on_disk[-300:]!r}"
        found.append(Breach("a draft is its owner's", f"{left.path} of {where} is {now}"))
    if left.staged is not None and staged != left.staged:
        how = f"{left.path} of {where} was staged as {left.staged!r}, it is {staged!r}"
        found.append(Breach("a draft is its owner's", how))
    return found


def untold(paths: Iterable[str], told: Iterable[Told]) -> list[Breach]:
    """Of each workplan that is not committed as it lies on disk, a finding says so."""
    told = tuple(told)
    if any(each.is_halted for each in told):
        return []
    named = {f["path"] for each in told for f in each.findings if f["code"] in OF_FILE}
    return [
        Breach("every file is the hub", f"{path} is not committed, and nobody says so")
        for path in paths
        if path.startswith("workplans/") and path not in named
    ]


def leaked(
    secrets: Iterable[tuple[str, str]], history: str, known: Collection[str]
) -> list[Breach]:
    """What nobody committed is in no commit, and no hub knows a task of it."""
    found: list[Breach] = []
    for words, task in secrets:
        if words in history:
            found.append(Breach("a draft is its owner's", f"{words!r} is in the history"))
        if task in known:
            found.append(Breach("a draft is its owner's", f"the hub knows {task}"))
    return found


def looping(host: str, runs: int, fired: int) -> list[Breach]:
    """Hooks start no more runs than people's git called hooks: a run's own commits start none."""
    if runs <= fired:
        return []
    return [Breach("no run starts another", f"{runs} on {host}, by {fired} calls of people's git")]


def unmended(told: Iterable[Told]) -> list[Breach]:
    """A clone that only a worker is at is put right again, whatever befell it."""
    return [
        Breach("a worker mends its clone", f"{each.repo} on {each.host}: {finding['message']}")
        for each in told
        for finding in each.findings
        if finding["code"] in OF_REPO
    ]


def littered(host: str, names: Iterable[str], repos: Collection[str]) -> list[Breach]:
    """Beside its clones a worker keeps one damaged one of each, and nothing that was cut short."""
    known = {*repos, *(f".{repo}.damaged" for repo in repos)}
    return [
        Breach("nothing is left lying about", f"{name} among the clones of {host}")
        for name in names
        if name not in known
    ]


def told_apart(truth: Collection[T], said: Mapping[str, Collection[T]]) -> list[Breach]:
    """Each server of a hub tells what is in the database that they share."""
    return [
        Breach("servers tell one story", f"{server} says {each}, the database does not")
        for server, rows in said.items()
        for each in [*(r for r in rows if r not in truth), *(t for t in truth if t not in rows)][:1]
    ]


def ill_mannered(words: str, code: int | None, said: str) -> list[Breach]:
    """A program that was left to end has ended well: with a known code, and no traceback."""
    found: list[Breach] = []
    if "Traceback" in said:
        found.append(Breach("no traceback", f"{words}: {said[-1500:]}"))
    if code not in (0, 1, 2):
        found.append(Breach("exit codes", f"{words} ended with {code}: {said[-500:]}"))
    return found
