"""A hub that is served for as long as this user is logged in: set up, looked at, taken away."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custodian_core.errors import Conflict, FileTrouble
from custodian_core.files import remove_file, shown
from custodian_core.settings import Settings
from custodian_core.unit import SERVICE, HubService, is_ours, unit

from .schedulers import UserManager
from .timer import environment


@dataclass(frozen=True, slots=True)
class Service:
    """Whether the hub is served by itself."""

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


def install(
    program: str, port: int, settings: Settings, env: Mapping[str, str], manager: UserManager
) -> Service:
    """The hub is served now and after each login, at that port of this machine."""
    wanted = HubService(program, ("--port", str(port)), environment(settings, env))
    if trouble := manager.trouble():
        # The same command in whatever starts programs here does as well.
        command = shlex.join([*(f"{k}={v}" for k, v in wanted.environment), *wanted.command])
        by_hand = f"start this yourself at login instead: {command}"
        raise FileTrouble("systemctl --user", f"{trouble}; {by_hand}")
    there, text = manager.read(SERVICE), unit(wanted)
    if there is not None and not is_ours(there):
        why = "it is there and was not written by custodian service"
        do = f"`systemctl --user disable --now {SERVICE}`, then move it away"
        raise Conflict(shown(manager.folder / SERVICE), f"{why}; {do}")
    if there == text and manager.is_on(SERVICE):
        return Service(installed=True, active=True)
    manager.write(SERVICE, there, text)
    for words in (("daemon-reload",), ("enable", SERVICE), ("restart", SERVICE)):
        manager.ask(*words)
    return Service(installed=True, active=True, changed=True)


def uninstall(manager: UserManager) -> Service:
    """The hub is not served by itself any more, and no unit of ours is left."""
    there = manager.read(SERVICE)
    if there is None or not is_ours(there):
        return Service(installed=False, active=False)
    trouble = manager.trouble()
    if trouble is None:
        manager.ask("disable", "--now", SERVICE)
    remove_file(manager.folder / SERVICE, there)
    if trouble is None:
        manager.ask("daemon-reload")
    return Service(installed=False, active=False, changed=True, trouble=trouble)


def status(manager: UserManager) -> Service:
    """Whether the hub is served by itself."""
    there = manager.read(SERVICE)
    if there is None or not is_ours(there):
        return Service(installed=False, active=False)
    trouble = manager.trouble()
    return Service(True, trouble is None and manager.is_on(SERVICE), trouble=trouble)


def user_manager(env: Mapping[str, str]) -> UserManager:
    """The user manager, whose units lie where that environment says."""
    config = Path(env.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
    return UserManager(config / "systemd/user")
