"""The codes of what can be amiss in an ops repo, as part of the catalogue."""

from custodian_core.checks import Check, Severity

FAIL, WARN, INFO = Severity.FAIL, Severity.WARN, Severity.INFO


def _rule(code: str, severity: Severity, title: str, message: str, todo: str) -> Check:
    """A rule that is told alike whoever looks, and that nothing puts right by itself."""
    return Check(code, title, message, todo, check=severity, fix=severity, lint=severity)


PREREQUISITES = (
    _rule(
        "PT01",
        WARN,
        "all is ticked, and the objective is not done",
        "all {count} prerequisites of '{objective}' are ticked, and its status is {status}",
        "Set the status to DONE, or add what is still missing.",
    ),
    _rule(
        "PT02",
        FAIL,
        "objective is done with an open prerequisite",
        "'{objective}' is DONE, and '{item}' is not ticked",
        "Tick it, take it out, or set another status.",
    ),
    _rule(
        "PT03",
        FAIL,
        "objective has not one good status line",
        "'{objective}' {why}",
        "Leave one line: Status: DONE, READY, BLOCKED or IN PROGRESS, and after a dash the reason.",
    ),
    _rule(
        "PT04",
        WARN,
        "status and its reason do not fit",
        "'{objective}' is {status} {why}",
        "Say what blocks it, or correct the status.",
    ),
    _rule(
        "PT05",
        FAIL,
        "box and annotation say different things",
        "'{item}' is {box}, and its annotation says '{state}'",
        "Correct whichever is wrong: `custodian prereq tick` changes both.",
    ),
    _rule(
        "PT06",
        FAIL,
        "prerequisite waits for a vault item that is not there",
        "'{item}' waits for {path}, which is neither pending nor approved",
        "Request it with `custodian vault request`, or correct the path.",
    ),
    _rule(
        "PT07",
        WARN,
        "prerequisite waits for a vault item that is settled",
        "'{item}' waits for {path}, which is {state}",
        "Fired: tick it or take the mark out. Rejected: plan anew.",
    ),
    _rule(
        "PT08",
        WARN,
        "vault item that unblocks the tree is not mentioned in it",
        "{path} unblocks {refs} of the tree, and no prerequisite waits for it",
        "Mark the prerequisite with `custodian prereq block`.",
    ),
    _rule(
        "PT09",
        WARN,
        "reason of a status is out of date",
        "the status of '{objective}' names #{ref}, {why}",
        "Name what blocks it now, or correct the status.",
    ),
    _rule(
        "PT10",
        WARN,
        "one issue is ticked here and open there",
        "#{ref} is ticked on line {ticked} and open on line {open}",
        "Make them alike; the issue itself says which is right.",
    ),
    _rule(
        "PT11",
        FAIL,
        "objective is ready although a prerequisite is blocked",
        "'{objective}' is READY, and '{item}' is blocked",
        "Set the status to BLOCKED, and say by what.",
    ),
    _rule(
        "PT12",
        WARN,
        "date of the tree is not right",
        "the tree's date {why}",
        "Let the first lines say `<!-- Last updated: YYYY-MM-DD -->`, the day of the last change.",
    ),
    _rule(
        "PT13",
        WARN,
        "objective is written twice, or has no prerequisites",
        "'{objective}' {why}",
        "Merge the two, or write down what it needs.",
    ),
    _rule(
        "PT14",
        FAIL,
        "prerequisites wait for each other",
        "they wait for each other: {cycle}",
        "Take one of the dependencies out.",
    ),
    _rule(
        "PT15",
        FAIL,
        "milestone is done before its objectives",
        "milestone {milestone} is DONE, and '{objective}' is {status}",
        "Correct whichever is wrong.",
    ),
    _rule(
        "PT16",
        INFO,
        "objective is done with little evidence",
        "'{objective}' is DONE with {count} pieces of evidence",
        "Write evidence for it, or look whether it is really done.",
    ),
    _rule(
        "PT17",
        WARN,
        "annotation disagrees with the issue",
        "'{item}' says '{said}' of #{ref}, and the issue is {state}",
        "Correct the annotation and the box.",
    ),
)

