"""What a schedule says, and what is told of one that cannot be used."""

from importlib import import_module
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from custodian_core.findings import Mode, Severity
from custodian_core.schedule.grammar import CADENCES, ENTRY_KEYS, KEYS, PARTS, path_trouble
from custodian_core.schedule.model import Input
from custodian_core.schedule.read import read
from custodian_core.schedule.scaffold import example as scaffold
from custodian_core.schedule.schema import schedule_schema

#: (its types are not told)
jsonschema: Any = import_module("jsonschema")

GOOD = """\
version: 1
timezone: Europe/Berlin
entries:
  - agent: coach
    cadence: weekly
    weekday: Monday
    time: "09:00"
    jitter_minutes: 15
    budget_minutes: 30
    inputs:
      memory: .kaizen/agents/coach/memory.md
      files: [README.md, docs/]
    required: [memory]
    tags: [orientation]
    notes: Says what to do first.
"""


def told(text: str | bytes) -> list[str]:
    """Each finding, as `line code message`."""
    data = text if isinstance(text, bytes) else text.encode()
    return [f"{f.line} {f.code} {f.message}" for f in read(data).findings]


def one(entry: str) -> str:
    """A schedule with one entry, whose lines begin on line 3."""
    lines = "".join(f"    {line}\n" for line in entry.splitlines())
    return f"version: 1\nentries:\n  -{lines[3:]}"


def test_a_schedule_is_read_with_all_that_it_says() -> None:
    reading = read(GOOD.encode())

    assert reading.findings == ()
    assert reading.schedule
    assert (reading.schedule.enabled, reading.schedule.timezone) == (True, "Europe/Berlin")
    entry = reading.schedule.entry("coach")
    assert entry
    assert (entry.cron, entry.cadence) == ("0 9 * * 1", "weekly on monday at 09:00")
    assert (entry.jitter_minutes, entry.budget_minutes, entry.line) == (15, 30, 4)
    assert (entry.tags, entry.notes) == (("orientation",), "Says what to do first.")
    assert entry.inputs[1:] == (
        Input("memory", (".kaizen/agents/coach/memory.md",), written=True, required=True, line=11),
        Input("metrics", (".kaizen/metrics/coach",)),
        Input("files", ("README.md", "docs"), written=True, line=12),
    )


