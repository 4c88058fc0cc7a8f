"""This machine is looked at, and so is a docker that answers, refuses or falls silent."""

import json
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from custodian_core.codec import now
from custodian_core.commands import AddTask, AddWorkstream, Caller, RegisterRepo
from custodian_core.errors import HubUnreachable
from custodian_core.hub.databases import SQLite
from custodian_core.hub.store import Store
from custodian_core.ops.host import Probe
from custodian_core.ops.host_limits import Limits
from custodian_core.ports import Hub
from custodian_core.settings import load
from custodian_tools.ops import host
from custodian_tools.ops.host import Around, Telemetry

from .test_workplace_probes import program

ROWS = {
    "info *": {"driver": "overlay2", "root": "/var/lib/docker"},
    "system df": {
        "Type": "Images",
        "TotalCount": "2",
        "Active": "1",
        "Size": "3GB",
        "Reclaimable": "1GB",
    },
    "ps *": {
        "ID": "abc1",
        "Names": "acme-db-1",
        "State": "running",
        "Status": "Up (healthy)",
        "Labels": "com.docker.compose.project=acme,custodian.managed=true",
    },
    "compose ls": [{"Name": "acme", "Status": "running(1)", "ConfigFiles": "/srv/acme.yml"}],
    "stats *": {"Name": "acme-db-1", "MemUsage": "10MiB / 1GiB", "CPUPerc": "1.50%"},
}
CASES = "\n".join(
    f"  {words.replace(' ', chr(92) + ' ')}) echo '{json.dumps(row)}' ;;"
    for words, row in ROWS.items()
)
ANSWERS = f"""#!/bin/sh
case "$1 $2" in
{CASES}
  inspect\\ *) echo '/acme-db-1 2' ;;
esac
"""


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A docker of this test's own: a script, whose text the test writes."""
    program = tmp_path / "bin/docker"
    program.parent.mkdir()
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return program


@contextmanager
def no_hub() -> Generator[Hub]:
    raise HubUnreachable("http://hub.example", "it is not there")
    yield


def telemetry(**more: Any) -> Telemetry:
    """The telemetry of a host whose hub does not answer, and that knows no forge."""
    around = Around(load({"HOME": "/nowhere"}, Path("/nowhere")), no_hub)
    return host.telemetry(now(), Limits(), around, **more)


def says(docker: Path, script: str) -> None:
    docker.write_text(script)
    docker.chmod(0o755)


def test_this_machine_tells_its_memory_disks_and_load(docker: Path) -> None:
    says(docker, ANSWERS)
    told = telemetry()

    memory = told.host.memory
    assert memory
    assert 0 < memory.available <= memory.total
    assert told.host.load
    assert any(0 < disk.pct <= 100 for disk in told.host.disks)


def test_a_docker_that_answers_tells_its_stacks_in_numbers(docker: Path) -> None:
    says(docker, ANSWERS)
    told = json.loads(json.dumps(telemetry().to_json()))

    assert (told["docker"]["status"], told["docker"]["driver"]) == ("ok", "overlay2")
    assert told["docker"]["usage"][0]["reclaimable"] == 1_000_000_000
    (stack,) = told["stacks"]
    (container,) = stack["containers"]
    assert (stack["name"], stack["running"], stack["managed"]) == ("acme", 1, True)
    assert (stack["status"], stack["config"]) == ("running(1)", "/srv/acme.yml")
    assert (container["restarts"], container["mem"], container["healthy"]) == (2, 10_485_760, True)


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("echo 'permission denied while trying to connect' >&2; exit 1", Probe.DENIED),
        ("echo 'it is broken: PASSWORD=hunter2' >&2; exit 1", Probe.FAILED),
        ("echo 'no json'", Probe.FAILED),
        ("exec sleep 20", Probe.TIMEOUT),
    ],
)
def test_a_docker_that_does_not_answer_is_told_apart_from_an_empty_one(
    docker: Path, script: str, status: Probe
) -> None:
    says(docker, f"#!/bin/sh\n{script}\n")
    told = telemetry(answer_s=0.3 if status is Probe.TIMEOUT else 10)

    assert told.host.docker.status is status
    assert told.host.docker.containers is None
    assert "hunter2" not in json.dumps(told.to_json())


def test_without_docker_it_is_absent_and_no_worry(
    docker: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(docker.parent))
    (tmp_path / "self").mkdir()
    (tmp_path / "self/mounts").write_text("")
    told = telemetry(proc=tmp_path)

    assert told.host.docker.status is Probe.ABSENT
    assert told.work.processes.status is Probe.FAILED
    assert told.alarms == ()
    assert told.to_json()["memory"] is None


def test_without_a_hub_it_is_not_known_which_checkouts_there_are_and_the_rest_is_told() -> None:
    told = telemetry()

    assert told.work.places.status is Probe.FAILED
    assert "hub.example does not answer" in (told.work.places.why or "")
    assert told.work.builds.status is told.waiting.pulls.status is Probe.ABSENT
    assert told.waiting.backlog.status is told.waiting.dependencies.status is Probe.FAILED
    assert told.host.memory


def test_work_that_lies_while_no_agent_runs_is_worrying_until_one_does(tmp_path: Path) -> None:
    settings = load({"HOME": "/nowhere", "CUSTODIAN_HOST": "here"}, Path("/nowhere"))
    hub = Store(SQLite(tmp_path / "hub.db"), lambda: now() - timedelta(hours=2))
    here, ada = str(tmp_path / "api"), Caller("ada")
    hub.do(RegisterRepo("api", "acme", host="here", path=here), ada)
    hub.do(AddWorkstream("api", "API-WP", "api"), ada)
    hub.do(AddTask("API-WP", "API-T01", "Parse headings"), ada)
    around = Around(settings, lambda: nullcontext(hub))
    limits = Limits(programs="an-agent-of-ours")

    alone = host.telemetry(now(), limits, around)
    with program(tmp_path / "bin/an-agent-of-ours", cwd=tmp_path):
        attended = host.telemetry(now(), limits, around)
    hub.close()

    (worry,) = (each for each in alone.alarms if each.code == "agents_idle")
    assert worry.evidence == "no agent for 120 min > 20 min, and work in api (API-T01)"
    assert "agents_idle" not in {each.code for each in attended.alarms}
    for told in (alone, attended):
        assert told.to_json()["backlog"]["offered"][0]["task"] == "API-T01"
