"""This machine is looked at, and so is a docker that answers, refuses or falls silent."""

import json
from pathlib import Path

import pytest

from custodian_core.codec import now
from custodian_core.errors import BadValue
from custodian_core.ops.host import Limits, Probe
from custodian_tools.ops.host import size_of, telemetry

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
        "Labels": "com.docker.compose.project=acme",
    },
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


def says(docker: Path, script: str) -> None:
    docker.write_text(script)
    docker.chmod(0o755)


def test_this_machine_tells_its_memory_disks_and_load(docker: Path) -> None:
    says(docker, ANSWERS)
    told = telemetry(now(), Limits())

    memory = told.host.memory
    assert memory
    assert 0 < memory.available <= memory.total
    assert told.host.load
    assert any(0 < disk.pct <= 100 for disk in told.host.disks)


def test_a_docker_that_answers_tells_its_stacks_in_numbers(docker: Path) -> None:
    says(docker, ANSWERS)
    told = json.loads(json.dumps(telemetry(now(), Limits()).to_json()))

    assert (told["docker"]["status"], told["docker"]["driver"]) == ("ok", "overlay2")
    assert told["docker"]["usage"][0]["reclaimable"] == 1_000_000_000
    (stack,) = told["stacks"]
    (container,) = stack["containers"]
    assert (stack["name"], stack["running"]) == ("acme", 1)
    assert (container["restarts"], container["mem"], container["healthy"]) == (2, 10_485_760, True)


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("echo 'permission denied while trying to connect' >&2; exit 1", Probe.DENIED),
        ("echo 'it is broken: PASSWORD=hunter2' >&2; exit 1", Probe.FAILED),
        ("echo 'no json'", Probe.FAILED),
        ("exec sleep 5", Probe.TIMEOUT),
    ],
)
def test_a_docker_that_does_not_answer_is_told_apart_from_an_empty_one(
    docker: Path, script: str, status: Probe
) -> None:
    says(docker, f"#!/bin/sh\n{script}\n")
    told = telemetry(now(), Limits(), answer_s=0.3)

    assert told.host.docker.status is status
    assert told.host.docker.containers is None
    assert "hunter2" not in json.dumps(told.to_json())


def test_without_docker_it_is_absent_and_no_worry(docker: Path, tmp_path: Path) -> None:
    (tmp_path / "self").mkdir()
    (tmp_path / "self/mounts").write_text("")
    told = telemetry(now(), Limits(), proc=tmp_path)

    assert told.host.docker.status is Probe.ABSENT
    assert told.alarms == ()
    assert told.to_json()["memory"] is None


def test_a_size_that_is_none_is_refused() -> None:
    assert size_of("--swap-max", "2GiB") == 2 * 1024**3
    with pytest.raises(BadValue, match="500MiB"):
        size_of("--swap-max", "lots")