@pytest.mark.parametrize(
    ("said", "cron", "cadence"),
    [
        ("cadence: daily\ntime: '06:05'", "5 6 * * *", "daily at 06:05"),
        ("cadence: weekly\nweekday: sun\ntime: 23:59", "59 23 * * 0", "weekly on sunday at 23:59"),
        ("cadence: monthly\nday: 1\ntime: '00:00'", "0 0 1 * *", "monthly on day 1 at 00:00"),
        ("cadence: monthly\nday: last\ntime: '08:00'", "0 8 L * *", "monthly on the last day"),
        (
            "cadence: monthly\nweekday: fri\ntime: '08:00'",
            "0 8 * * 5#1",
            "monthly on the first fri",
        ),
        ('cadence: "*/30 8-18 * * MON-FRI"', "*/30 8-18 * * MON-FRI", "*/30 8-18"),
    ],
)
def test_a_cadence_in_words_is_what_cron_would_be_told(said: str, cron: str, cadence: str) -> None:
    reading = read(one(f"agent: a\n{said}").encode())

    assert reading.findings == ()
    assert reading.schedule
    entry = reading.schedule.entries[0]
    assert entry.cron == cron
    assert entry.cadence.startswith(cadence)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("version: 1\nenabld: true\n", "2 K-02 the schedule has no key 'enabld'; near it: enabled"),
        ("version: 2\n", "1 K-03 version of the schedule is '2': this Custodian knows version 1"),
        ("enabled: true\n", "1 K-01 schedule cannot be read: it does not say its version"),
        ("version: 1\nenabled: maybe\n", "2 K-03 enabled of the schedule is 'maybe': it must be"),
        (
            "version: 1\ntimezone: Europe/Berln\n",
            "2 K-03 timezone of the schedule is 'Europe/Berln'",
        ),
        ("version: 1\nentries: coach\n", "2 K-03 entries of the schedule is 'coach': it must be a"),
        (
            "version: 1\nentries:\n- coach\n",
            "3 K-03 entry 1 of the schedule is 'coach': it must be",
        ),
        (
            one("cadence: daily\ntime: '01:00'"),
            "3 K-03 agent of entry 1 is empty: it must be a name",
        ),
        (one("agent: ../x\ncadence: '0 0 * * *'"), "3 K-03 agent of entry 1 is '../x'"),
        (one("agent: a"), "3 K-03 cadence of entry a is empty: it must be daily, weekly, monthly"),
        (
            one("agent: a\ncadence: weakly"),
            "4 K-03 cadence of entry a is 'weakly': did you mean weekly",
        ),
        (
            one("agent: a\ncadence: 0 0 30 2 *"),
            "4 K-03 cadence of entry a is '0 0 30 2 *': no month",
        ),
        (one("agent: a\ncadence: daily"), "4 K-03 time of entry a is empty: it must be from"),
        (one("agent: a\ncadence: daily\ntime: '24:00'"), "5 K-03 time of entry a is '24:00'"),
        (one("agent: a\ncadence: weekly\ntime: '01:00'"), "4 K-03 weekday of entry a is empty"),
        (one("agent: a\ncadence: 0 0 * * *\nday: 3"), "5 K-03 day of entry a is '3': it goes with"),
        (
            one("agent: a\ncadence: 0 0 * * *\njitter_minutes: -1"),
            "5 K-03 jitter_minutes of entry a",
        ),
        (
            one("agent: a\ncadence: 0 0 * * *\nbudget: 3"),
            "5 K-02 entry a has no key 'budget'; near",
        ),
        (
            one("agent: a\ncadence: 0 0 * * *\nrequired: [promt]"),
            "5 K-03 required of entry a is 'pro",
        ),
        (
            one("agent: a\ncadence: 0 0 * * *\ninputs:\n  memry: x"),
            "6 K-02 entry a (inputs) has no",
        ),
        (
            "version: 1\nversion: 1\n",
            "2 K-01 schedule cannot be read: key 'version' is written twice",
        ),
        ("version: 1\nentries: &x []\n", "2 K-01 schedule cannot be read: anchors are not allowed"),
        ("version: [1\n", "2 K-01 schedule cannot be read: bad YAML"),
        ("- a\n", "1 K-01 schedule cannot be read: it is a list and not"),
        ("version: 1\n---\nversion: 1\n", "2 K-01 schedule cannot be read: it holds more than one"),
        ("a: " * 30, "1 K-01 schedule cannot be read: bad YAML"),
        (b"version: 1\n# \xff\n", "2 K-01 schedule cannot be read: it is not UTF-8"),
        ("#" * 70_000, "None K-01 schedule cannot be read: it is larger than 64 KiB"),
        ("", "1 K-01 schedule cannot be read: it does not say its version"),
    ],
)
def test_what_is_amiss_is_told_with_its_line_and_nothing_is_scheduled(
    text: str | bytes, finding: str
) -> None:
    data = text if isinstance(text, bytes) else text.encode()

    assert any(each.startswith(finding) for each in told(data)), told(data)
    assert read(data).schedule is None


def test_lines_are_those_of_the_file_whatever_ends_them() -> None:
    windows = GOOD.replace("\n", "\r\n").replace("weekly", "hourly")

    assert told(windows)[0].startswith("5 K-03 cadence of entry coach is 'hourly'")
    assert read(b"\xef\xbb\xbf" + GOOD.encode()).findings == ()


