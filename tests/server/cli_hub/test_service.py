"""`custodian service`, with a systemctl that keeps what it is told in files."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from custodian_core.errors import BadValue, Conflict, FileTrouble
from custodian_core.unit import Kind, Started

from .desk import refusal, run, say

UNIT, WORKER = "custodian-hub.service", "custodian-worker.service"
SYSTEMCTL = """\
#!/bin/sh
state="${0%/bin/*}/systemd"
echo "$*" >>"$state/calls"
case "$*" in *"$(cat "$state/fails" 2>/dev/null || echo nothing)"*) echo "no bus" >&2; exit 1;; esac
case "$*" in
*is-enabled*) [ -f "$state/enabled" ] ;;
*is-active*) [ -f "$state/active" ] ;;
*disable*--now*) rm -f "$state/enabled" "$state/active" ;;
*enable*) touch "$state/enabled" ;;
*restart*) touch "$state/active" ;;
esac
"""


@pytest.fixture(autouse=True)
def machine(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with systemd, and a `custodian` that was installed somewhere."""
    for folder in ("bin", "systemd"):
        (home / folder).mkdir()
    for name, text in (("systemctl", SYSTEMCTL), ("custodian", "#!/bin/sh\n")):
        (home / "bin" / name).write_text(text)
        (home / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{home}/bin{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("sys.argv", [str(home / "bin/custodian")])
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    return home


def unit(machine: Path, name: str = UNIT) -> Path:
    return machine / "config/systemd/user" / name


def test_a_service_is_set_up_looked_at_and_taken_away(machine: Path) -> None:
    assert say("service", "install", "--port", "8001") == "service  on\n"
    text = unit(machine).read_text()
    assert f'ExecStart="{machine}/bin/custodian" "serve" "--port" "8001"\n' in text
    assert f'Environment="CUSTODIAN_HOME={os.environ["CUSTODIAN_HOME"]}"\n' in text
    assert say("service", "install", "--port", "8001") == "service  on, as before\n"
    assert say("service", "status") == "service  on\nworker   none\n"
    assert say("service", "uninstall") == "the service is gone\n"
    assert not unit(machine).exists()
    assert say("service", "uninstall") == "service  none\n"
    assert json.loads(say("service", "status", "--json"))["data"]["installed"] is False


def test_a_service_that_is_off_is_told_with_exit_1(machine: Path) -> None:
    say("service", "install")
    (machine / "systemd/active").unlink()

    told = run("service", "status")
    assert (told.exit_code, told.stdout) == (1, "service  off\nworker   none\n")


def test_without_a_user_manager_it_says_what_to_start_by_hand(machine: Path) -> None:
    (machine / "systemd/fails").write_text("show-environment")

    told = str(refusal(FileTrouble, "service", "install"))
    assert "no bus; start this yourself at login instead: " in told
    assert told.endswith(f"{machine}/bin/custodian serve --port 8000")
    assert not unit(machine).exists()


def test_somebody_elses_unit_is_left_alone(machine: Path) -> None:
    unit(machine).parent.mkdir(parents=True)
    unit(machine).write_text("[Service]\n")

    assert "was not written by custodian service" in str(refusal(Conflict, "service", "install"))
    assert say("service", "uninstall") == "service  none\n"
    assert unit(machine).read_text() == "[Service]\n"


def test_a_secret_goes_into_no_unit(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUSTODIAN_DATABASE_URL", "postgresql://ada:pw@db/hub")

    assert "config.toml" in str(refusal(Conflict, "service", "install"))
    assert not unit(machine).exists()


@pytest.mark.parametrize("program", ["/a\nb", '/a"b'])
def test_a_unit_is_told_of_no_line_break_and_no_quote(program: str) -> None:
    with pytest.raises(BadValue):
        Started(Kind.HUB, program)


def test_a_worker_is_set_up_beside_the_hub_and_taken_away_alone(machine: Path) -> None:
    say("service", "install")
    told = say("service", "install", "worker", "--concurrency", "8", "--every", "1h")
    assert told == "worker   on\n"
    text = unit(machine, WORKER).read_text()
    command = f'"{machine}/bin/custodian" "worker" "--concurrency" "8" "--every" "1h"'
    assert f"ExecStart={command}\n" in text
    assert "TimeoutStopSec=300\n" in text
    assert say("service", "status") == "service  on\nworker   on\n"

    assert say("service", "uninstall", "worker") == "the worker is gone\n"
    assert (unit(machine).exists(), unit(machine, WORKER).exists()) == (True, False)
    calls = (machine / "systemd/calls").read_text().splitlines()
    assert f"--user disable --now {WORKER}" in calls


def test_a_worker_that_should_work_and_does_not_is_told_with_exit_1(machine: Path) -> None:
    say("service", "install", "worker")
    (machine / "systemd/active").unlink()

    told = run("service", "status", "--json")
    assert told.exit_code == 1
    assert json.loads(told.stdout)["data"]["worker"] == {
        "installed": True, "active": False, "changed": False, "trouble": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        ("worker", "--port", "8001"),
        ("hub", "--every", "1h"),
        ("hub", "--concurrency", "2"),
        ("worker", "--every", "soon"),
    ],
    ids=" ".join,
)
def test_a_service_is_given_no_option_that_it_cannot_use(
    machine: Path, words: tuple[str, ...]
) -> None:
    refusal(BadValue, "service", "install", *words)

    assert not unit(machine).exists()
    assert not unit(machine, WORKER).exists()


def test_systemd_itself_takes_both_units(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("there is no systemd-analyze here")
    monkeypatch.setenv("CUSTODIAN_HOST", 'a "b" %h')
    say("service", "install")
    say("service", "install", "worker")

    told = subprocess.run(
        [verify, "verify", "--user", unit(machine), unit(machine, WORKER)],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": str(machine), "XDG_RUNTIME_DIR": str(machine)},
    )
    assert "custodian" not in told.stderr
