"""A push that a forge refuses is explained by what the forge says of its branch."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from custodian_core.commands import ChangeRepo
from custodian_core.forge.client import HttpForge
from custodian_core.settings import Settings
from custodian_tools.onboarding import Wish, take_in
from custodian_tools.sync import Bench, Options, fix
from custodian_tools.sync.refusals import explainer
from tests.forges import Standing

Refused = Callable[..., str]
RULE = {
    "rule_name": "main",
    "branch_name": "main",
    "enable_push": True,
    "enable_push_whitelist": True,
    "push_whitelist_usernames": ["root"],
}


@pytest.fixture
def refused(forge: Standing, ada: HttpForge, bench: Bench, settings: Settings) -> Refused:
    """Why a fix could not push, as C-17 tells it, to a branch with those rules."""
    there = forge.add("coulomb/docs")
    hook = forge.bare("coulomb/docs") / "hooks/pre-receive"

    def refused(*rules: dict[str, Any], number: int | None = None, **said: str) -> str:
        there.protections = list(rules)
        path = Path(settings.values["CUSTODIAN_HOME"]) / "repos"
        take_in(ada, bench, settings, "coulomb/docs", Wish(clone_into=path))
        if number is not None:
            bench.hub.do(ChangeRepo("docs", {"forge_id": number}), bench.by)
        hook.write_text("#!/bin/sh\necho 'Not allowed to push to main' >&2\nexit 1\n")
        hook.chmod(0o755)
        named = Settings({**settings.values, **said}, {})
        asking = replace(bench, explain=explainer(named))
        report = fix(asking, bench.hub.repo("docs"), path / "docs", Options(settle_s=0))
        (finding,) = (each for each in report.findings if each.code == "C-17")
        assert (finding.reason, report.sealed) == ("protected", False)
        return finding.message

    return refused


def test_the_rule_that_refused_and_what_would_allow_it_are_told(refused: Refused) -> None:
    told = refused(RULE)

    assert "Not allowed to push to main" in told
    assert "the rule 'main' lets only root push; put ada on its list, or name workplans/**" in told


def test_a_repo_without_a_rule_is_explained_no_further(refused: Refused) -> None:
    told = refused()

    assert "Not allowed to push" in told
    assert "rule" not in told


def test_a_forge_that_goes_by_two_addresses_is_known_by_the_repos_number(
    refused: Refused, forge: Standing
) -> None:
    told = refused(RULE, GITEA_URL=forge.url.replace("127.0.0.1", "localhost"))

    assert "the rule 'main' lets only root push" in told


def test_another_forge_with_a_repo_of_that_number_is_told_nothing(
    refused: Refused, forge: Standing
) -> None:
    other = forge.knows.add_repo("coulomb/else", protections=[RULE])
    elsewhere = forge.url.replace("127.0.0.1", "localhost")
    told = refused(RULE, number=other.id, GITEA_URL=elsewhere)

    assert "rule" not in told
    assert f"/repositories/{other.id}" in forge.fake.paths()


def test_without_a_forge_the_remotes_words_are_all_there_is(refused: Refused) -> None:
    assert "rule" not in refused(RULE, GITEA_URL="")


def test_a_forge_that_does_not_answer_fails_no_run(refused: Refused) -> None:
    told = refused(RULE, GITEA_URL="http://127.0.0.1:9")

    assert "the forge does not say why" in told


def test_a_token_that_is_not_known_is_told_without_saying_it(refused: Refused) -> None:
    told = refused(RULE, GITEA_TOKEN="s3cret" * 6)

    assert "does not know the token" in told
    assert "s3cret" not in told
