"""The structural defects of an ops repo, over all that it holds."""

from custodian_core.ops.defects import Defects, Facts, Source, TaskFact, structural_defects
from custodian_core.ops.prereq.lint import PATH as TREE
from custodian_core.ops.prereq.tree import read_tree
from custodian_core.workplan.read import read
from custodian_tools.checkouts import Target

from .evidence import issues_named
from .ground import Ground, OnDisk
from .sprints import sprints_of
from .vault_items import all_requests

#: where requests wait for a person
PENDING = "vault/pending/"


def defects(target: Target, code: Target | None = None) -> Defects:
    """What is wrong with the ops repo's parts taken together; `code` has the workplans."""
    ground = OnDisk(target.path)
    data = ground.data(TREE)
    tree = None if data is None else read_tree(data)
    sprints = tuple(sprints_of(ground))
    requests = tuple(all_requests(ground, ("pending",)))
    evidence, unread = issues_named(ground)
    plans = OnDisk(code.path) if code else ground
    tasks = _tasks(plans)
    sources = [
        Source(TREE, "objectives", None if tree is None else len(tree.objectives)),
        Source("sprints/", "sprints", _count(ground, "sprints/", len(sprints))),
        Source("evidence/", "files of evidence", _count(ground, "evidence/", len(evidence))),
        Source(PENDING, "requests", _count(ground, PENDING, len(requests)), may_be_empty=True),
    ]
    if code:
        found = _count(plans, "workplans/", len(tasks))
        sources.append(Source(f"{code.name}:workplans/", "tasks", found))
    unread += [each.findings[0] for each in sprints if each.is_unread]
    unread += [each.findings[0] for each in requests if each.is_unread]
    facts = Facts(tuple(sources), tree, sprints, requests, evidence, tasks, tuple(unread))
    return structural_defects(facts)


def _below(ground: Ground, folder: str, end: str) -> list[str]:
    return [path for path in ground.paths() if path.startswith(folder) and path.endswith(end)]


def _count(ground: Ground, folder: str, count: int) -> int | None:
    """How much there is; None where not even the folder is there."""
    return count if any(path.startswith(folder) for path in ground.paths()) else None


def _tasks(ground: Ground) -> tuple[TaskFact, ...]:
    readings = (
        read(ground.data(path) or b"", path) for path in _below(ground, "workplans/", ".md")
    )
    return tuple(
        TaskFact(task.id, reading.path, task.lines.get("id"), task.depends_on)
        for reading in readings
        if reading.workplan
        for task in reading.workplan.tasks
    )
