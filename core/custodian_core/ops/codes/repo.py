"""The codes of what can be amiss in an ops repo as a whole, and of a secret in any text."""

from custodian_core.checks import Severity, rule

FAIL, WARN, INFO = Severity.FAIL, Severity.WARN, Severity.INFO

EVIDENCE = (
    rule(
        "EV01",
        WARN,
        "evidence of a domain is old",
        "the newest evidence of {domain} is {age} days old, and {most} is what it may be",
        "Run what writes it, and see why it did not run.",
    ),
    rule(
        "EV02",
        WARN,
        "evidence file cannot be used",
        "{what} {why}",
        "Evidence is evidence/DOMAIN/YYYY-MM-DD[-NAME].json, and holds one JSON object.",
    ),
    rule(
        "EV03",
        WARN,
        "domain has no evidence at all",
        "there is no evidence of {domain}",
        "Run what writes it; none is not the same as nothing to tell.",
    ),
    rule(
        "EV04",
        WARN,
        "log was not read to its end",
        "not all was read: {what}",
        "Unpack or mend it and ask again; until then the report lacks what it says.",
    ),
)

LAYOUT = (
    rule(
        "OL01",
        WARN,
        "part of the ops repo is missing",
        "{path} is missing",
        "Run `custodian ops migrate`: it adds what is missing and touches nothing else.",
    ),
    rule(
        "OL02",
        INFO,
        "file does not begin as others expect",
        "{path} begins with '{said}' and not with '{expected}'",
        "Nothing has to be done; a tool that looks for the title will not find it.",
    ),
    rule(
        "OL03",
        WARN,
        "something lies where nobody looks any more",
        "{path} {why}",
        "Move it by hand where it belongs, or take it out.",
    ),
    rule(
        "OL04",
        FAIL,
        "something is in the way of a part of the ops repo",
        "{path} is a {what}, and a {belongs} belongs there",
        "Move it by hand; nothing is overwritten, and links are not followed.",
    ),
)

DEFECTS = (
    rule(
        "DF01",
        FAIL,
        "input was not found",
        "{path} was not found, so nothing is known of {what}",
        "Put it there, or run `custodian ops doctor`; what is unknown is not well.",
    ),
    rule(
        "DF02",
        WARN,
        "input holds nothing",
        "there are no {what} in {path}",
        "See whether it is read from the right place.",
    ),
    rule(
        "DF03",
        FAIL,
        "things wait for each other",
        "they wait for each other: {cycle}",
        "Take one of the dependencies out.",
    ),
    rule(
        "DF04",
        WARN,
        "nothing leads to it",
        "{what} {why}",
        "Name it where it is needed, or take it out.",
    ),
    rule(
        "DF05",
        INFO,
        "objective stands on little",
        "'{objective}' is {status} with {why}",
        "Look whether it is truly so.",
    ),
    rule(
        "DF06",
        INFO,
        "much waits for one thing",
        "'{item}' holds up {count} objectives",
        "Do it first, or split it.",
    ),
    rule(
        "DF07",
        WARN,
        "something waits for what is not there",
        "{what} waits for {missing}, which is not there",
        "Correct the name, or put it there.",
    ),
)

SECRETS = (
    rule(
        "SE01",
        FAIL,
        "text holds what looks like a secret",
        "{rule}: {length} characters from column {column} look like a secret ({mark})",
        "Take it out and make it void where it was made; if it is none, allow its mark.",
    ),
)
