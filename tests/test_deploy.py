"""The examples of how a hub is deployed: linted where that can be had, and true to the program."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from custodian_core.codec import now
from custodian_core.hub import open_store
from custodian_core.settings import NAMES
from custodian_server.cli import cli
from custodian_server.hub_api.traffic import BOUNDS
from custodian_tools.measures import measures
from tests.server.serving import served, settings_of

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "docs/examples"
DEPLOY = EXAMPLES / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
SETTING = re.compile(r"\b(?:CUSTODIAN|GITEA)_[A-Z_]+\b")


def container_file() -> str:
    """Of which the image is made."""
    return (DEPLOY / "Containerfile").read_text()


def composed() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return read


def lines_of_commands() -> list[tuple[str, ...]]:
    """Each command line that something starts, without the program's name."""
    units = [re.findall(r"^ExecStart=\S+ (.*)$", unit.read_text(), re.MULTILINE) for unit in UNITS]
    services = composed()["services"].values()
    (default,) = re.findall(r"^CMD (\[.*\])$", container_file(), re.MULTILINE)
    found = [
        *(shlex.split(line) for lines in units for line in lines),
        *(service["command"] for service in services if "command" in service),
        yaml.safe_load(default),
    ]
    return sorted({tuple(words) for words in found})


@pytest.mark.parametrize("words", lines_of_commands(), ids=" ".join)
def test_what_is_started_is_a_command_with_options_that_there_are(words: tuple[str, ...]) -> None:
    told = CliRunner().invoke(cli, [*words, "--help"])

    assert told.exit_code == 0, told.output


def test_the_image_is_made_as_a_linter_likes_it() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    told = subprocess.run([linter, DEPLOY / "Containerfile"], capture_output=True, text=True)

    assert (told.returncode, told.stdout) == (0, "")


def test_the_image_runs_as_nobody_in_particular_and_keeps_its_data_apart() -> None:
    last = container_file().rpartition("\nFROM ")[2]

    assert re.search(r"^USER [1-9]\d+:[1-9]\d+$", last, re.MULTILINE)
    assert "VOLUME /data" in last


def test_what_goes_into_the_image_has_a_digest_or_is_of_this_checkout() -> None:
    installs = re.findall(r"\bpip .*?\binstall (.*?)(?: \\)?$", container_file(), re.MULTILINE)

    assert len(installs) == 3
    for words in installs:
        assert "--require-hashes" in words or "--no-index" in words
    assert "pip wheel --no-cache-dir --no-deps --no-build-isolation" in container_file()


def test_the_image_is_made_of_what_its_builder_is_sent() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", container_file(), re.MULTILINE)
    wanted = {name for words in copied for name in words.split()}
    told = (DEPLOY / "Containerfile.dockerignore").read_text().splitlines()
    sent = {path for line in told if line.startswith("!") for path in ROOT.glob(line[1:])}

    assert {ROOT / name for name in wanted} == sent
    assert all(path.exists() for path in sent)


def test_pythons_own_modules_are_compiled_for_the_python_that_runs() -> None:
    bases = re.findall(r"^FROM \S+/python:(\d+\.\d+)-(\S+)", container_file(), re.MULTILINE)
    compiled = re.findall(r"python -m compileall .* /usr/local/lib/python(\S+)", container_file())

    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert compiled == [bases[0][0]]


def test_the_first_process_passes_signals_on_and_is_installed() -> None:
    (first,) = re.findall(r"^ENTRYPOINT (\[.*\])$", container_file(), re.MULTILINE)

    assert yaml.safe_load(first) == ["tini", "--", "custodian"]
    assert re.search(r"apt-get install .*\btini\b", container_file())


def test_the_image_says_that_it_is_well_while_the_hub_answers_and_then_no_more(
    tmp_path: Path,
) -> None:
    def asked(url: str) -> int:
        (check,) = re.findall(r"^HEALTHCHECK .* CMD (\[.*\])$", container_file(), re.MULTILINE)
        python, *words = yaml.safe_load(check)
        assert python == "python"
        words = [word.replace("8000", url.rpartition(":")[2]) for word in words]
        # (a proxy that is not there)
        env = {"http_proxy": "http://127.0.0.1:9", "PATH": os.environ["PATH"]}
        return subprocess.run([sys.executable, *words], env=env, stderr=subprocess.PIPE).returncode

    with served(tmp_path) as (_, url):
        assert asked(url) == 0
    assert asked(url) != 0


def test_every_setting_that_is_named_is_one() -> None:
    files = [path for path in DEPLOY.iterdir() if path.suffix != ".lock"]
    named = {name for path in files for name in SETTING.findall(path.read_text())}

    assert len(named) > 3
    assert named <= set(NAMES)


def test_services_may_write_to_their_volume_alone_and_wait_for_the_database() -> None:
    told = composed()
    ours = {n: s for n, s in told["services"].items() if s["image"] == "custodian"}

    assert set(ours) == {"upgrade", "hub-1", "hub-2", "worker"}
    for service in ours.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["pull_policy"] == "never"
        assert service["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    volumes = [v.partition(":")[0] for s in told["services"].values() for v in s.get("volumes", ())]
    assert sorted(volumes) == sorted(told["volumes"])
    assert set(told["secrets"]) == {"postgres-password"}


def test_the_database_is_waited_for_where_the_hub_will_look_for_it() -> None:
    (test,) = [s["healthcheck"]["test"] for s in composed()["services"].values() if "secrets" in s]

    assert test[:4] == ["CMD", "pg_isready", "--host", "127.0.0.1"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: str(unit.stem))
def test_systemd_takes_the_unit(unit: Path, tmp_path: Path) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("there is no systemd-analyze here")
    # (it looks whether the program is there)
    text = unit.read_text().replace("/opt/custodian/bin/custodian", sys.executable)
    (tmp_path / unit.name).write_text(text)
    told = subprocess.run([verify, "verify", tmp_path / unit.name], capture_output=True, text=True)

    assert (told.returncode, told.stderr) == (0, "")


def test_alarms_are_about_numbers_that_are_told(tmp_path: Path) -> None:
    store = open_store(settings_of(tmp_path))
    told = {each.name for each in measures(store, [], now())}
    store.close()
    told |= {f"custodian_http_answer_seconds_{part}" for part in ("bucket", "count", "sum")}
    (group,) = yaml.safe_load((EXAMPLES / "alerts.yml").read_text())["groups"]

    assert len({rule["alert"] for rule in group["rules"]}) == len(group["rules"]) > 5
    for rule in group["rules"]:
        named = set(re.findall(r"\bcustodian_\w+", rule["expr"]))
        assert named <= told, rule["alert"]
        assert rule["annotations"]["summary"]
        assert rule["labels"]["severity"] in ("page", "ticket")
    assert BOUNDS[-1] > 1  # (what is called slow lies within the buckets)
