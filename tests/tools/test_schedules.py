"""Schedules of real checkouts, found and prepared through a real hub."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from custodian_core.commands import Caller, ChangeRepo, NoteSchedule, RegisterRepo
from custodian_core.errors import BadValue, Conflict, FileTrouble, HubUnreachable, UnknownThing
from custodian_core.hub import open_store
from custodian_core.hub.client import HttpHub
from custodian_core.hub.store import Store
from custodian_core.schedule.prepared import PREPARED
from custodian_core.settings import Settings
from custodian_tools.bundles import Bundle
from custodian_tools.preparing import prepare
from custodian_tools.schedules import begin, discover, enrol, judge, judge_all, listed, strike
from tests.server.serving import no_pause, settings_of

ME = Caller("me")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
GOOD = """\
version: 1
entries:
  - agent: coach
    cadence: "0 9 * * *"
    budget_minutes: 20
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_of(tmp_path)


@pytest.fixture
def hub(settings: Settings) -> Iterator[Store]:
    found = open_store(settings)
    yield found
    found.close()


def checkout(hub: Store, folder: Path, text: str | None = GOOD, *, flag: bool = True) -> Path:
    """A registered checkout named as its folder, with that schedule."""
    (folder / ".kaizen").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", "-b", "main", str(folder)], check=True)
    if text is not None:
        (folder / ".kaizen/schedule.yml").write_text(text)
    hub.do(RegisterRepo(folder.name, "docs", host="here", path=str(folder)), ME)
    if flag:
        hub.do(ChangeRepo(folder.name, {"kaizen_schedule_enabled": True}), ME)
    return folder


def reasons(hub: Store, settings: Settings, **more: Any) -> dict[str, str]:
    found = discover(hub, settings, NOW, **more)
    return {each.repo: each.reason for each in found.left_out}


def test_the_file_decides_and_every_repo_that_is_left_out_has_its_reason(
    hub: Store, settings: Settings, tmp_path: Path
) -> None:
    for name, text in {
        "good": GOOD,
        "broken": GOOD.replace("0 9 * * *", "0 9 30 2 *"),
        "off": f"enabled: false\n{GOOD}",
        "idle": f"{GOOD}    enabled: false\n",
        "bare": None,
    }.items():
        checkout(hub, tmp_path / name, text)
    checkout(hub, tmp_path / "quiet", flag=False)
    checkout(hub, tmp_path / "archived")
    hub.do(ChangeRepo("archived", {"status": "archived"}), ME)
    linked = checkout(hub, tmp_path / "linked", None)
    (linked / ".kaizen/schedule.yml").symlink_to("/etc/passwd")
    for name, host, path in (
        ("elsewhere", "there", "/repos/elsewhere"),
        ("gone", "here", str(tmp_path / "gone")),
        ("outside", "here", "/usr"),
        ("no-repo", "here", str(tmp_path)),
    ):
        hub.do(RegisterRepo(name, "docs", host=host, path=path), ME)
        hub.do(ChangeRepo(name, {"kaizen_schedule_enabled": True}), ME)
    found = discover(hub, settings, NOW)

    (row,) = found.due
    assert (row.repo, row.agent, row.host_paths) == (
        "good",
        "coach",
        {"here": str(tmp_path / "good")},
    )
    assert row.next_run_at == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert {each.repo: each.reason for each in found.left_out} == {
        "broken": "invalid",
        "linked": "invalid",
        "archived": "archived",
        "bare": "no-schedule",
        "elsewhere": "not-here",
        "gone": "not-found",
        "idle": "no-entries",
        "no-repo": "not-a-repo",
        "off": "disabled",
        "outside": "outside-roots",
        "quiet": "not-registered",
    }
    assert [each.repo for each in found.left_out][:2] == ["broken", "linked"]
    assert found.left_out[0].findings[0].line == 4


def test_every_checkout_can_be_looked_into_whatever_the_roster_says(
    hub: Store, settings: Settings, tmp_path: Path
) -> None:
    checkout(hub, tmp_path / "quiet", flag=False)

    assert reasons(hub, settings) == {"quiet": "not-registered"}
    assert [row.repo for row in discover(hub, settings, NOW, everywhere=True).due] == ["quiet"]
    assert discover(hub, settings, NOW, everywhere=True, domain="other").due == ()


def test_a_flag_without_a_file_schedules_nothing(
    hub: Store, settings: Settings, tmp_path: Path
) -> None:
    checkout(hub, tmp_path / "bare", None)

    assert discover(hub, settings, NOW).due == ()
    (row,) = listed(hub, NOW).left_out
    assert row.reason == "unseen"


