"""What every hub promises of schedules: the roster is an index, and the log can be followed."""

import threading
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest

from custodian_core.codec import stamp, to_json
from custodian_core.commands import ChangeRepo, NoteSchedule, RecordPrepared
from custodian_core.errors import BadValue, UnknownThing
from custodian_core.hub.databases import Database
from custodian_core.hub.store import Store
from custodian_core.ports import Hub
from custodian_core.records import Event, PreparedRun
from custodian_core.schedule.prepared import PREPARED, SEEN, event_schema

from .conftest import NOON, Watch
from .made import ME, YOU, a_repo

jsonschema: Any = import_module("jsonschema")

SAID: dict[str, Any] = {"timezone": "UTC", "entries": []}
RUN = PreparedRun(
    run_id="4e2b8ef4-40f5-4b5c-9b7c-5a3d3e6a4d1f",
    repo="marki-docx",
    agent="coach",
    host="here",
    path="/repos/marki-docx",
    commit="a" * 40,
    prepared_at=NOON,
    due_at=NOON,
    next_run_at=NOON + timedelta(days=7),
    cron="0 12 * * 6",
    timezone="UTC",
    budget_minutes=30,
    digest="d" * 64,
    parts=(".kaizen/agents/coach/prompt.md",),
    missing=("memory",),
    directive="work",
)


def seen(blob: str | None, *, enabled: bool = True) -> NoteSchedule:
    return NoteSchedule("marki-docx", blob, enabled, SAID if blob else None)


def test_a_schedule_that_appears_puts_its_repo_on_the_roster(hub: Hub) -> None:
    a_repo(hub)
    repo = hub.do(seen("b1"), ME)

    assert (repo.kaizen_schedule_enabled, repo.kaizen_schedule_updated_at) == (True, NOON)
    assert hub.repos(kaizen_schedule_enabled=True, domain="custodian").items == (repo,)
    assert repo.host_paths == {"here": "/repos/marki-docx"}
    (event,) = hub.last_events(SEEN)
    assert event.after == {"blob": "b1", "enabled": True, "schedule": SAID}


def test_a_file_that_was_told_of_already_changes_nothing(hub: Hub, watch: Watch) -> None:
    a_repo(hub)
    before = hub.do(seen("b1"), ME)
    watch.on(hours=1)

    assert hub.do(seen("b1"), YOU) == before
    changed = hub.do(seen("b2"), YOU)
    assert changed.kaizen_schedule_updated_at == watch.now
    assert changed.revision > before.revision


def test_a_schedule_that_goes_takes_its_repo_off_the_roster(hub: Hub) -> None:
    a_repo(hub)
    hub.do(seen("b1"), ME)
    gone = hub.do(NoteSchedule("marki-docx"), ME)

    assert (gone.kaizen_schedule_enabled, gone.kaizen_schedule_updated_at) == (False, NOON)
    assert hub.do(NoteSchedule("marki-docx"), ME) == gone


def test_a_flag_that_an_operator_set_stays_where_no_file_ever_was(hub: Hub) -> None:
    a_repo(hub)
    hub.do(ChangeRepo("marki-docx", {"kaizen_schedule_enabled": True}), ME)

    assert hub.do(NoteSchedule("marki-docx"), ME).kaizen_schedule_enabled


def test_who_is_taken_off_the_roster_stays_off_until_the_file_changes(hub: Hub) -> None:
    a_repo(hub)
    hub.do(seen("b1"), ME)
    off = hub.do(NoteSchedule("marki-docx", deliberate=True), ME)

    assert not off.kaizen_schedule_enabled
    assert not hub.do(seen("b1"), ME).kaizen_schedule_enabled
    assert hub.do(seen("b2"), ME).kaizen_schedule_enabled
    hub.do(NoteSchedule("marki-docx", deliberate=True), ME)
    again = replace(seen("b2"), deliberate=True)
    assert hub.do(again, ME).kaizen_schedule_enabled
    events = hub.events(limit=1000).total
    hub.do(again, ME)
    assert hub.events(limit=1000).total == events


def test_a_prepared_run_is_told_in_the_log_and_wakes_no_sync(hub: Hub) -> None:
    before = a_repo(hub)
    event: Event = hub.do(RecordPrepared("marki-docx", RUN), ME)

    assert (event.type, event.subject) == (PREPARED, "marki-docx/coach")
    assert event.after == to_json(RUN)
    assert hub.events(type=PREPARED, after=event.seq - 1).items == (event,)
    assert hub.repo("marki-docx").revision == before.revision


def test_the_event_is_what_its_schema_says(hub: Hub) -> None:
    a_repo(hub)
    first = replace(RUN, due_at=None, next_run_at=None, commit=None, missing=())
    events = [hub.do(RecordPrepared("marki-docx", run), ME) for run in (RUN, first)]
    schema = event_schema()

    jsonschema.Draft202012Validator.check_schema(schema)
    for event in events:
        jsonschema.Draft202012Validator(schema).validate(event.after)
    assert schema["properties"]["schema_version"]["const"] == RUN.schema_version
    wrong = {**to_json(RUN), "schema_version": 2}
    assert not jsonschema.Draft202012Validator(schema).is_valid(wrong)


@pytest.mark.parametrize(
    ("slug", "run", "error"),
    [
        ("marki-docx", replace(RUN, repo="other"), BadValue),
        ("marki-docx", replace(RUN, agent="a\nb"), BadValue),
        ("nobody", replace(RUN, repo="nobody"), UnknownThing),
    ],
)
def test_a_run_that_makes_no_sense_is_not_told(
    hub: Hub, slug: str, run: PreparedRun, error: type[Exception]
) -> None:
    a_repo(hub)

    with pytest.raises(error):
        hub.do(RecordPrepared(slug, run), ME)
    assert hub.events(type=PREPARED).total == 0


def test_the_last_run_of_each_agent_is_told_at_once(hub: Hub, watch: Watch) -> None:
    a_repo(hub)
    for agent in ("coach", "optimizer", "coach"):
        watch.on(minutes=1)
        hub.do(RecordPrepared("marki-docx", replace(RUN, agent=agent)), ME)

    assert [(event.subject, stamp(event.at)) for event in hub.last_events(PREPARED)] == [
        ("marki-docx/coach", "2026-11-21T12:03:00Z"),
        ("marki-docx/optimizer", "2026-11-21T12:02:00Z"),
    ]
    assert hub.last_events("nothing.of.the.kind") == ()


def test_whoever_follows_the_log_while_many_write_misses_none_and_sees_none_twice(
    hub: Hub, database: Database
) -> None:
    a_repo(hub)
    writers, each = 4, 15
    wanted = {f"run-{writer}-{number}" for writer in range(writers) for number in range(each)}
    trouble: list[BaseException] = []

    def write(writer: int) -> None:
        store = Store(database)
        try:
            for number in range(each):
                run = replace(RUN, run_id=f"run-{writer}-{number}", agent=f"agent-{number}")
                store.do(RecordPrepared("marki-docx", run), YOU)
                store.do(ChangeRepo("marki-docx", {"status_reason": f"{writer}-{number}"}), YOU)
        except BaseException as error:
            trouble.append(error)

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    for thread in threads:
        thread.start()
    read: list[str] = []
    after, more = 0, True
    while more:
        more = any(thread.is_alive() for thread in threads)
        page = hub.events(type=PREPARED, after=after, limit=7)
        read += [event.after["run_id"] for event in page.items if event.after]
        if page.items:
            after, more = page.items[-1].seq, True
    for thread in threads:
        thread.join()

    assert trouble == []
    assert len(read) == len(wanted)
    assert set(read) == wanted
