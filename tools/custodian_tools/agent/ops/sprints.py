"""Tools for sprints and for what is filed of them: tasks and issues, and which can be begun."""

from typing import Annotated, Any

from custodian_core.codec import to_json
from custodian_core.errors import BadValue
from custodian_core.ops.marks import FiledLine
from custodian_core.ops.sprints import Sprint
from custodian_tools.agent.answers import fitting, line
from custodian_tools.agent.desk import PROSE, Desk
from custodian_tools.ops import deps, sprints
from custodian_tools.ops.hearing import heard_filed
from custodian_tools.ops.sprints import Board, HubBoard

from .asked import ROOM, Repo, bench_of, target_of, told_findings


def list_sprints(desk: Desk, repo: Repo = None) -> dict[str, Any]:
    """List the sprints: the vision each breaks down, its entries, and whether it can be filed."""
    target = target_of(desk, repo)
    found = sprints.list_sprints(target)
    rows, more = fitting(map(_in_short, found), ROOM)
    unread = [finding for each in found if each.is_unread for finding in each.findings]
    told = {"sprints": rows, "total": len(found)}
    told |= {"hint": f"{more} are not told"} if more else {}
    return told | told_findings([*unread, *sprints.absent(target)])


def _in_short(sprint: Sprint) -> dict[str, Any]:
    return {
        "slug": sprint.slug,
        "title": line(sprint.title or "", 100),
        "vision": sprint.vision,
        "entries": [entry.id for entry in sprint.entries],
        "fileable": sprint.fileable,
    }


def validate_sprint(
    desk: Desk, name: Annotated[str, "Slug or path"], repo: Repo = None
) -> dict[str, Any]:
    """Read a sprint and its filer block, and say all that is amiss, by line."""
    told = sprints.show(target_of(desk, repo), name)
    return {**sprints.sprint_json(told), **told_findings(told.findings)}


def file_sprint(
    desk: Desk,
    name: Annotated[str, "Slug or path"],
    tasks_of: Annotated[str | None, "File as tasks of this repo in the hub"] = None,
    issues_of: Annotated[str | None, "File as issues of OWNER/NAME on the forge"] = None,
    repo: Repo = None,
    dry_run: Annotated[bool, "Say in what order what would be filed"] = True,
) -> dict[str, Any]:
    """Plan, or with dry_run false do, the filing of a sprint's work; nothing is filed twice."""
    if bool(tasks_of) is bool(issues_of):
        raise BadValue("where to file", "say tasks_of or issues_of, one of them")
    target = target_of(desk, repo)
    sprint = sprints.show(target, name)
    act = sprints.plan if dry_run else sprints.file

    def heard(sprint: Sprint) -> FiledLine | None:
        return heard_filed(desk.settings, desk.hub, target, sprint)

    if issues_of:
        from custodian_core.forge.client import open_forge

        with open_forge(desk.settings) as forge:
            planned = act(sprint, sprints.ForgeBoard(forge, issues_of), heard)
    else:
        board: Board = HubBoard(bench_of(desk), desk.slug(tasks_of))
        planned = act(sprint, board, heard)
    return {**planned.to_json(), **told_findings(planned.findings)}


def parse_dependencies(
    desk: Desk, body: Annotated[str, PROSE, "Of an issue or task"]
) -> dict[str, Any]:
    """Say which issues and tasks a text depends on: by sections and clauses, not in code."""
    return deps.parse(body)


def next_issue(
    desk: Desk,
    repo: Annotated[str, "OWNER/NAME on the forge"],
    label: Annotated[str, "Only issues with it"] = deps.BACKLOG,
) -> dict[str, Any]:
    """Say which open issues can be begun, by what texts depend on, and what others wait for."""
    from custodian_core.forge.client import open_forge

    with open_forge(desk.settings) as forge:
        told = deps.backlog(forge, repo, label)
    ready, more = fitting((to_json(each) for each in told.ready), ROOM // 2)
    waiting, later = fitting((to_json(each) for each in told.waiting), ROOM // 2)
    answer: dict[str, Any] = {"ready": ready, "waiting": waiting}
    left = more + later
    return {**answer, "hint": f"{left} are not told; name a label"} if left else answer
