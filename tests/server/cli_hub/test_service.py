"""`custodian service`, with a systemctl that keeps what it is told in files."""

import json
import os
from pathlib import Path

import pytest

from custodian_core.errors import BadValue, Conflict, FileTrouble
from custodian_core.unit import HubService

from .desk import refusal, run, say

UNIT = "custodian-hub.service"
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


def unit(machine: Path) -> Path:
    return machine / "config/systemd/user" / UNIT


def test_a_service_is_set_up_looked_at_and_taken_away(machine: Path) -> None:
    assert say("service", "install", "--port", "8001") == "service  on\n"
    text = unit(machine).read_text()
    assert f'ExecStart="{machine}/bin/custodian" "serve" "--port" "8001"\n' in text
    assert f'Environment="CUSTODIAN_HOME={os.environ["CUSTODIAN_HOME"]}"\n' in text
    assert say("service", "install", "--port", "8001") == "service  on, as before\n"
    assert say("service", "status") == "service  on\n"
    assert say("service", "uninstall") == "the service is gone\n"
    assert not unit(machine).exists()
    assert say("service", "uninstall") == "service  none\n"
    assert json.loads(say("service", "status", "--json"))["data"]["installed"] is False


def test_a_service_that_is_off_is_told_with_exit_1(machine: Path) -> None:
    say("service", "install")
    (machine / "systemd/active").unlink()

    told = run("service", "status")
    assert (told.exit_code, told.stdout) == (1, "service  off\n")


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
        HubService(program)