def test_an_agent_has_one_entry() -> None:
    entry = "  - agent: a\n    cadence: 0 0 * * *\n"

    assert told(f"version: 1\nentries:\n{entry}{entry}") == [
        "5 K-03 agent of entry 2 is 'a': it has an entry already, on line 3; an agent has one"
    ]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("../other", "it leaves the repo"),
        ("docs/../../other", "it leaves the repo"),
        ("/etc/passwd", "it is absolute"),
        ("~/x", "it is absolute"),
        ("C:/x", "it is absolute"),
        (".git/config", "it leads into .git"),
        ("a/.GIT/config", "it leads into .git"),
        ("a//b", "it is no plain path"),
        ("./a", "it is no plain path"),
        ("a\\..\\b", "it is no plain path"),
        ("a\u202eb", "it is no plain path"),
    ],
)
def test_a_path_that_leaves_the_repo_is_told(path: str, why: str) -> None:
    text = one(f"agent: a\ncadence: 0 0 * * *\ninputs:\n  memory: {path!r}")

    assert str(path_trouble(path)).startswith(why)
    assert "6 K-04 memory of the inputs of entry a" in told(text)[0]
    assert read(text.encode()).schedule is None


@given(st.lists(st.sampled_from(["a", "b.md", "..", ".", "", ".git", "~", "x y"]), max_size=5))
def test_no_path_that_is_taken_leads_out_of_its_folder(parts: list[str]) -> None:
    import posixpath

    path = "/".join(parts)
    if path_trouble(path) is None:
        assert posixpath.normpath(posixpath.join("/repo", path)).startswith("/repo/")


def test_days_that_some_months_lack_are_warned_of_and_scheduled() -> None:
    reading = read(one("agent: a\ncadence: monthly\nday: 31\ntime: '10:00'").encode())

    assert [(f.code, f.severity, f.line) for f in reading.findings] == [("K-05", Severity.WARN, 5)]
    assert reading.schedule


def test_a_sync_is_not_failed_by_a_schedule() -> None:
    (finding,) = read(b"version: 2\n", mode=Mode.FIX).findings[:1]

    assert finding.severity is Severity.WARN


def test_of_very_many_findings_the_first_are_told_and_the_others_counted() -> None:
    keys = "".join(f"key{number}: 1\n" for number in range(150))
    findings = told(f"version: 1\n{keys}")

    assert len(findings) == 101
    assert findings[-1].endswith("51 more findings are not told")


def test_the_example_can_be_used_as_it_is_and_runs_nothing() -> None:
    reading = read(scaffold("Europe/Berlin"))

    assert reading.findings == ()
    assert reading.schedule
    assert reading.schedule.active == ()
    assert [entry.agent for entry in reading.schedule.entries] == ["coach", "optimizer"]


@given(st.binary(max_size=200))
@example(b"version: 1\nentries: [{agent: a, cadence: {a: b}}]")
def test_no_bytes_make_the_reader_fail(data: bytes) -> None:
    reading = read(data)

    assert (reading.schedule is None) == any(f.code != "K-05" for f in reading.findings)


# --- the schema that editors use says the same, as far as a schema can

WHOLE: dict[str, Any] = {"agent": "a", "cadence": "weekly", "weekday": "fri", "time": "09:00"}
words = st.sampled_from([None, "", "x", "monday", "fri", "frid", "last", "09:00", "9:00", "24:00"])
counts: st.SearchStrategy[Any] = st.one_of(
    st.integers(-1, 2), st.sampled_from([720, 721, 1440, 1441, True, "x", None])
)
paths = st.sampled_from(["a", "a/b", "../a", "/a", ".git/x", "a//b", "docs/", "~", "", None])
inputs: st.SearchStrategy[Any] = st.dictionaries(
    st.sampled_from([*PARTS, "promt"]), st.one_of(paths, st.lists(paths, max_size=3)), max_size=2
)


