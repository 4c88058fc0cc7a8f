"""What goes on for as long as this user is logged in, the hub or a worker: set up, taken away."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custodian_core.errors import Conflict, FileTrouble
from custodian_core.files import remove_file, shown
from custodian_core.settings import Settings
from custodian_core.unit import Kind, Started, is_ours, unit

from .schedulers import UserManager
from .timer import environment


@dataclass(frozen=True, slots=True)
class Service:
    """Whether it goes on by itself."""

    installed: bool
    active: bool
    changed: bool = False
    #: why the user manager cannot be asked; None where it can
    trouble: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The service as `--json` shows it."""
        return {
            "installed": self.installed,
            "active": self.active,
            "changed": self.changed,
            "trouble": self.trouble,
        }


def hub(program: str, port: int, settings: Settings, env: Mapping[str, str]) -> Started:
    """The hub, served at that port of this machine."""
    return Started(Kind.HUB, program, ("--port", str(port)), environment(settings, env))


def worker(
    program: str, concurrency: int, interval: str, settings: Settings, env: Mapping[str, str]
) -> Started:
    """The worker of this host, in so many repos at once, asking for every repo so often."""
    arguments = ("--concurrency", str(concurrency), "--every", interval)
    return Started(Kind.WORKER, program, arguments, environment(settings, env))


def install(wanted: Started, manager: UserManager) -> Service:
    """It goes on now and after each login."""
    name = wanted.kind.unit
    if trouble := manager.trouble():
        # The same command in whatever starts programs here does as well.
        command = shlex.join([*(f"{k}={v}" for k, v in wanted.environment), *wanted.command])
        by_hand = f"start this yourself at login instead: {command}"
        raise FileTrouble("systemctl --user", f"{trouble}; {by_hand}")
    there, text = manager.read(name), unit(wanted)
    if there is not None and not is_ours(there):
        why = "it is there and was not written by custodian service"
        do = f"`systemctl --user disable --now {name}`, then move it away"
        raise Conflict(shown(manager.folder / name), f"{why}; {do}")
    if there == text and manager.is_on(name):
        return Service(installed=True, active=True)
    manager.write(name, there, text)
    for words in (("daemon-reload",), ("enable", name), ("restart", name)):
        manager.ask(*words)
    return Service(installed=True, active=True, changed=True)


def uninstall(kind: Kind, manager: UserManager) -> Service:
    """It does not go on by itself any more, and no unit of ours is left for it."""
    there = manager.read(kind.unit)
    if there is None or not is_ours(there):
        return Service(installed=False, active=False)
    trouble = manager.trouble()
    if trouble is None:
        manager.ask("disable", "--now", kind.unit)
    remove_file(manager.folder / kind.unit, there)
    if trouble is None:
        manager.ask("daemon-reload")
    return Service(installed=False, active=False, changed=True, trouble=trouble)


def status(kind: Kind, manager: UserManager) -> Service:
    """Whether it goes on by itself."""
    there = manager.read(kind.unit)
    if there is None or not is_ours(there):
        return Service(installed=False, active=False)
    trouble = manager.trouble()
    return Service(True, trouble is None and manager.is_on(kind.unit), trouble=trouble)


def user_manager(env: Mapping[str, str]) -> UserManager:
    """The user manager, whose units lie where that environment says."""
    config = Path(env.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    return UserManager(config / "systemd/user")
