"""The codes of what can be amiss in the tree of prerequisites."""

from custodian_core.checks import Severity, rule

FAIL, WARN, INFO = Severity.FAIL, Severity.WARN, Severity.INFO

PREREQUISITES = (
    rule(
        "PT01",
        WARN,
        "all is ticked, and the objective is not done",
        "all {count} prerequisites of '{objective}' are ticked, and its status is {status}",
        "Set the status to DONE, or add what is still missing.",
    ),
    rule(
        "PT02",
        FAIL,
        "objective is done with an open prerequisite",
        "'{objective}' is DONE, and '{item}' is not ticked",
        "Tick it, take it out, or set another status.",
    ),
    rule(
        "PT03",
        FAIL,
        "objective has not one good status line",
        "'{objective}' {why}",
        "Leave one line: Status: DONE, READY, BLOCKED or IN PROGRESS, and after a dash the reason.",
    ),
    rule(
        "PT04",
        WARN,
        "status and its reason do not fit",
        "'{objective}' is {status} {why}",
        "Say what blocks it, or correct the status.",
    ),
    rule(
        "PT05",
        FAIL,
        "box and annotation say different things",
        "'{item}' is {box}, and its annotation says '{state}'",
        "Correct whichever is wrong: `custodian prereq tick` changes both.",
    ),
    rule(
        "PT06",
        FAIL,
        "prerequisite waits for a vault item that is not there",
        "'{item}' waits for {path}, which is neither pending nor approved",
        "Request it with `custodian vault request`, or correct the path.",
    ),
    rule(
        "PT07",
        WARN,
        "prerequisite waits for a vault item that is settled",
        "'{item}' waits for {path}, which is {state}",
        "Fired: tick it or take the mark out. Rejected: plan anew.",
    ),
    rule(
        "PT08",
        WARN,
        "vault item that unblocks the tree is not mentioned in it",
        "{path} unblocks {refs} of the tree, and no prerequisite waits for it",
        "Mark the prerequisite with `custodian prereq block`.",
    ),
    rule(
        "PT09",
        WARN,
        "reason of a status is out of date",
        "the status of '{objective}' names #{ref}, {why}",
        "Name what blocks it now, or correct the status.",
    ),
    rule(
        "PT10",
        WARN,
        "one issue is ticked here and open there",
        "#{ref} is ticked on line {ticked} and open on line {open}",
        "Make them alike; the issue itself says which is right.",
    ),
    rule(
        "PT11",
        FAIL,
        "objective is ready although a prerequisite is blocked",
        "'{objective}' is READY, and '{item}' is blocked",
        "Set the status to BLOCKED, and say by what.",
    ),
    rule(
        "PT12",
        WARN,
        "date of the tree is not right",
        "the tree's date {why}",
        "Let the first lines say `<!-- Last updated: YYYY-MM-DD -->`, the day of the last change.",
    ),
    rule(
        "PT13",
        WARN,
        "objective is written twice, or has no prerequisites",
        "'{objective}' {why}",
        "Merge the two, or write down what it needs.",
    ),
    rule(
        "PT14",
        FAIL,
        "prerequisites wait for each other",
        "they wait for each other: {cycle}",
        "Take one of the dependencies out.",
    ),
    rule(
        "PT15",
        FAIL,
        "milestone is done before its objectives",
        "milestone {milestone} is DONE, and '{objective}' is {status}",
        "Correct whichever is wrong.",
    ),
    rule(
        "PT16",
        INFO,
        "objective is done with little evidence",
        "'{objective}' is DONE with {count} pieces of evidence",
        "Write evidence for it, or look whether it is really done.",
    ),
    rule(
        "PT17",
        WARN,
        "annotation disagrees with the issue",
        "'{item}' says '{said}' of #{ref}, and the issue is {state}",
        "Correct the annotation and the box.",
    ),
)
