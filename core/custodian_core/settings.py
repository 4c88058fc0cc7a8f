"""Settings: environment first, then `.env` in the folder, then `config.toml` in the XDG folder."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import BadValue
from .paths import expanded, followed

if TYPE_CHECKING:
    from .ops.host_limits import Limits

#: every setting, by its name in the environment; in config.toml it is the same in small letters
NAMES = {
    "CUSTODIAN_HOME": "the data folder",
    "CUSTODIAN_HUB_URL": "a remote hub, as http://hub.example:8000",
    "CUSTODIAN_HUB_TOKEN": "the token for it",
    "CUSTODIAN_DATABASE_URL": "a PostgreSQL database in place of the embedded one",
    "CUSTODIAN_ROOTS": "where checkouts may live, with : between folders",
    "CUSTODIAN_HOST": "this host's name in host_paths",
    "CUSTODIAN_AUTHOR": "whom automated commits are by, as Name <email>",
    "GITEA_URL": "the forge, as https://git.example",
    "GITEA_TOKEN": "the token for it",
    "GITEA_TOKEN_FILE": "a file that holds the token, where GITEA_TOKEN is not set",
    "CUSTODIAN_WEBHOOK_SECRET": "what the forge signs its webhooks with",
    "CUSTODIAN_NOTIFY_URL": "where the hub's server tells what people should know",
    "CUSTODIAN_NOTIFY_SECRET": "what it signs that with",
    "CUSTODIAN_SILENT_HOURS": "after how many hours without a sync a host is silent",
    "CUSTODIAN_HOST_LIMITS": "from where on this host is worrying, as disk_pct=90, memory_min=1GiB",
    "CUSTODIAN_REQUESTS_PER_SECOND": "how often a token may ask a server; 0 for no bound",
}
SECRET = frozenset(
    {
        "CUSTODIAN_HUB_TOKEN",
        "GITEA_TOKEN",
        "CUSTODIAN_DATABASE_URL",
        "CUSTODIAN_WEBHOOK_SECRET",
        # (it often has a key in its path)
        "CUSTODIAN_NOTIFY_URL",
        "CUSTODIAN_NOTIFY_SECRET",
    }
)
#: what only the environment says, of a program that an agent starts
BESIDE = frozenset(
    {
        "CUSTODIAN_AGENT",
        "CUSTODIAN_SYNC_HOOK",
        "CUSTODIAN_TOOLSETS",
        "CUSTODIAN_TOOLS",
        "CUSTODIAN_EXCLUDE_TOOLS",
        "CUSTODIAN_READ_ONLY",
    }
)
_OURS = "CUSTODIAN_"
#: how much of a name must be a setting's, for it to be taken for that setting, misspelt
_ALIKE = 0.75
#: no token is as long
_LONGEST_SECRET = 4096
#: and one that signs is not shorter
_SHORTEST_SECRET = 16
_LONGEST_SILENCE_H = 8760
_MOST_REQUESTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """What was set, and where each value came from."""

    values: dict[str, str]
    sources: dict[str, str]

    @property
    def home(self) -> Path:
        """The data folder."""
        return expanded(self.values["CUSTODIAN_HOME"], "CUSTODIAN_HOME")

    @property
    def host(self) -> str:
        """The name of this host."""
        return self.values["CUSTODIAN_HOST"]

    @property
    def roots(self) -> tuple[Path, ...]:
        """Where checkouts may live."""
        parts = self.values["CUSTODIAN_ROOTS"].split(os.pathsep)
        name = "CUSTODIAN_ROOTS"
        return tuple(followed(expanded(part, name), name) for part in parts if part)

    @property
    def managed(self) -> Path:
        """Where this host's workers keep checkouts of their own."""
        return followed(self.home, "CUSTODIAN_HOME") / "checkouts"

    @property
    def grounds(self) -> tuple[Path, ...]:
        """Where checkouts are visited: below the roots, and where workers keep theirs."""
        return (*self.roots, self.managed)

    @property
    def author(self) -> tuple[str, str]:
        """The name and the email that automated commits are by."""
        said = self.values["CUSTODIAN_AUTHOR"]
        name, angle, email = said.removesuffix(">").partition(" <")
        if not (name and angle and "@" in email) or set(said) & set("\n\r\0"):
            raise BadValue("CUSTODIAN_AUTHOR", "write it as Name <email@host>")
        return name, email

    @property
    def hub_url(self) -> str | None:
        """The remote hub."""
        return self.values.get("CUSTODIAN_HUB_URL")

    @property
    def hub_token(self) -> str | None:
        """The token for the remote hub."""
        return self.values.get("CUSTODIAN_HUB_TOKEN")

    @property
    def database_url(self) -> str | None:
        """The PostgreSQL database."""
        return self.values.get("CUSTODIAN_DATABASE_URL")

    @property
    def forge_url(self) -> str | None:
        """The forge: a Gitea or a Forgejo."""
        return self.values.get("GITEA_URL")

    @property
    def forge_token_file(self) -> Path | None:
        """The file that holds the token for the forge."""
        said = self.values.get("GITEA_TOKEN_FILE")
        return expanded(said, "GITEA_TOKEN_FILE") if said else None

    @property
    def forge_token(self) -> str | None:
        """The token for the forge; one that is said goes before one in a file."""
        if said := self.values.get("GITEA_TOKEN"):
            return said
        return _first_line(self.forge_token_file) if self.forge_token_file else None

    @property
    def webhook_secret(self) -> str | None:
        """What the forge signs its webhooks with."""
        return self._signs("CUSTODIAN_WEBHOOK_SECRET")

    @property
    def notify_url(self) -> str | None:
        """Where the hub's server tells what people should know."""
        return self.values.get("CUSTODIAN_NOTIFY_URL")

    @property
    def notify_secret(self) -> str | None:
        """What it signs that with."""
        return self._signs("CUSTODIAN_NOTIFY_SECRET")

    @property
    def silent_after(self) -> timedelta:
        """After how long without a sync a host is silent."""
        return timedelta(hours=self._number("CUSTODIAN_SILENT_HOURS", 1, _LONGEST_SILENCE_H))

    @property
    def host_limits(self) -> "Limits":
        """From where on this host is worrying."""
        from .ops.host_limits import limits_of  # (which few programs need)

        return limits_of(self.values.get("CUSTODIAN_HOST_LIMITS", ""))

    @property
    def requests_per_second(self) -> int:
        """How often a token may ask a server; 0 for no bound."""
        # (tests and programs make settings that say nothing of it)
        if "CUSTODIAN_REQUESTS_PER_SECOND" not in self.values:
            return 0
        return self._number("CUSTODIAN_REQUESTS_PER_SECOND", 0, _MOST_REQUESTS)

    def _number(self, name: str, least: int, most: int) -> int:
        said = self.values[name]
        if not (said.isascii() and said.isdigit() and least <= int(said[:9]) <= most):
            raise BadValue(name, f"it must be a whole number from {least} to {most}")
        return int(said)

    def _signs(self, name: str) -> str | None:
        """A secret that something is signed with; one that can be guessed is refused."""
        said = self.values.get(name)
        if said and len(said) < _SHORTEST_SECRET:
            reason = f"it needs {_SHORTEST_SECRET} characters; make one with `openssl rand -hex 32`"
            raise BadValue(name, reason)
        return said


