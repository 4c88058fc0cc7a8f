"""Why a forge refused a push, and what would allow it: the branch's rules in, sentences out."""

import re
from collections.abc import Iterator, Sequence

from .forge.records import Branch, BranchProtection, ForgeRepo

#: what Custodian writes, as the patterns of a rule name it
WRITTEN = "workplans/**;.custodian-brief.md"


def explained(
    repo: ForgeRepo, branch: str, login: str, rules: Sequence[BranchProtection], told: Branch | None
) -> str:
    """Which rule refuses the push, and what would allow it; empty where none is seen to."""
    if repo.archived:
        return "the repo is archived on the forge; un-archive it, or archive it in the hub too"
    if repo.mirror:
        return "the repo is a mirror, which takes no pushes; push to where it is mirrored from"
    if repo.can_push is False:
        return f"{login} may only read {repo.full_name}; give {login} the right to write"
    rule = rule_for(branch, rules, told)
    if rule is not None:
        return "; ".join(_of_rule(rule, login))
    if told is not None and told.protected and told.user_can_push is False:
        name = f" by the rule '{told.rule_name}'" if told.rule_name else ""
        who = f"{login} may not push there"
        ask = f"an administrator of {repo.full_name} can put {login} on its list of who may push"
        return f"branch {branch} is protected{name} and {who}; {ask}"
    return ""


def rule_for(
    branch: str, rules: Sequence[BranchProtection], told: Branch | None
) -> BranchProtection | None:
    """The rule that holds for the branch: the one the forge names, else the first that fits."""
    named = told.rule_name if told else None
    by_name = (rule for rule in rules if named and rule.rule_name == named)
    return next(by_name, None) or next((r for r in rules if fits(r.rule_name, branch)), None)


def fits(pattern: str, branch: str) -> bool:
    """Whether a rule of that name is about the branch: `*` stands within a part, `**` for all."""
    parts = re.split(r"(\*\*|\*|\?)", pattern)
    words = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    spelled = "".join(words.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(spelled, branch, re.IGNORECASE) is not None


def _of_rule(rule: BranchProtection, login: str) -> Iterator[str]:
    name = f"the rule '{rule.rule_name}'"
    listed = login.casefold() in (each.casefold() for each in rule.push_whitelist_usernames)
    spare = f"or name {WRITTEN} in its unprotected file patterns"
    if not rule.enable_push:
        yield f"{name} lets nobody push; let {login} push there, {spare}"
    elif rule.enable_push_whitelist and not listed:
        who = [*rule.push_whitelist_usernames, *(f"team {t}" for t in rule.push_whitelist_teams)]
        only = f"only {', '.join(who[:5])}" if who else "nobody"
        yield f"{name} lets {only} push; put {login} on its list, {spare}"
    if rule.require_signed_commits:
        yield f"{name} takes signed commits alone, and Custodian's are not signed; lift that"
    if rule.protected_file_patterns:
        yield f"{name} protects the files {rule.protected_file_patterns}"
