"""A remote's address, brought down to what tells one repo from another: its place and its path."""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

#: `[user@]host:path`, as git takes it for ssh; a slash before the colon makes it a folder
_SCP = re.compile(r"(?:[^/@]+@)?(\[[^]/]+\]|[^/:@]{2,}):(?!//)(.*)", re.DOTALL)
_PORT = re.compile(r":\d*$")


@dataclass(frozen=True, slots=True)
class Remote:
    """Where a repo is; equal for every way of spelling the same one, by ssh or by https."""

    #: empty for a folder of this machine
    host: str
    path: str

    @property
    def full_name(self) -> str | None:
        """`owner/name`, as a forge calls it; None where the path is too short for that."""
        parts = self.path.rsplit("/", 2)
        return "/".join(parts[-2:]) if self.host and len(parts) > 1 else None


# (an inventory's page reads the addresses of a whole forge each time, three for a repo)
@lru_cache(1 << 16)
def remote_of(url: str | None) -> Remote | None:
    """The remote that the address leads to: scheme, user, port, `.git` and case tell nothing."""
    said = (url or "").strip()
    if not said:
        return None
    scheme, there, rest = said.partition("://")
    if there and scheme.lower() != "file":
        place, _, path = rest.partition("/")
        if scheme.lower() in ("http", "https"):
            path = re.split("[?#]", path)[0]
        return _remote(_PORT.sub("", place.rpartition("@")[2]), path)
    if not there and (scp := _SCP.fullmatch(said)):
        return _remote(scp[1], scp[2])
    folder = rest.removeprefix("localhost") if there else said
    path = _plain(unquote(folder) if there else folder)
    return Remote("", f"/{path}" if folder.startswith("/") else path) if path else None


def moved(url: str, full_name: str) -> str:
    """The same address, spelled as before, for the repo that is called `full_name` now."""
    head = url.strip().rstrip("/")
    end = ".git" if head.lower().endswith(".git") else ""
    scheme, there, rest = head.partition("://")
    place, mark, path = rest.partition("/") if there else _scp_parts(head)
    folders = path.split("/")[:-2]
    before = f"{scheme}://{place}{mark}" if there else f"{place}{mark}"
    return before + "/".join((*folders, f"{full_name}{end}"))


def _scp_parts(url: str) -> tuple[str, str, str]:
    scp = _SCP.fullmatch(url)
    return (url[: scp.start(2) - 1], ":", scp[2]) if scp else ("", "", url)


def _remote(host: str, path: str) -> Remote | None:
    host = host.strip("[]").rstrip(".").casefold()
    path = _plain(unquote(path)).casefold()
    return Remote(host, path) if host and path else None


def _plain(path: str) -> str:
    """The path without doubled slashes, and without what git adds to a repo's name."""
    plain = "/".join(part for part in path.split("/") if part not in ("", "."))
    if plain.lower().endswith("/.git"):
        return plain[:-5]
    return plain[:-4] if plain.lower().endswith(".git") else plain