def load(env: Mapping[str, str], folder: Path) -> Settings:
    """The settings as they hold in `folder`."""
    _check_spelling(env)
    config_home = expanded(env.get("XDG_CONFIG_HOME") or "~/.config", "XDG_CONFIG_HOME")
    data_home = expanded(env.get("XDG_DATA_HOME") or "~/.local/share", "XDG_DATA_HOME")
    values = {
        "CUSTODIAN_HOME": str(data_home / "custodian"),
        "CUSTODIAN_HOST": os.uname().nodename,
        "CUSTODIAN_ROOTS": "~",
        "CUSTODIAN_AUTHOR": "Custodian <custodian@localhost>",
        "CUSTODIAN_SILENT_HOURS": "24",
        "CUSTODIAN_REQUESTS_PER_SECOND": "200",
    }
    sources = dict.fromkeys(values, "default")
    config, dotenv = config_home / "custodian/config.toml", folder / ".env"
    for place, said in ((config, _toml(config)), (dotenv, _dotenv(dotenv)), ("environment", env)):
        for name in NAMES:
            if said.get(name):
                values[name], sources[name] = said[name], str(place)
    return Settings(values, sources)


def _check_spelling(env: Mapping[str, str]) -> None:
    """Raise `BadValue` for a setting that is misspelt there; what is like none is someone else's.

    A server whose database is misspelt would serve an empty hub of its own, and be well.
    """
    for name in env:
        known = name in NAMES or name in BESIDE
        if not known and name.upper().startswith(_OURS) and (meant := _meant(name)):
            raise BadValue(name, f"no setting is called so, but {meant} is")


def _meant(name: str) -> str | None:
    """The setting that the name is like, if any."""
    from difflib import get_close_matches  # (most environments need no such question)

    known = [each.removeprefix(_OURS) for each in (*NAMES, *BESIDE) if each.startswith(_OURS)]
    alike = get_close_matches(name.upper().removeprefix(_OURS), known, 1, _ALIKE)
    return _OURS + alike[0] if alike else None


def _first_line(path: Path) -> str:
    """What a file that holds one secret holds."""
    try:
        with path.open(encoding="utf-8") as file:
            said = file.readline(_LONGEST_SECRET).strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise BadValue("GITEA_TOKEN_FILE", f"{path} cannot be read: {reason}") from None
    if not said:
        raise BadValue("GITEA_TOKEN_FILE", f"{path} is empty; write the token into it")
    return said


def _toml(path: Path) -> dict[str, str]:
    """What config.toml says; a key that nobody knows is refused by name."""
    try:
        said = _tables(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (
        OSError,
        ValueError,
        RecursionError,
    ) as error:  # (not all that is no TOML is told as such)
        raise BadValue(str(path), f"it cannot be read: {error}") from error
    known = {name.lower(): name for name in NAMES}
    if unknown := sorted(set(said) - set(known)):
        raise BadValue(
            str(path), f"unknown settings {', '.join(unknown)}; there are {', '.join(known)}"
        )
    if wrong := sorted(key for key, value in said.items() if not isinstance(value, str)):
        raise BadValue(str(path), f"{', '.join(wrong)} must be text in quotes")
    return {known[key]: value for key, value in said.items()}


def _tables(text: str) -> dict[str, Any]:
    from tomllib import loads  # (most machines have no such file)

    return loads(text)


def _dotenv(path: Path) -> dict[str, str]:
    """What a .env says of our settings; a repo's own .env is full of other people's."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise BadValue(str(path), f"it cannot be read: {error}") from error
    said: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if not equals or name.startswith("#"):
            continue
        name = name.strip()
        if name.startswith("CUSTODIAN_") and name not in NAMES:
            raise BadValue(f"{path}:{number}", f"unknown setting {name}")
        said[name] = value.strip().strip("\"'")
    return said
