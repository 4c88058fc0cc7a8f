"""What the project promises about itself."""

import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import httpx
import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]


DEPLOYED = "docs/examples/deploy/requirements.lock"
BUILDS = "docs/examples/deploy/build.lock"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", DEPLOYED, BUILDS])
def test_the_lock_pins_every_version_by_hash_and_names_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text()
    pins = re.findall(r"^([a-z0-9][^\s=]*)==\S+.*\\$", text, re.MULTILINE)

    assert len(pins) > 5
    assert len(re.findall(r"^\S", text, re.MULTILINE)) == len(pins)
    assert "://" not in text
    assert "--index-url" not in text


def test_the_clients_lock_pins_every_package_by_hash_and_names_no_address() -> None:
    lock = json.loads((ROOT / "tests/clients/package-lock.json").read_text())
    packages = [each for path, each in lock["packages"].items() if path]

    assert len(packages) > 20
    assert all(each["version"] and each["integrity"] for each in packages)
    assert not [each for each in packages if "resolved" in each]


def test_what_the_dev_lock_shares_with_the_lock_it_pins_alike() -> None:
    def pins(lock: str) -> dict[str, str]:
        text = (ROOT / lock).read_text()
        return dict(re.findall(r"^([a-z0-9][^\s=]*)==(\S+)", text, re.MULTILINE))

    dev = pins("requirements-dev.lock")
    for lock in ("requirements.lock", DEPLOYED, BUILDS):
        assert {name: dev.get(name) for name in pins(lock)} == pins(lock), lock


def test_the_lock_of_the_build_has_all_that_the_build_says_it_needs() -> None:
    said = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    text = (ROOT / BUILDS).read_text()
    pinned = dict(re.findall(r"^([a-z0-9][^\s=]*)==(\S+)", text, re.MULTILINE))

    assert said
    for each in map(Requirement, said):
        assert each.specifier.contains(pinned[each.name]), each


def test_make_says_what_it_can_make() -> None:
    told = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)

    for target in ("run", "test", "check", "bench", "lock", "clean"):
        assert re.search(rf"^{target} +[A-Z]", told.stdout, re.MULTILINE)


def test_make_run_starts_the_hub_with_its_front_page(tmp_path: Path) -> None:
    program = Path(sys.executable)
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    # what is set up already is not set up again
    command = ["make", "run", "--assume-old=.venv/run", f"BIN={program.parent}", "ARGS=--port 0"]
    with subprocess.Popen(
        command, cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, start_new_session=True
    ) as run:
        assert run.stdout
        try:
            line = run.stdout.readline()
            url = line.partition(" at ")[2].partition(" ")[0]
            page = httpx.get(url, trust_env=False)
        finally:
            os.killpg(run.pid, signal.SIGTERM)

    assert line.startswith("State Hub at http://127.0.0.1:")
    assert "<h1>Repo Sync Health</h1>" in page.text
    assert (tmp_path / ".local/share/custodian/hub.db").exists()


def test_ci_runs_what_the_readme_names() -> None:
    script = (ROOT / ".ci/run").read_text()

    assert "make check" in script
    assert "make test" in script
