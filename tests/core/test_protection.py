"""Why a push was refused, and what would allow it, from what a forge tells."""

from dataclasses import replace
from typing import Any

import pytest

from custodian_core.forge.records import Branch, BranchProtection, ForgeRepo
from custodian_core.protection import explained, fits

URL = "https://git.example/ada/docs"
REPO = ForgeRepo(1, "ada", "docs", "ada/docs", f"{URL}.git", "git@git.example:ada/docs.git", URL)


def told(*rules: BranchProtection, branch: Branch | None = None, **more: Any) -> str:
    return explained(replace(REPO, **more), "main", "bot", rules, branch)


def rule(name: str = "main", **more: Any) -> BranchProtection:
    said: dict[str, Any] = {"enable_push": True, **more}
    return BranchProtection(name, **said)


def test_a_rule_that_lets_nobody_push_says_what_would_allow_it() -> None:
    assert told(rule(enable_push=False)) == (
        "the rule 'main' lets nobody push; let bot push there, or name "
        "workplans/**;.custodian-brief.md in its unprotected file patterns"
    )


def test_a_rule_with_a_list_says_who_is_on_it() -> None:
    listed = rule(
        enable_push_whitelist=True,
        push_whitelist_usernames=("ada",),
        push_whitelist_teams=("owners",),
    )

    assert told(listed).startswith("the rule 'main' lets only ada, team owners push; put bot on")
    assert told(replace(listed, push_whitelist_usernames=("ada", "Bot"))) == ""


def test_every_reason_of_a_rule_is_told() -> None:
    strict = rule(
        enable_push=False, require_signed_commits=True, protected_file_patterns="workplans/*"
    )

    assert "lets nobody push" in told(strict)
    assert "takes signed commits alone" in told(strict)
    assert told(strict).endswith("protects the files workplans/*")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"archived": True}, "archived on the forge"),
        ({"mirror": True}, "is a mirror"),
        ({"can_push": False}, "bot may only read ada/docs"),
    ],
)
def test_a_repo_that_takes_no_pushes_at_all_is_told_before_any_rule(
    more: dict[str, Any], words: str
) -> None:
    assert words in told(rule(enable_push=False), **more)


def test_the_rule_that_the_forge_names_counts_else_the_first_that_fits() -> None:
    rules = (rule("release/*", enable_push=False), rule("m*"), rule("main", enable_push=False))

    assert told(*rules) == ""
    assert "the rule 'main'" in told(*rules, branch=Branch("main", True, False, "main"))


def test_who_may_not_read_the_rules_is_told_what_the_branch_says() -> None:
    assert told(branch=Branch("main", True, False, "main")) == (
        "branch main is protected by the rule 'main' and bot may not push there; "
        "an administrator of ada/docs can put bot on its list of who may push"
    )
    assert told(branch=Branch("main", False, True)) == ""
    assert told() == ""


@pytest.mark.parametrize(
    ("pattern", "branch", "whether"),
    [
        ("main", "main", True),
        ("main", "Main", True),
        ("main", "maintenance", False),
        ("release/*", "release/1", True),
        ("release/*", "release/1/x", False),
        ("release/**", "release/1/x", True),
    ],
)
def test_patterns_are_read_as_the_forge_reads_them(
    pattern: str, branch: str, whether: bool
) -> None:
    assert fits(pattern, branch) is whether
