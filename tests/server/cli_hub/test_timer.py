"""`custodian timer`, with a systemctl and a crontab that keep what they are told in files."""

import os
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from custodian_core.codec import now
from custodian_core.commands import RecordSync
from custodian_core.errors import BadValue, Conflict, FileTrouble
from custodian_core.records import HostSync

from .desk import Do, checkout, data, refusal, run, say

SYSTEMCTL = """\
#!/bin/sh
state="${0%/bin/*}/systemd"
wants="$XDG_CONFIG_HOME/systemd/user/timers.target.wants"
echo "$*" >>"$state/calls"
case "$*" in *"$(cat "$state/fails" 2>/dev/null || echo nothing)"*) echo "no bus" >&2; exit 1;; esac
case "$*" in
*show-environment*) ;;
*is-enabled*) [ -L "$wants/custodian-sync.timer" ] ;;
*is-active*) [ -f "$state/active" ] ;;
*daemon-reload*) ;;
*disable*--now*) rm -f "$wants/custodian-sync.timer" "$state/active" ;;
*enable*custodian-sync.timer)
    mkdir -p "$wants" && ln -sf ../custodian-sync.timer "$wants/custodian-sync.timer" ;;
*restart*) touch "$state/active" ;;
*show*)
    echo "NextElapseUSecRealtime=Sat 2026-11-21 12:15:00 $TZ"
    echo "LastTriggerUSec=Sat 2026-11-21 12:00:03 $TZ" ;;
esac
"""

CRONTAB = """\
#!/bin/sh
state="${0%/bin/*}/cron"
echo "$*" >>"$state/calls"
case "$*" in
-l) [ -f "$state/denied" ] && { echo "ada is not allowed to use this program" >&2; exit 1; }
    cat "$state/crontab" 2>/dev/null || { echo "no crontab for ada" >&2; exit 1; } ;;
-) [ -f "$state/full" ] && { echo "No space left on device" >&2; exit 1; }
    cat >"$state/crontab" ;;
-r) rm "$state/crontab" ;;
esac
"""