def test_a_repo_that_is_registered_is_listed_on_any_host(
    hub: Store, settings: Settings, tmp_path: Path
) -> None:
    folder = checkout(hub, tmp_path / "docs", flag=False)
    repo = enrol(hub, settings, str(folder), ME)
    (row,) = listed(hub, NOW).due
    strike(hub, "docs", ME)

    assert repo.kaizen_schedule_enabled
    assert (row.repo, row.agent, row.cron, row.budget_minutes) == ("docs", "coach", "0 9 * * *", 20)
    assert row.host_paths == {"here": str(folder)}
    assert [each.reason for each in listed(hub, NOW).left_out] == ["not-registered"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "no such file or directory; `custodian schedule init` writes an example"),
        ("version: 3\n", "line 1: version of the schedule is '3'"),
        (f"enabled: false\n{GOOD}", "it is switched off"),
    ],
)
def test_what_cannot_run_is_not_registered(
    hub: Store, settings: Settings, tmp_path: Path, text: str | None, told: str
) -> None:
    folder = checkout(hub, tmp_path / "docs", text, flag=False)

    with pytest.raises(Conflict, match=told):
        enrol(hub, settings, str(folder), ME)
    assert not hub.repo("docs").kaizen_schedule_enabled


def test_an_example_is_written_once_and_never_through_a_link(tmp_path: Path) -> None:
    first = begin(tmp_path, "Europe/Berlin")
    text = (tmp_path / ".kaizen/schedule.yml").read_text()
    (tmp_path / ".kaizen/schedule.yml").write_text("mine")

    assert (first.kept, begin(tmp_path).kept) == (False, True)
    assert "timezone: Europe/Berlin" in text
    assert (tmp_path / ".kaizen/schedule.yml").read_text() == "mine"
    other = tmp_path / "other"
    other.mkdir()
    (other / ".kaizen").symlink_to(tmp_path)
    with pytest.raises(FileTrouble, match="it is a symbolic link"):
        begin(other)
    with pytest.raises(BadValue, match="there is no such time zone"):
        begin(tmp_path / "x", "Mars/Phobos")


def test_inputs_are_judged_by_what_lies_in_the_checkout(hub: Store, tmp_path: Path) -> None:
    text = f"{GOOD}    inputs: {{memory: out, files: [a.md, b.md]}}\n    required: [metrics]\n"
    folder = checkout(hub, tmp_path / "docs", text)
    (folder / "out").symlink_to("/etc/hostname")
    (folder / "a.md").write_text("A")
    judged = judge(folder)

    assert judged.failed
    assert [(f.code, f.line) for f in judged.findings] == [("K-04", 6), ("K-05", 3), ("K-05", 6)]
    assert judge(folder / ".kaizen/schedule.yml").findings == judged.findings
    assert "no run is prepared" in judged.findings[1].message


def test_all_schedules_of_a_host_are_judged_and_one_outside_its_roots_is_told(
    hub: Store, settings: Settings, tmp_path: Path
) -> None:
    checkout(hub, tmp_path / "good", flag=False)
    checkout(hub, tmp_path / "bare", None)
    hub.do(RegisterRepo("outside", "docs", host="here", path="/usr"), ME)
    judged = judge_all(hub, settings)

    assert [(each.repo, each.failed) for each in judged] == [("good", False), ("outside", True)]


# --- prepared runs


@pytest.fixture
def docs(hub: Store, tmp_path: Path) -> Path:
    """A repo with a coach who has a prompt and metrics, and no memory yet."""
    folder = checkout(hub, tmp_path / "docs")
    (folder / ".kaizen/agents/coach").mkdir(parents=True)
    (folder / ".kaizen/agents/coach/prompt.md").write_text("Be kind.\n")
    (folder / ".kaizen/metrics/coach").mkdir(parents=True)
    (folder / ".kaizen/metrics/coach/a.json").write_text("{}")
    (folder / ".kaizen/metrics/coach/b.bin").write_bytes(b"\xff\x00")
    return folder


@pytest.fixture
def prepared(hub: Store, settings: Settings, docs: Path) -> Bundle:
    return prepare(hub, settings, "coach", "docs", NOW, ME)


def test_a_prepared_run_holds_all_that_the_agent_needs(prepared: Bundle, docs: Path) -> None:
    run = prepared.run

    assert [(part.part, part.path) for part in prepared.parts] == [
        ("prompt", ".kaizen/agents/coach/prompt.md"),
        ("metrics", ".kaizen/metrics/coach/a.json"),
        ("metrics", ".kaizen/metrics/coach/b.bin"),
    ]
    assert [each.part for each in prepared.missing] == ["memory"]
    assert (run.due_at, run.next_run_at) == (
        datetime(2026, 11, 21, 9, tzinfo=UTC),
        datetime(2026, 11, 22, 9, tzinfo=UTC),
    )
    assert (run.host, run.path, run.budget_minutes) == ("here", str(docs), 20)
    assert prepared.dispatch
    assert prepared.dispatch["directive"] == run.directive == "none"
    told = prepared.to_json()
    assert [part["text"] for part in told["parts"]] == ["Be kind.\n", "{}", "/wA="]
    assert told["parts"][2]["encoding"] == "base64"
    assert prepared.to_json(2)["parts"][0]["truncated"]


