"""The codes of what can be amiss in a schedule, as part of the catalogue."""

from custodian_core.checks import Check, Severity

FAIL, WARN = Severity.FAIL, Severity.WARN

#: tells of what may be meant; every other code keeps the schedule from being used
HARMLESS = "K-05"

SCHEDULES = (
    Check(
        "K-01",
        "schedule cannot be read",
        "schedule cannot be read: {why}",
        "Mend what is named; `custodian schedule validate` says whether it can be read.",
        check=WARN,
        fix=WARN,
        lint=FAIL,
    ),
    Check(
        "K-02",
        "key is none of a schedule's",
        "{what} has no key '{key}'{hint}",
        "Correct or remove the key; `custodian schedule schema` lists all there are.",
        check=WARN,
        fix=WARN,
        lint=FAIL,
    ),
    Check(
        "K-03",
        "value of a schedule cannot be used",
        "{field} of {what} is {value}: {why}",
        "Write a value that can be used; nothing of the repo is scheduled until then.",
        check=WARN,
        fix=WARN,
        lint=FAIL,
    ),
    Check(
        "K-04",
        "path of a schedule leaves the repo",
        "{field} of {what} is '{path}': {why}",
        "Name a file or folder of the repo, relative to its top folder.",
        check=WARN,
        fix=WARN,
        lint=FAIL,
    ),
    Check(
        HARMLESS,
        "schedule says less than it seems to",
        "{what}: {why}",
        "Nothing has to be done if that is meant.",
        check=WARN,
        fix=WARN,
        lint=WARN,
    ),
)
