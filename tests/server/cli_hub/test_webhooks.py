"""`custodian inventory webhooks`: the forge tells the hub of each push at once."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from custodian_core.errors import BadValue
from tests.core.forge.fake import Switch
from tests.forges import Standing, standing

from .desk import checkout, refusal, run, say

SECRET = "a secret that nobody can guess"  # noqa: S105 - it opens nothing
HUB = "https://hub.example"
HOOKS = ("inventory", "webhooks")


@pytest.fixture
def forge(
    forge_server: tuple[Switch, str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Standing]:
    """A forge that has two of the hub's repos, and a hub that others reach."""
    with standing(*forge_server, home) as forge:
        monkeypatch.setenv("GITEA_URL", forge.url)
        monkeypatch.setenv("GITEA_TOKEN", forge.token())
        monkeypatch.setenv("CUSTODIAN_WEBHOOK_SECRET", SECRET)
        for name in ("docs", "tools"):
            forge.knows.add_repo(f"coulomb/{name}")
            say("inventory", "register", f"coulomb/{name}")
        yield forge


def told(*arguments: str, code: int = 0) -> dict[str, tuple[str, bool]]:
    """How each place stands, and whether anything was done there."""
    envelope: dict[str, Any] = json.loads(say(*HOOKS, *arguments, "--json", code=code))
    done = envelope["data"]["done"]
    return {each["where"]: (each["standing"], each["changed"]) for each in done}


def hooks(forge: Standing, full_name: str = "coulomb/docs") -> list[dict[str, Any]]:
    found = (each for each in forge.knows.repos.values() if each.full_name == full_name)
    return next(found).hooks


def test_each_repo_gets_one_webhook_however_often_it_is_installed(forge: Standing) -> None:
    assert told("status", "--url", HUB, code=1) == {
        "coulomb/docs": ("none", False),
        "coulomb/tools": ("none", False),
    }
    assert told("install", "--all", "--url", HUB) == {
        "coulomb/docs": ("fine", True),
        "coulomb/tools": ("fine", True),
    }
    assert told("install", "docs", "coulomb/docs", "--url", f"{HUB}/") == {
        "coulomb/docs": ("fine", False)
    }
    assert set(told("status", "--url", HUB).values()) == {("fine", False)}

    (hook,) = hooks(forge)
    assert hook["config"] == {"url": f"{HUB}/hooks/gitea", "content_type": "json"}
    assert hook["events"] == ["push", "create", "delete", "repository"]
    assert hook["active"] is True


def test_a_webhook_that_somebody_changed_is_told_and_mended(forge: Standing) -> None:
    say(*HOOKS, "install", "docs", "--url", HUB)
    hooks(forge)[0] |= {"active": False, "events": ["push"]}
    assert told("status", "docs", "--url", HUB, code=1) == {"coulomb/docs": ("wrong", False)}
    assert told("install", "docs", "--url", HUB) == {"coulomb/docs": ("fine", True)}

    (hook,) = hooks(forge)
    assert (hook["active"], len(hook["events"])) == (True, 4)


def test_a_new_secret_makes_a_new_webhook_and_two_become_one(forge: Standing) -> None:
    say(*HOOKS, "install", "docs", "--url", HUB)
    (before,) = hooks(forge)
    hooks(forge).append({**before, "id": before["id"] + 1000})
    assert told("status", "docs", "--url", HUB, code=1) == {"coulomb/docs": ("wrong", False)}
    assert told("install", "docs", "--url", HUB) == {"coulomb/docs": ("fine", True)}
    assert [hook["id"] for hook in hooks(forge)] == [before["id"]]

    assert told("install", "docs", "--url", HUB, "--renew") == {"coulomb/docs": ("fine", True)}
    (after,) = hooks(forge)
    assert after["id"] != before["id"]


def test_an_organization_has_one_webhook_for_all_its_repos(forge: Standing) -> None:
    assert told("install", "--org", "coulomb", "--url", HUB) == {"coulomb": ("fine", True)}
    assert told("status", "--org", "coulomb", "--url", HUB) == {"coulomb": ("fine", False)}
    assert len(forge.knows.orgs["coulomb"].hooks) == 1
    assert not hooks(forge)


def test_webhooks_of_others_stay(forge: Standing) -> None:
    say(*HOOKS, "install", "docs", "--url", "https://other.example")
    say(*HOOKS, "install", "docs", "--url", HUB)
    assert told("uninstall", "docs", "--url", HUB) == {"coulomb/docs": ("none", True)}
    assert told("uninstall", "docs", "--url", HUB) == {"coulomb/docs": ("none", False)}

    (left,) = hooks(forge)
    assert left["config"]["url"] == "https://other.example/hooks/gitea"


def test_the_secret_is_shown_nowhere(forge: Standing) -> None:
    for words in (("install", "--all"), ("install", "--all", "--renew"), ("status",)):
        result = run(*HOOKS, *words, "--url", HUB)
        assert result.exit_code == 0, result.output
        assert SECRET not in result.output
    assert SECRET not in say("settings")


def test_of_several_repos_each_is_done_or_told(forge: Standing) -> None:
    result = run(*HOOKS, "install", "docs", "newton/secret", "--url", HUB)

    assert result.exit_code == 1
    assert "coulomb/docs  fine  changed" in result.stdout
    assert "newton/secret: on the forge at" in result.stderr
    alone = run(*HOOKS, "status", "newton/secret", "--url", HUB)
    assert (alone.exit_code, alone.stdout) == (2, "")
    assert alone.stderr == result.stderr


def test_what_is_missing_is_said_before_anything_is_done(
    forge: Standing, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "name repos, --org NAME, or --all" in refusal(BadValue, *HOOKS, "install")
    assert "Say --url https://" in refusal(BadValue, *HOOKS, "install", "docs")
    assert "--url: it must be as" in refusal(BadValue, *HOOKS, "install", "docs", "--url", "hub")
    monkeypatch.delenv("CUSTODIAN_WEBHOOK_SECRET")
    assert "openssl rand" in refusal(BadValue, *HOOKS, "install", "docs", "--url", HUB)
    assert not hooks(forge)


def test_a_repo_elsewhere_has_no_webhook_on_this_forge(forge: Standing, home: Path) -> None:
    say("register", str(checkout(home / "away", "https://git.example/ada/away.git")))

    assert sorted(told("status", "--url", HUB, code=1)) == ["coulomb/docs", "coulomb/tools"]
    assert "is not on the forge" in refusal(BadValue, *HOOKS, "status", "away", "--url", HUB)


def test_without_a_repo_on_the_forge_that_is_said(forge: Standing) -> None:
    for slug in ("docs", "tools"):
        say("repo", "unregister", slug, "--yes")

    assert say(*HOOKS, "status", "--url", HUB) == "no repo in care is on the forge\n"
