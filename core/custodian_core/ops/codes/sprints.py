"""The codes of what can be amiss in a sprint, and in what was filed of it."""

from custodian_core.checks import Severity, rule

FAIL, WARN, INFO = Severity.FAIL, Severity.WARN, Severity.INFO

SPRINTS = (
    rule(
        "SP01",
        FAIL,
        "filer block is missing or broken",
        "the filer block {why}",
        "Put the entries between `<!-- filer:begin -->` and `<!-- filer:end -->`.",
    ),
    rule(
        "SP02",
        FAIL,
        "entry cannot be read",
        "{what} cannot be read: {why}",
        "Mend the named line; nothing of the sprint is filed until then.",
    ),
    rule(
        "SP03",
        FAIL,
        "entry lacks a field, or has a wrong one",
        "{what}: {field} {why}",
        "An entry has an id and a title; labels, depends_on and body may follow.",
    ),
    rule(
        "SP04",
        FAIL,
        "two entries have one id",
        "id '{id}' is also that of line {other}",
        "Give each its own: filed work is known by it.",
    ),
    rule(
        "SP05",
        FAIL,
        "entry depends on one that is not there",
        "'{id}' depends on '{missing}', which is no entry of this sprint",
        "Correct the id, or name an issue as `#14`.",
    ),
    rule(
        "SP06",
        FAIL,
        "entries wait for each other",
        "they wait for each other: {cycle}",
        "Take one of the dependencies out.",
    ),
    rule(
        "SP07",
        FAIL,
        "sprint names no vision issue",
        "there is no issue in the section 'Vision issues'",
        "Write `## Vision issues` and below it `- #31 — its title`.",
    ),
    rule(
        "SP08",
        WARN,
        "value would mean something else in YAML",
        "{field} of '{id}' is read as it is written; YAML would {why}",
        "Put it in quotes, so that other readers see the same.",
    ),
    rule(
        "SP09",
        WARN,
        "entry would not pass the backlog's gate",
        "'{id}' has {why}",
        "Add acceptance criteria as boxes, and `## Affected files` with a path a line.",
    ),
    rule(
        "SP10",
        WARN,
        "entry is too large for one piece of work",
        "'{id}' has {count} {what}, and {most} is what one piece of work should have",
        "Split it, or file it as a vision.",
    ),
    rule(
        "SP11",
        WARN,
        "entry has no label",
        "'{id}' has no label, so nobody picks it up",
        "Write `labels: [backlog]`.",
    ),
    rule(
        "SP12",
        WARN,
        "entry has a field that nobody reads",
        "'{id}' has a field '{field}'; there are {known}",
        "Take it out, or correct its spelling.",
    ),
    rule(
        "SP13",
        INFO,
        "section of a pitch is missing",
        "there is no section '{section}'",
        "Write it, if the pitch is not decided yet.",
    ),
    rule(
        "SP14",
        WARN,
        "what was filed is not what the sprint says now",
        "'{id}' was filed as {ref} and says something else there",
        "Change one of the two by hand; it is not filed again.",
    ),
    rule(
        "SP15",
        FAIL,
        "one entry was filed twice",
        "'{id}' was filed as {refs}",
        "Close all but one of them.",
    ),
    rule(
        "SP16",
        FAIL,
        "label is not known to the forge",
        "label '{label}' of '{id}' does not exist there",
        "Make the label first, or take it out; nothing is filed until then.",
    ),
    rule(
        "SP17",
        INFO,
        "entry was filed before there were markers",
        "'{id}' was filed as {ref}, as `## Filed:` in {where} says",
        "Nothing needs to be done; it is not filed again.",
    ),
    rule(
        "SP18",
        WARN,
        "entry may have been filed before there were markers",
        "`## Filed:` in {where} names {issues}, and whether one of them is '{id}' is not known",
        "If it was not filed, move it into a sprint of its own; it is not filed from this one.",
    ),
)