@pytest.fixture(autouse=True)
def machine(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with systemd and cron, and a `custodian` that was installed somewhere."""
    for folder in ("bin", "systemd", "cron"):
        (home / folder).mkdir()
    for name, text in (
        ("systemctl", SYSTEMCTL),
        ("crontab", CRONTAB),
        ("custodian", "#!/bin/sh\n"),
    ):
        (home / "bin" / name).write_text(text)
        (home / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{home}/bin{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("sys.argv", [str(home / "bin/custodian")])
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    return home


@pytest.fixture
def no_systemd(machine: Path) -> Path:
    """A machine on which nobody is logged in to systemd."""
    (machine / "systemd/fails").write_text("show-environment")
    return machine


def calls(machine: Path) -> list[str]:
    """What systemctl was asked to change."""
    notes = machine / "systemd/calls"
    lines = notes.read_text().splitlines() if notes.exists() else []
    notes.unlink(missing_ok=True)
    asked = (line.removeprefix("--user ") for line in lines)
    return [line for line in asked if not line.startswith(("show", "--quiet is-"))]


def units(machine: Path) -> dict[str, str]:
    folder = machine / "config/systemd/user"
    return {file.name: file.read_text() for file in folder.glob("*") if file.is_file()}


def crontab(machine: Path) -> bytes | None:
    file = machine / "cron/crontab"
    return file.read_bytes() if file.exists() else None


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def test_a_systemd_timer_is_set_up_and_taken_away(machine: Path) -> None:
    assert say("timer", "install") == "systemd timer, every 15m\n"
    assert calls(machine) == [
        "daemon-reload",
        "enable custodian-sync.timer",
        "restart custodian-sync.timer",
    ]
    assert set(units(machine)) == {"custodian-sync.service", "custodian-sync.timer"}
    unit = units(machine)["custodian-sync.service"]
    assert f'ExecStart="{machine}/bin/custodian" fix --all --remote --background\n' in unit
    assert say("timer", "uninstall") == "the timer is gone\n"
    assert calls(machine) == [
        "disable --now custodian-sync.timer",
        "clean --what=state custodian-sync.timer",
        "daemon-reload",
        "reset-failed custodian-sync.service",
    ]
    assert files(machine / "config") == []
    assert say("timer", "uninstall") == "there was no timer\n"


def test_a_second_install_changes_nothing(machine: Path) -> None:
    say("timer", "install")
    before, _ = units(machine), calls(machine)

    assert say("timer", "install") == "systemd timer, every 15m, as before\n"
    assert (units(machine), calls(machine)) == (before, [])


def test_another_interval_renews_the_timer(machine: Path) -> None:
    say("timer", "install")
    calls(machine)

    assert data("timer", "install", "--every", "1h") == {
        "kind": "systemd",
        "every": "1h",
        "changed": True,
    }
    assert calls(machine)[-1] == "restart custodian-sync.timer"
    assert "OnCalendar=*-*-* 0/1:00:00\n" in units(machine)["custodian-sync.timer"]


def test_a_timer_that_was_switched_off_is_switched_on_again(machine: Path) -> None:
    say("timer", "install")
    (machine / "systemd/active").unlink()

    assert "timer  systemd, every 15m, off" in say("timer", "status", code=1)
    assert say("timer", "install") == "systemd timer, every 15m\n"
    assert "timer  systemd, every 15m, on" in say("timer", "status")


def test_an_interval_that_cannot_be_is_refused(machine: Path) -> None:
    assert "it must divide an hour" in refusal(BadValue, "timer", "install", "--every", "7m")
    assert units(machine) == {}


def test_units_that_others_wrote_are_left_alone(machine: Path) -> None:
    folder = machine / "config/systemd/user"
    folder.mkdir(parents=True)
    (folder / "custodian-sync.service").write_text("[Service]\nExecStart=make fix\n")
    told = refusal(Conflict, "timer", "install")

    assert "was not written by custodian timer" in told
    assert say("timer", "uninstall") == "there was no timer\n"
    assert units(machine) == {"custodian-sync.service": "[Service]\nExecStart=make fix\n"}
    assert calls(machine) == []


def test_what_systemd_refuses_is_told_and_can_be_done_again(machine: Path) -> None:
    (machine / "systemd/fails").write_text("restart")
    told = refusal(FileTrouble, "timer", "install")
    (machine / "systemd/fails").unlink()

    assert told == "systemctl --user restart custodian-sync.timer: no bus"
    assert say("timer", "install") == "systemd timer, every 15m\n"


def test_without_systemd_it_is_cron(no_systemd: Path) -> None:
    assert say("timer", "install", "--every", "5m") == "cron timer, every 5m\n"
    text = (crontab(no_systemd) or b"").decode()
    assert "\n*/5 * * * * " in text
    assert f" {no_systemd}/bin/custodian fix --all --remote --background >/dev/null 2>&1\n" in text
    assert say("timer", "install", "--every", "5m") == "cron timer, every 5m, as before\n"
    assert (no_systemd / "cron/calls").read_text().splitlines().count("-") == 1
    assert say("timer", "uninstall") == "the timer is gone\n"
    assert crontab(no_systemd) is None
    assert files(no_systemd / "cron") == ["calls"]


@pytest.mark.parametrize("before", [b"", b"# mine\n5 4 * * * backup\n", b"no final newline"])
def test_the_rest_of_a_crontab_stays(no_systemd: Path, before: bytes) -> None:
    (no_systemd / "cron/crontab").write_bytes(before)
    say("timer", "install")

    assert (crontab(no_systemd) or b"").startswith(before)
    say("timer", "install", "--every", "1h")
    say("timer", "uninstall")
    assert crontab(no_systemd) == before


def test_a_crontab_that_cannot_be_written_stays_as_it_was(no_systemd: Path) -> None:
    (no_systemd / "cron/crontab").write_bytes(b"# mine\n")
    (no_systemd / "cron/full").touch()
    told = refusal(FileTrouble, "timer", "install")

    assert told == "crontab: No space left on device; your crontab is as it was"
    assert crontab(no_systemd) == b"# mine\n"


def test_a_crontab_that_cannot_be_read_is_not_taken_for_empty(no_systemd: Path) -> None:
    (no_systemd / "cron/crontab").write_bytes(b"# mine\n")
    (no_systemd / "cron/denied").touch()

    assert "not allowed" in refusal(FileTrouble, "timer", "install")
    assert crontab(no_systemd) == b"# mine\n"
    assert say("timer", "uninstall") == "there was no timer\n"


def test_a_machine_without_either_is_told(
    no_systemd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (no_systemd / "bin/crontab").unlink()
    monkeypatch.setenv("PATH", f"{no_systemd}/bin:/usr/bin:/bin")
    for folder in ("/usr/bin", "/bin"):
        if Path(folder, "crontab").exists():
            pytest.skip("this machine has a crontab of its own")

    assert refusal(FileTrouble, "timer", "install") == (
        "timer: neither works here: no bus; crontab is not on PATH"
    )


def test_there_is_never_more_than_one_timer(machine: Path) -> None:
    (machine / "systemd/fails").write_text("show-environment")
    say("timer", "install")
    (machine / "systemd/fails").unlink()
    say("timer", "install")

    assert crontab(machine) is None
    (machine / "systemd/fails").write_text("show-environment")
    assert "run this where you are logged in" in refusal(Conflict, "timer", "install")


def test_a_timer_can_be_taken_away_where_systemd_does_not_answer(machine: Path) -> None:
    say("timer", "install")
    (machine / "systemd/fails").write_text("show-environment")

    assert say("timer", "uninstall") == "the timer is gone\n"
    assert files(machine / "config") == []


def test_settings_of_this_shell_and_folder_go_with_it(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (machine / "config/custodian").mkdir(parents=True)
    (machine / "config/custodian/config.toml").write_text('custodian_host = "laptop"\n')
    (machine / ".env").write_text("CUSTODIAN_HUB_URL=http://hub.example:8000\n")
    monkeypatch.setenv("CUSTODIAN_HOME", "data")
    monkeypatch.setenv("GITEA_TOKEN", "geheim")
    say("timer", "install")
    unit = units(machine)["custodian-sync.service"]

    told = [line for line in unit.splitlines() if line.startswith("Environment=")]
    assert told == [
        f'Environment="CUSTODIAN_HOME={machine}/data"',
        'Environment="CUSTODIAN_HUB_URL=http://hub.example:8000"',
        f'Environment="CUSTODIAN_ROOTS={machine}"',
        f'Environment="XDG_CONFIG_HOME={machine}/config"',
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CUSTODIAN_HUB_TOKEN", "geheim"),
        ("CUSTODIAN_DATABASE_URL", "postgresql://hub"),
        ("CUSTODIAN_HUB_URL", "http://ada:geheim@hub.example"),
    ],
)
def test_a_secret_goes_nowhere_but_into_config_toml(
    machine: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    told = refusal(Conflict, "timer", "install")

    assert f'put {name.lower()} = "..." into {machine}/config/custodian/config.toml' in told
    assert "geheim" not in told
    assert (units(machine), crontab(machine)) == ({}, None)
    (machine / "config/custodian").mkdir(parents=True)
    config = machine / "config/custodian/config.toml"
    config.write_text(f'{name.lower()} = "{value}"\n')
    say("timer", "install")
    assert value not in "".join(units(machine).values())


def test_status_tells_of_the_timer_and_of_each_repo_here(docs: Path, do: Do, home: Path) -> None:
    say("register", str(checkout(home / "notes")))
    say("timer", "install")
    at = now()
    sync = HostSync("laptop", str(docs), at, at, "ok", sealed=True)
    do(RecordSync("docs", sync, stamp=True, run_id="r1"))
    told = say("timer", "status")

    assert told == (
        "timer  systemd, every 15m, on\n"
        "next   2026-11-21T12:15:00Z\n"
        "last   2026-11-21T12:00:03Z\n"
        "\n"
        "docs   ok      run 0m ago  ok 0m ago\n"
        "notes  no run  run never   ok never\n"
    )
    found = data("timer", "status")
    assert (found["kind"], found["active"], found["silent"]) == ("systemd", True, False)
    assert [(each["repo"], each["outcome"]) for each in found["repos"]] == [
        ("docs", "ok"),
        ("notes", None),
    ]


def test_a_host_without_a_run_for_three_intervals_is_silent(
    docs: Path, do: Do, no_systemd: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    say("timer", "install", "--every", "5m")
    later = now() + timedelta(minutes=17)
    monkeypatch.setattr("custodian_server.cli.timer.now", lambda: later)
    told = say("timer", "status", code=1)

    assert "docs  no run  run never  ok never  silent\n" in told
    assert told.endswith("laptop is silent: no run was seen for more than 15m\n")
    assert "\x1b[31msilent" in run("timer", "status", color=True).output
    assert data("timer", "status", code=1)["silent"] is True


def test_a_repo_that_is_not_cared_for_makes_no_host_silent(
    docs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    say("repo", "out-of-scope", "docs", "--reason", "done")
    later = now() + timedelta(days=2)
    monkeypatch.setattr("custodian_server.cli.timer.now", lambda: later)

    assert say("timer", "status") == "timer  none\nnext   unknown\nlast   unknown\n"


def test_the_status_of_cron_tells_the_next_round_time(docs: Path, no_systemd: Path) -> None:
    say("timer", "install")
    found = data("timer", "status")

    assert (found["kind"], found["active"]) == ("cron", True)
    assert found["next_run"][14:16] in {"00", "15", "30", "45"}


@pytest.mark.parametrize("interval", ["5m", "1h", "8h", "24h"])
def test_units_are_what_systemd_itself_accepts(
    machine: Path, monkeypatch: pytest.MonkeyPatch, interval: str
) -> None:
    verify = Path("/usr/bin/systemd-analyze")
    if not verify.exists():
        pytest.skip("this machine has no systemd-analyze")
    program = machine / "a 100% $x" / "custodian"
    program.parent.mkdir()
    (machine / "bin/custodian").rename(program)
    monkeypatch.setattr("sys.argv", [str(program)])
    monkeypatch.setenv("CUSTODIAN_HOST", 'a "b" %h')
    say("timer", "install", "--every", interval)
    told = subprocess.run(
        [verify, "verify", "--user", *(machine / "config/systemd/user").glob("custodian*")],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": str(machine), "XDG_RUNTIME_DIR": str(machine)},
    )

    assert "custodian" not in told.stderr
