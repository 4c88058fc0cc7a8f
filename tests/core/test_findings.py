import pytest

from custodian_core.errors import BadValue
from custodian_core.findings import CATALOGUE, LONGEST, Mode, Severity, failed, found, lookup


def test_the_catalogue_holds_every_code_of_the_seeds() -> None:
    assert list(CATALOGUE)[:25] == [
        *(f"C-{number:02d}" for number in range(1, 22)),
        *(f"T{number:02d}" for number in range(1, 5)),
    ]


def test_the_catalogue_holds_every_rule_of_the_prerequisite_tree() -> None:
    rules = [code for code in CATALOGUE if code.startswith("PT")]

    assert rules == [f"PT{number:02d}" for number in range(1, 18)]


def test_the_catalogue_holds_every_rule_of_schedules() -> None:
    rules = [code for code in CATALOGUE if code.startswith("K")]

    assert rules == [f"K-{number:02d}" for number in range(1, 6)]


def test_every_code_says_what_to_do() -> None:
    assert all(check.title and check.message and check.todo for check in CATALOGUE.values())


FACTS: dict[str, str | int] = {"title": "Fix it", "slug": "the-repo", "db_status": "done"}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "C-13",
            "DB task 'Fix it' is ahead of file (db=done, file=todo)"
            " — skipped to prevent regression",
        ),
        ("C-14", "workplan has uncommitted changes — skipping writeback"),
        (
            "C-16",
            "Repo 'the-repo' is behind remote — pull before fixing"
            " to avoid clobbering remote progress",
        ),
    ],
)
def test_the_seeds_messages_are_kept_to_the_letter(code: str, message: str) -> None:
    assert found(code, {**FACTS, "file_status": "todo"}, Mode.FIX).message == message


@pytest.mark.parametrize(
    ("code", "check", "fix"),
    [
        ("C-11", "FAIL", "FIXED"),
        ("C-13", "WARN", "WARN"),
        ("C-16", "INFO", "WARN"),
        ("C-19", "INFO", "INFO"),
    ],
)
def test_severities_differ_by_mode(code: str, check: str, fix: str) -> None:
    entry = CATALOGUE[code]

    assert (entry.severity(Mode.CHECK), entry.severity(Mode.FIX)) == (check, fix)


def test_behind_remote_answers_to_the_older_seeds_code_too() -> None:
    assert [check.code for check in lookup("c-14")] == ["C-14", "C-16"]
    assert [check.code for check in lookup("C-16")] == ["C-16"]
    assert lookup("C-99") == []


def test_an_action_is_never_found_in_check_mode() -> None:
    with pytest.raises(BadValue):
        found("T03", {"task": "T01", "old": "todo", "new": "done"}, Mode.CHECK)


def test_only_a_failure_fails() -> None:
    facts: dict[str, str | int] = {"what": "x", "why": "y"}

    assert failed([found("C-01", facts)])
    assert not failed([found("C-01", facts, severity=Severity.WARN)])


def test_a_message_cannot_steer_a_terminal_or_fill_a_log() -> None:
    message = found("C-01", {"what": "a\x1b[31m\nb\u202e", "why": "x" * 5000}).message

    assert message.startswith(
        "a\N{REPLACEMENT CHARACTER}[31m b\N{REPLACEMENT CHARACTER} cannot be read"
    )
    assert len(message) == LONGEST
