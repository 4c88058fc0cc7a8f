"""A sync keeps the roster of schedules: when the file appears, changes, goes, or is broken."""

from pathlib import Path

import pytest

from custodian_core.commands import NoteSchedule
from custodian_core.findings import Severity
from custodian_core.schedule.prepared import SEEN

from .conftest import ME, SLUG, Clone, World, put

GOOD = """\
version: 1
entries:
  - agent: coach
    cadence: "0 9 * * 1"
"""


def schedule(clone: Clone, text: str | None) -> None:
    """The repo's schedule says that, or is gone; committed and pushed."""
    path = clone.top / ".kaizen/schedule.yml"
    if text is None:
        clone.git("rm", "-q", str(path))
    else:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        clone.git("add", str(path))
    clone.git("commit", "-q", "-m", "schedule")
    clone.git("push", "-q")


def flagged(world: World) -> bool:
    return world.hub.repo(SLUG).kaizen_schedule_enabled


def test_a_schedule_that_appears_changes_and_goes_is_told(a: Clone, world: World) -> None:
    a.fix()
    assert world.hub.repo(SLUG).kaizen_schedule_updated_at is None
    schedule(a, GOOD)
    came = a.fix()
    schedule(a, GOOD.replace("0 9", "0 10"))
    changed = a.fix()
    (seen,) = world.hub.last_events(SEEN)
    schedule(a, None)
    gone = a.fix()

    assert "put it on the roster of schedules" in came.actions
    assert came.sealed
    assert changed.outcome == "ok"
    assert seen.after
    assert seen.after["schedule"]["entries"][0]["cron"] == "0 10 * * 1"
    assert "took it off the roster of schedules" in gone.actions
    assert not flagged(world)


def test_the_run_after_a_schedule_was_told_finds_nothing_to_do(a: Clone, world: World) -> None:
    schedule(a, GOOD)
    a.fix()
    events = world.hub.events(limit=1000).total
    again = a.fix()

    assert again.unchanged
    assert world.hub.events(limit=1000).total == events


def test_a_quiet_run_asks_git_no_more_than_before(
    a: Clone, tmp_path: Path, shim: Path, world: World
) -> None:
    def asked() -> int:
        log = tmp_path / "asked"
        log.unlink(missing_ok=True)
        put(shim, f'echo "$*" >> {log}')
        assert a.fix().unchanged
        shim.unlink()
        return len(log.read_text().splitlines()) if log.exists() else 0

    a.fix()
    before = asked()
    schedule(a, GOOD)
    a.fix()

    assert asked() == before
    assert flagged(world)


def test_a_second_host_that_sees_the_same_schedule_adds_nothing(b: Clone, world: World) -> None:
    schedule(b, GOOD)
    b.fix()
    events = len(world.hub.events(type=SEEN).items)
    c = world.clone("c")
    c.fix()

    assert len(world.hub.events(type=SEEN).items) == events == 1
    assert b.fix().outcome == c.fix().outcome == "ok"


def test_a_broken_schedule_is_told_with_its_line_and_stays_on_the_roster(
    a: Clone, world: World
) -> None:
    schedule(a, GOOD.replace("0 9 * * 1", "0 9 30 2 *"))
    report = a.fix()
    again = a.fix()

    (finding,) = [f for f in report.findings if f.code == "K-03"]
    assert (finding.path, finding.line) == (".kaizen/schedule.yml", 4)
    assert finding.severity is Severity.WARN
    assert report.sealed
    assert again.unchanged
    assert finding in again.findings
    assert flagged(world)


def test_a_schedule_that_is_switched_off_is_off_the_roster(a: Clone, world: World) -> None:
    schedule(a, f"enabled: false\n{GOOD}")
    a.fix()

    assert not flagged(world)
    assert world.hub.repo(SLUG).kaizen_schedule_updated_at


def test_who_was_taken_off_stays_off_while_work_goes_on(a: Clone, world: World) -> None:
    schedule(a, GOOD)
    a.fix()
    world.hub.do(NoteSchedule(SLUG, deliberate=True), ME)
    a.work("MRKD-WP-0001-T01", "done")
    a.fix()

    assert not flagged(world)


@pytest.mark.parametrize("made", ["a link", "a folder", "too large"])
def test_what_is_no_plain_file_is_told_and_never_followed(
    a: Clone, world: World, made: str
) -> None:
    path = a.top / ".kaizen/schedule.yml"
    path.parent.mkdir()
    if made == "a link":
        path.symlink_to("/etc/passwd")
    elif made == "a folder":
        path.mkdir()
        (path / "x.md").write_text("---\ntype: workplan\n---\n")
    else:
        path.write_text("#" * 2_000_000)
    a.git("add", str(path))
    a.git("commit", "-q", "-m", made)
    a.git("push", "-q")
    report = a.fix()

    told = [f.message for f in report.findings if f.code.startswith("K-")]
    assert report.sealed
    assert report.outcome == ("ok" if made == "a folder" else "findings")
    assert len(told) == (0 if made == "a folder" else 1)
    assert flagged(world) == (made != "a folder")


def test_a_check_tells_of_it_and_writes_nothing(a: Clone, world: World) -> None:
    a.fix()
    schedule(a, "version: 2\n")
    events = world.hub.events(limit=1000).total
    report = a.check()

    assert "K-03" in [finding.code for finding in report.findings]
    assert not report.failed
    assert world.hub.events(limit=1000).total == events
