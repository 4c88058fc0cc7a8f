"""Workplans on disk: lint them, show one, begin one, set a status in one."""

import fcntl
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from custodian_core.blob import MAX_FILE
from custodian_core.errors import BadValue, FileTrouble, NotEditable
from custodian_core.files import create_file, make_folder, read_file, replace_file, shown
from custodian_core.findings import Finding, Severity, found
from custodian_core.ops.task_texts import missing_tasks
from custodian_core.screening import screened
from custodian_core.status import Priority, Status
from custodian_core.workplan.edit import SetPlanStatus, SetTaskStatus, edit
from custodian_core.workplan.grammar import ID_RULE, PLAN_FIELDS, TASK_FIELDS
from custodian_core.workplan.model import Reading, Workplan
from custodian_core.workplan.read import read
from custodian_core.workplan.scaffold import Draft, ids_in, next_id, scaffold, slug
from custodian_core.workplan.together import shared_ids

FOLDER = "workplans"


@dataclass(frozen=True, slots=True)
class Lint:
    """What linting found, and what it looked at."""

    plans: tuple[Workplan, ...]
    #: (path, reason) of the files that are no workplans
    skipped: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]

    @property
    def tasks(self) -> int:
        """How many tasks can be read."""
        return sum(len(plan.tasks) for plan in self.plans)

    def to_json(self) -> dict[str, Any]:
        """The counts and the skipped files; findings stand beside it."""
        grave = Counter(finding.severity.value for finding in self.findings)
        return {
            "workplans": len(self.plans),
            "tasks": self.tasks,
            "severities": {s.value: grave[s.value] for s in Severity if s is not Severity.FIXED},
            "skipped": [{"path": path, "reason": reason} for path, reason in self.skipped],
        }


def lint_workplans(paths: Sequence[Path]) -> Lint:
    """The findings of every workplan in `paths`: files, or folders that hold `workplans/`."""
    plans: list[Workplan] = []
    skipped: list[tuple[str, str]] = []
    findings: list[Finding] = []
    by_root: defaultdict[Path, list[Workplan]] = defaultdict(list)
    for root, file, named in _gather(paths):
        if isinstance(file, Finding):
            findings.append(file)
            continue
        reading = read_workplan(file)
        findings += reading.findings
        if reading.not_a_plan and named:
            findings.append(_not_a_plan(reading))
        elif reading.not_a_plan:
            skipped.append((reading.path, reading.not_a_plan))
        if reading.workplan:
            plans.append(reading.workplan)
            by_root[root].append(reading.workplan)
    for together in by_root.values():
        findings += (shared.finding for shared in shared_ids(together))
        findings += missing_tasks(together)
    findings.sort(key=lambda finding: (finding.path or "", finding.line or 0))
    return Lint(tuple(plans), tuple(skipped), tuple(findings))


def read_workplan(path: Path) -> Reading:
    """The reading of one file; what keeps it from being read is a finding."""
    try:
        data = read_file(path, MAX_FILE)
    except FileTrouble as trouble:
        code = "C-21" if os.path.islink(path) else "C-01"  # noqa: PTH114 - it never raises
        facts = {"what": "workplan", "why": trouble.reason}
        return Reading(trouble.path, None, (found(code, facts, path=trouble.path),))
    return read(data, shown(path))


def show_workplan(path: Path) -> Reading:
    """The reading of the workplan at `path`; a file that is none is a finding."""
    if not os.path.lexists(path):
        raise FileTrouble(shown(path), "there is no such file")
    reading = read_workplan(path)
    if reading.not_a_plan:
        return Reading(reading.path, None, (_not_a_plan(reading),))
    return reading


def _not_a_plan(reading: Reading) -> Finding:
    facts = {"what": "workplan", "why": f"{reading.not_a_plan}, so it is not taken for one"}
    return found("C-01", facts, path=reading.path, line=1)


def _gather(paths: Sequence[Path]) -> Iterator[tuple[Path, Path | Finding, bool]]:
    """Each file to lint with the folder it belongs to and whether it was named itself."""
    seen: set[Path] = set()
    for path in paths:
        if os.path.isdir(path):  # noqa: PTH112 - it never raises
            for file in workplan_files(path):
                if isinstance(file, Finding):
                    yield path, file, False
                elif file not in seen:
                    seen.add(file)
                    yield path, file, False
        elif os.path.lexists(path):
            if path not in seen:
                seen.add(path)
                yield _root_of(path), path, True
        else:
            raise FileTrouble(shown(path), "there is no such file or folder")


def _root_of(path: Path) -> Path:
    return next((p.parent for p in path.parents if p.name == FOLDER), path.parent)


def workplan_files(root: Path) -> Iterator[Path | Finding]:
    """The Markdown files below `root/workplans`, or below `root` where that is such a folder.

    What is a link is a finding and is not followed.
    """
    folder = root / FOLDER
    if not folder.exists() and not folder.is_symlink() and FOLDER in root.resolve().parts:
        folder = root
    if folder.is_symlink():
        yield _link(folder)
        return
    troubles: list[OSError] = []
    for name, folders, files in os.walk(folder, onerror=troubles.append):
        here = Path(name)
        folders.sort()
        yield from (_link(here / entry) for entry in folders if (here / entry).is_symlink())
        yield from (here / entry for entry in sorted(files) if entry.lower().endswith(".md"))
    for trouble in troubles:
        if not isinstance(trouble, FileNotFoundError):
            facts = {"what": "folder", "why": (trouble.strerror or str(trouble)).lower()}
            yield found("C-01", facts, path=shown(Path(str(trouble.filename))))


def _link(path: Path) -> Finding:
    facts = {"what": "folder", "why": "it is a symbolic link"}
    return found("C-21", facts, path=shown(path))


