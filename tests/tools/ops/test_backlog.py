"""Which issue comes next, on a real client's forge: by bodies, labels and what is closed."""

from custodian_core.forge.client import HttpForge
from custodian_tools.ops.deps import Backlog, Ready, backlog

from .test_sprint_issues import REPO, forge

__all__ = ["forge"]


def numbers(told: Backlog) -> tuple[list[int], list[int]]:
    return [each.number for each in told.ready], [each.number for each in told.waiting]


def test_what_waits_for_nothing_comes_next_and_priority_goes_first(forge: HttpForge) -> None:
    first = forge.create_issue(REPO, "first", "", ["backlog"]).number
    blocked = forge.create_issue(REPO, "blocked", f"Depends on #{first}", ["backlog"]).number
    urgent = forge.create_issue(REPO, "urgent", "## Related\n#1", ["backlog", "priority"]).number
    forge.create_issue(REPO, "not asked for", "", [])
    told = backlog(forge, REPO)

    assert numbers(told) == ([urgent, first], [blocked])
    assert told.ready[0] == Ready(urgent, "urgent", priority=True)
    assert (told.waiting[0].waits_for, told.waiting[0].suggestion) == ((f"#{first}",), first)


def test_what_nobody_can_say_to_be_closed_is_waited_for(forge: HttpForge) -> None:
    far = forge.create_issue(REPO, "far", "Blocked by other/repo#15", ["backlog"]).number
    gone = forge.create_issue(REPO, "gone", "Depends on #9999", ["backlog"]).number
    own = forge.create_issue(REPO, "own", f"Depends on {REPO}#{far}", ["backlog"]).number
    told = backlog(forge, REPO)

    waits = {each.number: each.waits_for for each in told.waiting}
    assert waits == {far: ("other/repo#15",), gone: ("#9999",), own: (f"#{far}",)}
    assert told.ready == ()


def test_of_two_that_wait_for_each_other_neither_is_suggested(forge: HttpForge) -> None:
    one = forge.create_issue(REPO, "one", "", ["backlog"]).number + 1
    forge.create_issue(REPO, "two", f"Depends on #{one + 1}", ["backlog"])
    forge.create_issue(REPO, "three", f"Depends on #{one}", ["backlog"])
    told = backlog(forge, REPO)

    assert [each.suggestion for each in told.waiting] == [None, None]


def test_an_issue_does_not_wait_for_itself(forge: HttpForge) -> None:
    number = forge.create_issue(REPO, "one", "", ["backlog"]).number + 1
    forge.create_issue(REPO, "two", f"Depends on #{number}", ["backlog"])

    assert number in numbers(backlog(forge, REPO))[0]