def an_entry(cadence: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """A whole entry with a few other fields, some of which may be none."""
    said = WHOLE | cadence | other
    return {key: value for key, value in said.items() if value != ""}


entries: st.SearchStrategy[dict[str, Any]] = st.builds(
    an_entry,
    st.one_of(
        st.just(dict[str, Any]()),
        st.fixed_dictionaries(
            {
                "cadence": st.sampled_from([*CADENCES, "0 9 * * 1", "* * *", "hourly", None]),
                "weekday": words,
                "time": words,
                "day": st.one_of(words, st.integers(0, 32)),
            }
        ),
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "agent": st.sampled_from(["coach", "a b", "../x", "", None]),
            "jitter_minutes": counts,
            "enabled": st.sampled_from([True, False, "x", None]),
            "inputs": st.one_of(inputs, st.just("x")),
            "required": st.one_of(st.lists(st.sampled_from([*PARTS, "x"]), max_size=2), words),
            "budget_minutes": counts,
            "tags": st.one_of(st.lists(st.sampled_from(["a", "a b"]), max_size=2), words),
            "notes": words,
            "nots": words,
        },
    ),
)
schedules: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"version": st.sampled_from([1, 1, 1, 2]), "entries": st.lists(entries, max_size=1)},
    optional={"enabled": st.booleans(), "timezone": st.sampled_from(["UTC", "Europe/Berlin"])},
)


@given(schedules)
def test_what_the_reader_takes_the_schema_takes(said: dict[str, Any]) -> None:
    reading = read(yaml.safe_dump(said).encode())
    faults = [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(said)]

    if reading.schedule:
        assert not faults
    if not faults:
        # what a schema cannot say: that an agent comes once, that cron makes sense, .git, a//b
        assert all(f.code in ("K-03", "K-04", "K-05") for f in reading.findings)


SCHEMA = schedule_schema()


def test_the_schema_is_one_and_knows_every_key() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)

    assert tuple(SCHEMA["properties"]) == KEYS
    assert tuple(SCHEMA["properties"]["entries"]["items"]["properties"]) == ENTRY_KEYS


@pytest.mark.parametrize("text", [GOOD, scaffold().decode()])
def test_the_schema_takes_what_is_good(text: str) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(yaml.safe_load(text))


@pytest.mark.parametrize(
    "cadence",
    [
        {"cadence": "daily", "time": "09:00"},
        {"cadence": "weekly", "time": "09:00", "weekday": "Fri"},
        {"cadence": "monthly", "time": "09:00", "weekday": "friday"},
        {"cadence": "monthly", "time": "09:00", "day": 31},
        {"cadence": "monthly", "time": "09:00", "day": "last"},
        {"cadence": "*/15 8-18 * * MON-FRI"},
    ],
)
def test_the_schema_takes_every_cadence_that_the_reader_takes(cadence: dict[str, Any]) -> None:
    said = {"version": 1, "entries": [{"agent": "a", **cadence}]}

    jsonschema.Draft202012Validator(SCHEMA).validate(said)
    assert read(yaml.safe_dump(said).encode()).schedule


@pytest.mark.parametrize(
    "entry",
    [
        {"agent": "a"},
        {"agent": "a", "cadence": "weekly", "time": "09:00"},
        {"agent": "a", "cadence": "monthly", "time": "09:00"},
        {"agent": "a", "cadence": "monthly", "time": "09:00", "day": 1, "weekday": "fri"},
        {"agent": "a", "cadence": "daily", "time": "9:00"},
        {"agent": "a", "cadence": "0 0 * * *", "time": "09:00"},
        {"agent": "a", "cadence": "0 0 * * *", "inputs": {"memory": "../x"}},
    ],
)
def test_the_schema_refuses_what_the_reader_refuses(entry: dict[str, Any]) -> None:
    said = {"version": 1, "entries": [entry]}

    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(said)
    assert read(yaml.safe_dump(said).encode()).schedule is None
