"""What every agent's tool needs: the hub, opened when first asked for, and who asks."""

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from custodian_core.commands import Caller, Command
from custodian_core.errors import BadValue
from custodian_core.files import shown
from custodian_core.inventory import Stock
from custodian_core.paths import expanded, followed
from custodian_core.ports import Hub
from custodian_core.settings import Settings, load
from custodian_tools.hub import slug_of


@dataclass
class Desk:
    """Where tools are called: a folder, its settings, and the hub that they name."""

    folder: Path
    env: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    #: hub and forge side by side, as they were looked at last, for the pages that follow
    stock: Stock | None = None
    _hub: Hub | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def settings(self) -> Settings:
        """The settings as they are now: what was amiss may have been mended meanwhile."""
        return load(self.env, self.folder)

    @property
    def hub(self) -> Hub:
        """The hub; a server starts without one, and only a call that needs it can fail for it."""
        from custodian_core.hub import open_hub

        with self._lock:
            if self._hub is None:
                self._hub = open_hub(self.settings)
            return self._hub

    def by(self, agent: str | None = None) -> Caller:
        """Who asks: by the name that is said, or the session that the client tells of."""
        session = self.env.get("CLAUDE_CODE_SESSION_ID")
        named = agent or self.env.get("CUSTODIAN_AGENT") or (f"claude-{session}" if session else "")
        return Caller(named or f"agent@{self.settings.host}")

    def do(self, command: Command, agent: str | None = None) -> Any:
        """Carry out the command and answer with the record it made or changed."""
        return self.hub.do(command, self.by(agent))

    def slug(self, repo: str | None) -> str:
        """The repo that a slug or a path means; without any, the one in the desk's folder."""
        name = repo or str(self.folder)
        if name.startswith((".", "~")):
            name = str(followed(self.folder / expanded(name)))
        return slug_of(self.hub, name, self.settings.host)

    def path(self, name: str) -> Path:
        """A folder or file, absolute or below the desk's own, where checkouts may live."""
        path, roots = self.folder / expanded(name), self.settings.roots
        if not any(Path(os.path.realpath(path)).is_relative_to(root) for root in roots):
            told = ", ".join(map(shown, roots))
            reason = f"it is not below {told}; set CUSTODIAN_ROOTS to where your checkouts live"
            raise BadValue(f"path {shown(path)}", reason)
        return path

    def close(self) -> None:
        """Nothing is held open any more."""
        with self._lock:
            if self._hub is not None:
                self._hub.close()
                self._hub = None


#: what a tool with long work tells its caller: how far it is, of how much, and with what
Progress = Callable[[float, float, str], None]


@dataclass(frozen=True, slots=True)
class Range:
    """The bounds of a number."""

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Longest:
    """How many characters a text may have; one that says nothing is a name, which is short."""

    most: int


#: what agents write in sentences may be this long
PROSE = Longest(10_000)