@dataclass(frozen=True, slots=True)
class NewPlan:
    """A plan that was begun, or would be."""

    path: str
    id: str
    tasks: tuple[str, ...]
    text: str

    def to_json(self) -> dict[str, Any]:
        """The plan as `--json` shows it."""
        return {"path": self.path, "id": self.id, "tasks": list(self.tasks), "text": self.text}


def create_workplan(
    title: str,
    tasks: Sequence[str] = (),
    *,
    root: Path,
    today: date,
    prefix: str | None = None,
    domain: str | None = None,
    repo: str | None = None,
    owner: str | None = None,
    topic: str | None = None,
    write: bool = True,
) -> NewPlan:
    """A valid plan with the next free id is in `root/workplans`.

    What is not said is taken from the newest plan there: prefix, domain, repo, owner and topic.
    """
    title, tasks = screened((title, tuple(tasks)))
    folder = _folder_in(root)
    if write:
        make_folder(folder)
    with _alone_in(folder if write else root):
        taken, newest = _known_plans(root)
        model = newest.text if newest else _nothing
        if prefix is None:
            prefix = (newest.id.rpartition("-")[0] if newest else "") or _prefix_for(root)
        plan_id = next_id(prefix, taken)
        draft = Draft(
            id=plan_id,
            title=title,
            tasks=tuple(tasks),
            today=today.isoformat(),
            domain=domain or model("domain"),
            repo=repo or model("repo") or root.resolve().name,
            owner=owner or model("owner"),
            topic_slug=topic or model("topic_slug"),
        )
        text = scaffold(draft)
        path = folder / (f"{plan_id}-{slug(title)}".rstrip("-") + ".md")
        if write:
            create_file(path, text)
    ids = tuple(f"{plan_id}-T{number:02d}" for number in range(1, len(tasks) + 1))
    return NewPlan(shown(path), plan_id, ids, text.decode())


def _folder_in(root: Path) -> Path:
    """Where the plans of the repo lie, or are to lie."""
    folder = root / FOLDER
    if not root.is_dir():
        raise FileTrouble(shown(root), "there is no such folder")
    if folder.is_symlink():
        raise FileTrouble(shown(folder), "it is a symbolic link")
    return folder


def _nothing(_key: str) -> None:
    return None


def _known_plans(root: Path) -> tuple[list[str], Workplan | None]:
    """Every id in use below `root`, and the readable plan whose id counts highest."""
    taken: list[str] = []
    newest: Workplan | None = None
    for file in workplan_files(root):
        if isinstance(file, Finding):
            continue
        taken.append(file.stem)
        try:
            data = read_file(file, MAX_FILE)
        except FileTrouble:  # `lint` tells what is amiss with it; its name is taken all the same
            continue
        taken += ids_in(data)
        plan = read(data, shown(file)).workplan
        if plan and plan.id.rpartition("-")[2].isdigit():
            newest = max(newest or plan, plan, key=lambda p: int(p.id.rpartition("-")[2]))
    return taken, newest


def _prefix_for(root: Path) -> str:
    """A prefix made of the folder's name: `marki-docx` gives `MRKD-WP`."""
    name = root.resolve().name.lower().removeprefix("the-")
    letters = [letter for letter in name if letter.isascii() and letter.isalpha()]
    consonants = [letter for letter in letters if letter not in "aeiou"]
    chosen = "".join((consonants if len(consonants) >= 4 else letters)[:4]).upper()
    return f"{chosen or 'PLAN'}-WP"


@contextmanager
def _alone_in(folder: Path) -> Generator[None]:
    """No other Custodian on this machine begins a plan in `folder` meanwhile."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@dataclass(frozen=True, slots=True)
class StatusSet:
    """A status that was set in a file, or would be."""

    path: str
    what: str
    old: str
    new: str
    changed: bool

    def to_json(self) -> dict[str, Any]:
        """The change as `--json` shows it."""
        return {
            "path": self.path,
            "what": self.what,
            "old": self.old,
            "new": self.new,
            "changed": self.changed,
        }


def set_status(
    path: Path, status: str, task: str | None = None, *, write: bool = True
) -> StatusSet:
    """The file says `status` for the task, or for the plan; no other byte is touched."""
    if status not in tuple(Status):
        raise BadValue(f"status '{status}'", f"it can be {', '.join(Status)}")
    if task is not None and not task.strip():
        raise BadValue("task", "its id is empty; leave it out to set the plan's own status")
    data = read_file(path, MAX_FILE)
    before = read(data)
    if before.not_a_plan:
        raise NotEditable(shown(path), f"{before.not_a_plan}, so it is no workplan")
    new_status = Status(status)
    change = SetPlanStatus(new_status) if task is None else SetTaskStatus(task, new_status)
    new = edit(data, change)
    old = _status_said(before.workplan, task)
    if write and new != data:
        replace_file(path, data, new)
    return StatusSet(shown(path), task or "workplan", old, status, new != data)


def _status_said(plan: Workplan | None, task: str | None) -> str:
    """What the plan says before the edit."""
    if plan and task is None:
        return plan.text("status") or "unknown"
    known = plan.task(task) if plan and task else None
    return known.status.value if known else "unknown"


def guide(load: Callable[[str], str]) -> str:
    """The workplan format on one page, from the prompt that `load` finds and the grammar itself."""
    words = {
        "plan_fields": ", ".join(f"`{name}`" for name in PLAN_FIELDS),
        "task_fields": ", ".join(f"`{name}`" for name in TASK_FIELDS),
        "statuses": ", ".join(f"`{status}`" for status in Status),
        "priorities": ", ".join(f"`{priority}`" for priority in Priority),
        "id_rule": ID_RULE,
    }
    return load("workplan_format").format_map(words)
