"""The one way in which git is called: a clean environment, a time limit, nothing left running."""

import os
import re
import signal
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from custodian_core.errors import GitTrouble
from custodian_core.secrets import redact
from custodian_core.surroundings import surroundings
from custodian_core.text import printable

from .entrusting import Config, entrusted

#: how long a command on this machine may take, and one that speaks to a remote
LOCAL_S, REMOTE_S = 60, 120
#: ssh asks nobody, and does not wait for ever
PATIENT = "-oBatchMode=yes -oConnectTimeout=10"
#: how long git may tidy up after it was asked to stop
GRACE_S = 2
#: how much of what git says on its error stream is kept, and how much is told
KEPT, TOLD = 20_000, 300

#: A hook's git exports many names that would point every other call at the hook's own repo, so
#: all are dropped but those that say how the user reaches remotes.
_KEPT = frozenset(
    {
        "GIT_SSL_CAINFO",
        "GIT_SSL_CAPATH",
        "GIT_PROXY_SSL_CAINFO",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_SYSTEM",
        "GIT_CONFIG_NOSYSTEM",
    }
)

#: Nothing asks at a terminal or in a window, and nothing smudges, pages or edits.
_SAID = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "false",
    "SSH_ASKPASS": "false",
    "SSH_ASKPASS_REQUIRE": "never",
    "GCM_INTERACTIVE": "never",
    "GIT_EDITOR": "true",
    "GIT_SEQUENCE_EDITOR": "true",
    "GIT_PAGER": "cat",
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_ALLOW_PROTOCOL": "file:http:https:ssh",
    "LC_ALL": "C",
}

#: No program that a repo's configuration names is run, and no transfer stalls for ever.
_CONFIG = (
    ("core.hooksPath", "/dev/null"),
    ("core.alternateRefsCommand", "true"),
    ("core.fsmonitor", "false"),
    ("core.untrackedCache", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("http.lowSpeedLimit", "1000"),
    ("http.lowSpeedTime", "20"),
    ("submodule.recurse", "false"),
    ("fetch.recurseSubmodules", "false"),
    ("push.recurseSubmodules", "no"),
    ("push.gpgSign", "false"),
    ("push.followTags", "false"),
    ("protocol.ext.allow", "never"),
    ("safe.bareRepository", "explicit"),
    ("merge.verifySignatures", "false"),
    ("log.showSignature", "false"),
)

#: who somebody is, and the secret that proves it, as an address carries them
_USER = re.compile(r"(?<=://)[^\s/'\"<>]*@")


def _as_env(config: Config) -> dict[str, str]:
    """Configuration as the environment carries it, so that no list of processes shows it."""
    said = {"GIT_CONFIG_COUNT": str(len(config))}
    for place, (key, value) in enumerate(config):
        said[f"GIT_CONFIG_KEY_{place}"] = key
        said[f"GIT_CONFIG_VALUE_{place}"] = value
    return said


_ALONE, _WITH_HOOKS = _as_env(_CONFIG), _as_env(_CONFIG[1:])


@dataclass(frozen=True, slots=True)
class Ran:
    """How a git command ended."""

    code: int
    out: bytes
    err: str
    timed_out: bool = False

    @property
    def ok(self) -> bool:
        """Whether git did what was asked."""
        return self.code == 0

    @property
    def text(self) -> str:
        """What it printed, without the line's end."""
        return self.out.decode(errors="replace").rstrip("\n")

    @property
    def told(self) -> str:
        """What it complained of, fit to show, without the advice it gives to people."""
        rows = [row.removeprefix("remote: ").strip() for row in self.err.splitlines()]
        said = "; ".join(row for row in rows if row and not row.startswith("hint:"))
        return printable(redact(_USER.sub("", said)), TOLD) or f"git ended with {self.code}"


@dataclass(frozen=True, slots=True)
class Git:
    """Git in one folder; `config` is said to it as well, and `env` beside it."""

    folder: Path
    config: Config = ()
    env: tuple[tuple[str, str], ...] = ()

    def run(
        self,
        *arguments: str,
        data: bytes | None = None,
        limit_s: float = LOCAL_S,
        env: Mapping[str, str] | None = None,
        hooks: bool = False,
    ) -> Ran:
        """How git ended; a command that takes too long is stopped with all that it started."""
        try:
            process = subprocess.Popen(
                ["git", *arguments],
                cwd=self.folder,
                env={**environment(), **self._said(hooks=hooks), **(env or {})},
                stdin=subprocess.DEVNULL if data is None else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise _cannot_start(error, self.folder) from error
        except ValueError as error:
            reason = "it was to be told a name with a character that none can have"
            raise GitTrouble(str(self.folder), arguments[0], reason) from error
        timed_out = False
        try:
            out, err = process.communicate(data, limit_s)
        except subprocess.TimeoutExpired:
            timed_out = True
            out, err = _stop(process)
        except BaseException:
            _stop(process)
            raise
        told = err.decode(errors="replace").strip()
        if timed_out:
            told = f"git {arguments[0]} took longer than {limit_s:g} s and was stopped; {told}"
        return Ran(process.returncode, out, told[:KEPT], timed_out)

    def _said(self, *, hooks: bool) -> Mapping[str, str]:
        said = (*self.config, *entrusted())
        if not said and not self.env:
            return _WITH_HOOKS if hooks else _ALONE
        return {**_as_env((*_CONFIG[hooks:], *said)), **dict(self.env)}

    def ask(self, *arguments: str, data: bytes | None = None) -> bytes:
        """What git prints; `GitTrouble` where it refuses."""
        ran = self.run(*arguments, data=data)
        if not ran.ok:
            raise GitTrouble(str(self.folder), arguments[0], ran.told)
        return ran.out

    def word(self, *arguments: str, data: bytes | None = None) -> str:
        """The one word that git prints, as an object's id."""
        return self.ask(*arguments, data=data).decode(errors="replace").strip()

    @contextmanager
    def understood(self, command: str) -> Generator[None]:
        """What is no answer of git's is told as its trouble: a wrapper may print what it likes."""
        try:
            yield
        except ValueError as error:
            reason = "it printed what git does not; is another program called git on PATH?"
            raise GitTrouble(str(self.folder), command, reason) from error


def environment() -> dict[str, str]:
    """The environment of whoever asks, made safe for git."""
    env = surroundings()
    kept = {
        name: value for name, value in env.items() if not name.startswith("GIT_") or name in _KEPT
    }
    ssh = env.get("GIT_SSH_COMMAND") or "ssh"
    return {**kept, **_SAID, "GIT_SSH_COMMAND": f"{ssh} {PATIENT}"}


def _cannot_start(error: OSError, folder: Path) -> GitTrouble:
    if isinstance(error, FileNotFoundError) and folder.is_dir():
        return GitTrouble(str(folder), "start", "git is not on PATH; install it")
    return GitTrouble(str(folder), "start", (error.strerror or str(error)).lower())


def _stop(process: "subprocess.Popen[bytes]") -> tuple[bytes, bytes]:
    """The process and its children have ended: asked first, so that git takes its locks away."""
    out = err = b""
    for signal_ in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal_)
        with suppress(subprocess.TimeoutExpired, ValueError):  # its pipes may be closed already
            out, err = process.communicate(timeout=GRACE_S)
    return out, err