VAULT = (
    _rule(
        "VA01",
        FAIL,
        "vault file cannot be read",
        "{what} cannot be read: {why}",
        "Mend the named line; until then it is shown as invalid and nothing comes of it.",
    ),
    _rule(
        "VA02",
        FAIL,
        "field of an action is missing or wrong",
        "{field} {why}",
        "Correct it; `custodian vault validate` tells all that is wrong at once.",
    ),
    _rule(
        "VA03",
        FAIL,
        "field of an action that nobody knows",
        "there is no field '{field}'; there are {known}",
        "Take it out, or correct its spelling.",
    ),
    _rule(
        "VA04",
        FAIL,
        "action's id is not its file's name",
        "the id is '{id}', and the file is {name}",
        "Name the file after the id.",
    ),
    _rule(
        "VA05",
        FAIL,
        "action's id is used twice",
        "id '{id}' is also used by {other}",
        "Give one of them another id.",
    ),
    _rule(
        "VA06",
        FAIL,
        "action claims that it needs no approval",
        'it says dispatch_mode = "direct", and its tier is {tier}',
        "Take the line out: the policy says what needs approval, not the action.",
    ),
    _rule(
        "VA07",
        WARN,
        "action's tier is not lowered",
        "it asks for tier {asked}, and the policy says {tier}: {tier} holds",
        "Only a person lowers a tier, by a change of vault/policy.toml.",
    ),
    _rule(
        "VA08",
        FAIL,
        "action's formula does not exist",
        "there is no formula '{formula}' in {where}",
        "Correct the name, or add the formula.",
    ),
    _rule(
        "VA09",
        FAIL,
        "policy cannot be used as it stands",
        "the policy {why}; everything it does not name clearly is high",
        'Correct vault/policy.toml: [tiers], and a formula = "low", "medium" or "high" a line.',
    ),
    _rule(
        "VA10",
        WARN,
        "policy names a formula that does not exist",
        "the policy names '{formula}', which does not exist in {where}",
        "Take the line out, or correct the name.",
    ),
    _rule(
        "VA11",
        INFO,
        "formula has no tier",
        "the policy does not name '{formula}', so it is high",
        "Add it to [tiers] of vault/policy.toml if that is not meant.",
    ),
    _rule(
        "VA12",
        FAIL,
        "procurement item is not complete",
        "section '{section}' {why}",
        "An item has What, Why, Human action, Factory will then and Unblocks, none of them empty.",
    ),
    _rule(
        "VA13",
        WARN,
        "procurement item unblocks no issue",
        "section 'Unblocks' names no issue",
        "Name each issue that waits: `- #14 — signed builds`.",
    ),
    _rule(
        "VA14",
        WARN,
        "what the person shall do is not concrete",
        "no step of 'Human action' can be done as it stands: '{step}'",
        "Say what to do and where: `Create the organisation acme on the forge`.",
    ),
    _rule(
        "VA15",
        WARN,
        "one thing is asked for twice",
        "{path} asks for the same as {other}",
        "Settle one of them.",
    ),
    _rule(
        "VA16",
        FAIL,
        "result of an action cannot be read",
        "the result of '{id}' cannot be read: {why}",
        "Look at the file: whether the action ran is not known.",
    ),
    _rule(
        "VA17",
        WARN,
        "item of the vault is not committed as it lies there",
        "{path} has changes that are not committed",
        "Commit and push them: nobody else sees them, and what writes here refuses meanwhile.",
    ),
    _rule(
        "VA18",
        WARN,
        "action that was refused can run",
        "pull request {number} was closed without being merged, and {path} is on the main branch",
        "A dispatcher takes what lies there. Take it out, unless somebody has agreed since.",
    ),
    _rule(
        "VA19",
        INFO,
        "pull requests of the vault are not known",
        "what only a pull request has may be missing: {why}",
        "Set GITEA_URL and GITEA_TOKEN, or ask again when the forge answers.",
    ),
)

SPRINTS = (
    _rule(
        "SP01",
        FAIL,
        "filer block is missing or broken",
        "the filer block {why}",
        "Put the entries between `<!-- filer:begin -->` and `<!-- filer:end -->`.",
    ),
    _rule(
        "SP02",
        FAIL,
        "entry cannot be read",
        "{what} cannot be read: {why}",
        "Mend the named line; nothing of the sprint is filed until then.",
    ),
    _rule(
        "SP03",
        FAIL,
        "entry lacks a field, or has a wrong one",
        "{what}: {field} {why}",
        "An entry has an id and a title; labels, depends_on and body may follow.",
    ),
    _rule(
        "SP04",
        FAIL,
        "two entries have one id",
        "id '{id}' is also that of line {other}",
        "Give each its own: filed work is known by it.",
    ),
    _rule(
        "SP05",
        FAIL,
        "entry depends on one that is not there",
        "'{id}' depends on '{missing}', which is no entry of this sprint",
        "Correct the id, or name an issue as `#14`.",
    ),
    _rule(
        "SP06",
        FAIL,
        "entries wait for each other",
        "they wait for each other: {cycle}",
        "Take one of the dependencies out.",
    ),
    _rule(
        "SP07",
        FAIL,
        "sprint names no vision issue",
        "there is no issue in the section 'Vision issues'",
        "Write `## Vision issues` and below it `- #31 — its title`.",
    ),
    _rule(
        "SP08",
        WARN,
        "value would mean something else in YAML",
        "{field} of '{id}' is read as it is written; YAML would {why}",
        "Put it in quotes, so that other readers see the same.",
    ),
    _rule(
        "SP09",
        WARN,
        "entry would not pass the backlog's gate",
        "'{id}' has {why}",
        "Add acceptance criteria as boxes, and `## Affected files` with a path a line.",
    ),
    _rule(
        "SP10",
        WARN,
        "entry is too large for one piece of work",
        "'{id}' has {count} {what}, and {most} is what one piece of work should have",
        "Split it, or file it as a vision.",
    ),
    _rule(
        "SP11",
        WARN,
        "entry has no label",
        "'{id}' has no label, so nobody picks it up",
        "Write `labels: [backlog]`.",
    ),
    _rule(
        "SP12",
        WARN,
        "entry has a field that nobody reads",
        "'{id}' has a field '{field}'; there are {known}",
        "Take it out, or correct its spelling.",
    ),
    _rule(
        "SP13",
        INFO,
        "section of a pitch is missing",
        "there is no section '{section}'",
        "Write it, if the pitch is not decided yet.",
    ),
    _rule(
        "SP14",
        WARN,
        "what was filed is not what the sprint says now",
        "'{id}' was filed as {ref} and says something else there",
        "Change one of the two by hand; it is not filed again.",
    ),
    _rule(
        "SP15",
        FAIL,
        "one entry was filed twice",
        "'{id}' was filed as {refs}",
        "Close all but one of them.",
    ),
    _rule(
        "SP16",
        FAIL,
        "label is not known to the forge",
        "label '{label}' of '{id}' does not exist there",
        "Make the label first, or take it out; nothing is filed until then.",
    ),
    _rule(
        "SP17",
        INFO,
        "entry was filed before there were markers",
        "'{id}' was filed as {ref}, as `## Filed:` in {where} says",
        "Nothing needs to be done; it is not filed again.",
    ),
    _rule(
        "SP18",
        WARN,
        "entry may have been filed before there were markers",
        "`## Filed:` in {where} names {issues}, and whether one of them is '{id}' is not known",
        "If it was not filed, move it into a sprint of its own; it is not filed from this one.",
    ),
)