def test_the_log_tells_of_a_prepared_run_and_the_roster_shows_it(
    hub: Store, settings: Settings, docs: Path, prepared: Bundle
) -> None:
    (event,) = hub.events(type=PREPARED).items
    enrol(hub, settings, "docs", ME)

    assert event.after
    assert (event.after["run_id"], event.after["missing"]) == (prepared.run.run_id, ["memory"])
    assert listed(hub, NOW).due[0].last_prepared_at == event.at


def test_the_same_parts_have_the_same_digest(
    hub: Store, settings: Settings, docs: Path, prepared: Bundle
) -> None:
    again = prepare(hub, settings, "coach", "docs", NOW, ME, tell=False)
    (docs / ".kaizen/agents/coach/prompt.md").write_text("Be brief.\n")
    other = prepare(hub, settings, "coach", "docs", NOW, ME, tell=False)

    assert again.run.digest == prepared.run.digest != other.run.digest
    assert again.run.run_id != prepared.run.run_id
    assert hub.events(type=PREPARED).total == 1


def test_a_folder_holds_the_run_whole_or_is_not_there(
    hub: Store, settings: Settings, docs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    bundle = prepare(hub, settings, "coach", "docs", NOW, ME, out=out)

    assert bundle.run.folder == str(out)
    assert (out / "parts/.kaizen/metrics/coach/b.bin").read_bytes() == b"\xff\x00"
    assert '"file": "parts/.kaizen/agents/coach/prompt.md"' in (out / "run.json").read_text()
    with pytest.raises(FileTrouble, match="it is there already"):
        prepare(hub, settings, "coach", "docs", NOW, ME, out=out)
    with pytest.raises(FileTrouble, match="it cannot be written"):
        prepare(hub, settings, "coach", "docs", NOW, ME, out=tmp_path / "no/such/folder")
    assert hub.events(type=PREPARED).total == 1
    assert sorted(path.name for path in tmp_path.iterdir() if "out" in path.name) == ["out"]


def test_what_is_required_and_missing_refuses_the_run(
    hub: Store, settings: Settings, docs: Path
) -> None:
    (docs / ".kaizen/schedule.yml").write_text(f"{GOOD}    required: [memory]\n")

    with pytest.raises(
        Conflict, match=r"memory is required: .kaizen/agents/coach/memory\.md: no such"
    ):
        prepare(hub, settings, "coach", "docs", NOW, ME)
    assert hub.events(type=PREPARED).total == 0


def test_nothing_that_a_link_leads_to_outside_the_repo_is_bundled(
    hub: Store, settings: Settings, docs: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("hidden")
    (docs / ".kaizen/agents/coach/memory.md").symlink_to(tmp_path / "secret")
    bundle = prepare(hub, settings, "coach", "docs", NOW, ME)

    assert "hidden" not in str(bundle.to_json())
    assert [each.why for each in bundle.missing] == [
        ".kaizen/agents/coach/memory.md: it leads out of the repo"
    ]


def test_more_than_an_agent_could_read_is_refused(
    hub: Store, settings: Settings, docs: Path
) -> None:
    (docs / "logs").mkdir()
    for number in range(9):
        (docs / f"logs/{number}.log").write_bytes(b"x" * 1024 * 1024)
    (docs / ".kaizen/schedule.yml").write_text(f"{GOOD}    inputs: {{files: logs}}\n")

    with pytest.raises(Conflict, match="its parts are larger than 8 MiB; name fewer files"):
        prepare(hub, settings, "coach", "docs", NOW, ME)


def test_an_agent_that_is_not_scheduled_is_told_with_those_that_are(
    hub: Store, settings: Settings, docs: Path
) -> None:
    with pytest.raises(UnknownThing, match="there is no scheduled agent 'coch'; near it: coach"):
        prepare(hub, settings, "coch", "docs", NOW, ME)


def test_without_its_hub_a_run_is_prepared_by_path_and_says_what_that_lacks(
    settings: Settings, docs: Path
) -> None:
    away = HttpHub("http://127.0.0.1:9", pause=no_pause)
    bundle = prepare(away, settings, "coach", str(docs), NOW, ME)

    assert bundle.run.repo == "docs"
    assert [each.part for each in bundle.missing] == ["memory", "dispatch"]
    assert "does not answer" in bundle.no_event
    assert bundle.event is None
    with pytest.raises(HubUnreachable):
        prepare(away, settings, "coach", "docs", NOW, ME)
    away.close()


def test_what_a_sync_told_is_what_is_listed(hub: Store, tmp_path: Path) -> None:
    checkout(hub, tmp_path / "docs")
    hub.do(NoteSchedule("docs", "b", True, {"enabled": None, "findings": []}), ME)

    (row,) = listed(hub, NOW).left_out
    assert (row.reason, row.why) == ("invalid", "its findings are lost")
