"""The conformance suite of the protocol, at `/mcp` of the server that is shipped."""

import re
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from .conftest import HERE, Machine

pytestmark = pytest.mark.clients


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory, programs: Path) -> Machine:
    return Machine(tmp_path_factory.mktemp("conformance") / "home", programs)


@pytest.fixture(scope="module")
def url(machine: Machine) -> Generator[str]:
    with machine.serving(f"{sys.executable} {HERE / 'fixture_server.py'} 0") as url:
        yield f"{url}/mcp".replace("127.0.0.1", "localhost")


@pytest.mark.parametrize(("revision", "scenarios"), [("2026-07-28", 37), ("2025-11-25", 30)])
def test_every_scenario_that_a_revision_requires_passes(
    revision: str, scenarios: int, machine: Machine, url: str
) -> None:
    done = machine.run(f"conformance server --url {url} --requirements {revision}")
    required, _, unscored = done.stdout.partition("=== SUMMARY ===")[2].partition("Not scored")
    extra = set(re.findall(r"[✓✗] (\S+) \(", unscored))
    passed = set(re.findall(r"^✓ (\S+):", required, re.MULTILINE)) - extra
    failed = set(re.findall(r"^✗ (\S+):", required, re.MULTILINE)) - extra

    assert failed == set()
    assert len(passed) == scenarios
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("what", ["enumeration", "manifest"])
def test_skills_are_told_as_their_draft_says(what: str, machine: Machine, url: str) -> None:
    scenario = f"--scenario sep-2640-skills-{what} --spec-version 2026-07-28 --force"
    told = machine.say(f"conformance server --url {url} {scenario}")

    assert "0 failed" in told