EVIDENCE = (
    _rule(
        "EV01",
        WARN,
        "evidence of a domain is old",
        "the newest evidence of {domain} is {age} days old, and {most} is what it may be",
        "Run what writes it, and see why it did not run.",
    ),
    _rule(
        "EV02",
        WARN,
        "evidence file cannot be used",
        "{what} {why}",
        "Evidence is evidence/DOMAIN/YYYY-MM-DD[-NAME].json, and holds one JSON object.",
    ),
    _rule(
        "EV03",
        WARN,
        "domain has no evidence at all",
        "there is no evidence of {domain}",
        "Run what writes it; none is not the same as nothing to tell.",
    ),
)

LAYOUT = (
    _rule(
        "OL01",
        WARN,
        "part of the ops repo is missing",
        "{path} is missing",
        "Run `custodian ops migrate`: it adds what is missing and touches nothing else.",
    ),
    _rule(
        "OL02",
        INFO,
        "file does not begin as others expect",
        "{path} begins with '{said}' and not with '{expected}'",
        "Nothing has to be done; a tool that looks for the title will not find it.",
    ),
    _rule(
        "OL03",
        WARN,
        "something lies where nobody looks any more",
        "{path} {why}",
        "Move it by hand where it belongs, or take it out.",
    ),
    _rule(
        "OL04",
        FAIL,
        "something is in the way of a part of the ops repo",
        "{path} is a file, and a folder belongs there",
        "Move it by hand; nothing is overwritten.",
    ),
)
DEFECTS = (
    _rule(
        "DF01",
        FAIL,
        "input was not found",
        "{path} was not found, so nothing is known of {what}",
        "Put it there, or run `custodian ops doctor`; what is unknown is not well.",
    ),
    _rule(
        "DF02",
        WARN,
        "input holds nothing",
        "there are no {what} in {path}",
        "See whether it is read from the right place.",
    ),
    _rule(
        "DF03",
        FAIL,
        "things wait for each other",
        "they wait for each other: {cycle}",
        "Take one of the dependencies out.",
    ),
    _rule(
        "DF04",
        WARN,
        "nothing leads to it",
        "{what} {why}",
        "Name it where it is needed, or take it out.",
    ),
    _rule(
        "DF05",
        INFO,
        "objective stands on little",
        "'{objective}' is {status} with {why}",
        "Look whether it is truly so.",
    ),
    _rule(
        "DF06",
        INFO,
        "much waits for one thing",
        "'{item}' holds up {count} objectives",
        "Do it first, or split it.",
    ),
    _rule(
        "DF07",
        WARN,
        "something waits for what is not there",
        "{what} waits for {missing}, which is not there",
        "Correct the name, or put it there.",
    ),
)

SECRETS = (
    _rule(
        "SE01",
        FAIL,
        "text holds what looks like a secret",
        "{rule}: {length} characters from column {column} look like a secret ({mark})",
        "Take it out and make it void where it was made; if it is none, allow its mark.",
    ),
)

#: every rule, in the order in which people read them
RULES = (*PREREQUISITES, *VAULT, *SPRINTS, *EVIDENCE, *LAYOUT, *DEFECTS, *SECRETS)
