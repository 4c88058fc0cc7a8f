"""`custodian schedule` as people and orchestrators call it."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from custodian_core.errors import BadValue, Conflict, FileTrouble
from custodian_core.schedule.cadence import cron_trouble, zone
from custodian_core.schedule.prepared import PREPARED
from custodian_server.mcp_app import DECLARED

from .desk import data, refusal, run, say

jsonschema: Any = import_module("jsonschema")

ACTIVITIES = sorted((Path(__file__).parents[3] / "docs/activities").glob("*.yml"))
GOOD = """\
version: 1
timezone: Europe/Berlin
entries:
  - agent: coach
    cadence: daily
    time: "09:00"
  - agent: optimizer
    cadence: "0 7 * * 5"
    enabled: false
"""


def scheduled(folder: Path, text: str = GOOD) -> None:
    (folder / ".kaizen").mkdir(exist_ok=True)
    (folder / ".kaizen/schedule.yml").write_text(text)


def test_from_an_example_to_a_prepared_run(docs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(docs)
    begun, kept = data("schedule", "init"), data("schedule", "init")
    off = refusal(Conflict, "schedule", "register")
    scheduled(docs)
    judged = data("schedule", "validate")
    put = data("schedule", "register")
    listed = data("schedule", "list")
    prepared = data("schedule", "prepare", "coach")
    after = say("schedule", "list")

    assert (begun["written"], kept["written"]) == (True, False)
    assert "it is switched off" in off
    assert (judged[0]["valid"], judged[0]["schedule"]["timezone"]) == (True, "Europe/Berlin")
    assert put["kaizen_schedule_enabled"]
    assert [row["agent"] for row in listed["due"]] == ["coach", "optimizer"]
    assert listed["due"][0]["host_paths"] == {"laptop": str(docs)}
    assert prepared["run"]["repo"] == "docs"
    assert prepared["event"]
    lines = after.splitlines()
    assert lines[0].split() == ["REPO", "AGENT", "CADENCE", "NEXT", "RUN", "PREPARED", "ON"]
    assert "daily at 09:00 Europe/Berlin" in lines[1]
    assert "0m ago" in lines[1]
    assert lines[2].split()[-3:] == ["off", "never", "laptop"]


def test_only_what_comes_soon_may_be_asked_for(docs: Path) -> None:
    scheduled(docs)
    say("schedule", "register", "docs")

    assert len(data("schedule", "list", "--due-within", "2d")["due"]) == 1
    assert len(data("schedule", "list", "--due-within", "1m", "--domain", "other")["due"]) == 0
    for span in ("soon", "0h", "9999d", "-1d"):
        assert "it must be like 30m, 24h or 7d" in refusal(
            BadValue, "schedule", "list", f"--due-within={span}"
        )


def test_a_broken_schedule_is_told_first_and_ends_with_1(docs: Path) -> None:
    scheduled(docs)
    say("schedule", "register", "docs")
    scheduled(docs, GOOD.replace("Europe/Berlin", "Europe/Berln"))
    told = say("schedule", "validate", "docs", code=1)
    found = run("schedule", "discover", "--json")
    envelope = json.loads(found.stdout)

    assert "schedule.yml:2: FAIL K-03 timezone of the schedule is 'Europe/Berln'" in told
    assert "near it: Europe/Berlin" in told
    assert "cannot be used" in told
    assert found.exit_code == 1
    assert envelope["data"]["left_out"][0]["reason"] == "invalid"
    assert [(each["code"], each["line"]) for each in envelope["findings"]] == [("K-03", 2)]
    assert say("schedule", "discover", code=1).startswith("docs: invalid: line 2: timezone")


def test_what_is_asked_of_many_is_told_of_each(docs: Path, home: Path) -> None:
    scheduled(docs)
    whole = data("schedule", "validate", "--all")
    file = data("schedule", "validate", str(docs / ".kaizen/schedule.yml"))
    missing = run("schedule", "validate", str(home))
    both = run("schedule", "validate", "docs", "--all")

    assert [each["repo"] for each in whole] == ["docs"]
    assert file[0]["valid"]
    assert missing.exit_code == 1
    assert "schedule cannot be read: no such file or directory" in missing.stdout
    assert both.exit_code == 2


def test_nothing_is_said_aloud(docs: Path) -> None:
    assert say("schedule", "list") == "nothing is due\n"
    nothing, left_out = say("schedule", "discover").splitlines()
    assert nothing == "nothing is scheduled here"
    assert left_out.startswith("docs: not-registered: it is not on the roster; ")
    assert say("schedule", "validate", "--all") == "no repo on this host has a schedule\n"


def test_a_run_that_is_only_tried_out_leaves_the_log_alone(docs: Path, home: Path) -> None:
    scheduled(docs)
    out = home / "out"
    told = say("schedule", "prepare", "coach", "--repo", "docs", "--out", str(out), "--no-event")
    again = refusal(
        FileTrouble, "schedule", "prepare", "coach", "--repo", "docs", "--out", str(out)
    )

    assert "event    none, none was wanted" in told
    assert "missing  prompt" in told
    assert json.loads((out / "run.json").read_text())["run"]["folder"] == str(out)
    assert "it is there already" in again
    say("schedule", "register", "docs")
    assert data("schedule", "list")["due"][0]["last_prepared_at"] is None


def test_off_the_roster_is_off_until_somebody_puts_it_back(docs: Path) -> None:
    scheduled(docs)
    say("schedule", "register", "docs")
    gone = data("schedule", "unregister", "docs")
    listed = data("schedule", "list")

    assert not gone["kaizen_schedule_enabled"]
    assert [each["reason"] for each in listed["left_out"]] == ["not-registered"]


@pytest.mark.parametrize("which", ["schedule", "event"])
def test_the_schemas_are_printed_for_others(which: str) -> None:
    said = json.loads(say("schedule", "schema", which))

    jsonschema.Draft202012Validator.check_schema(said)
    if which == "schedule":
        jsonschema.Draft202012Validator(said).validate(yaml.safe_load(GOOD))


@pytest.mark.parametrize("file", ACTIVITIES, ids=lambda file: file.stem)
def test_the_drafts_for_an_orchestrator_are_off_and_name_what_there_is(
    file: Path, docs: Path
) -> None:
    said = yaml.safe_load(file.read_text())
    agent = said["resolver"]["where"]["agent"]
    scheduled(docs, GOOD.replace("enabled: false", ""))
    say("schedule", "register", "docs")

    assert (said["id"], said["enabled"]) == (file.stem, False)
    assert cron_trouble(said["trigger"]["cron"]) is None
    assert zone(said["trigger"]["timezone"])
    assert said["resolver"]["tool"] in [name for each in DECLARED for name in each.aliases]
    assert said["for_each_repo"]["event"] == PREPARED
    found = json.loads(say(*said["resolver"]["command"].split()[1:]))["data"]
    assert agent in [row["agent"] for row in found["due"]]
    command = said["for_each_repo"]["prepare"].format(repo="docs").split()
    assert json.loads(say(*command[1:]))["data"]["run"]["agent"] == agent


def test_there_are_two_drafts() -> None:
    assert [file.stem for file in ACTIVITIES] == [
        "weekly-coach-orientation",
        "weekly-optimization-review",
    ]
