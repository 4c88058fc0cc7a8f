"""What an agent printed is kept within bounds and without secrets."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from custodian_core.errors import BadValue
from custodian_tools.agent_process import KEPT, Heard, run_agent


def test_what_fits_is_kept_whole_in_whatever_pieces_it_came() -> None:
    heard = Heard()
    for piece in (b"a" * (KEPT - 1), b"se", b"cret-1", b"b" * 10):
        heard.add(piece)

    assert heard.text(("secret-1",)) == "a" * (KEPT - 1) + "[REDACTED]" + "b" * 10


@pytest.mark.parametrize("before", range(KEPT - 9, KEPT + 1))
def test_no_part_of_a_secret_is_left_where_the_middle_was_cut_out(before: int) -> None:
    heard = Heard()
    heard.add(b"a" * before + b"secret-1" + b"b" * KEPT + b"secret-1" + b"c" * (KEPT - 4))

    text = heard.text(("secret-1",))
    assert "bytes left out" in text
    assert not any(part in text for part in ("se", "et-1", "-1c"))


def test_bytes_that_are_no_text_are_shown_as_such() -> None:
    heard = Heard()
    heard.add(b"\xff\x00ok")

    assert heard.text(()) == "\N{REPLACEMENT CHARACTER}\x00ok"


def test_a_program_that_cannot_be_started_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="it cannot be started: permission denied"):
        run_agent([str(tmp_path)], "", tmp_path, {}, limit_s=1, beat_s=1, beat=lambda: True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_is_told_to_end_while_it_starts_an_agent_leaves_none_behind(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    born: list[int] = []

    class Disturbed(subprocess.Popen[bytes]):
        def __init__(self, *words: Any, **more: Any) -> None:
            super().__init__(*words, **more)
            born.append(self.pid)
            os.kill(os.getpid(), number)

    monkeypatch.setattr(subprocess, "Popen", Disturbed)
    before = signal.signal(number, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            run_agent(["sleep", "1000"], "", tmp_path, {}, limit_s=9, beat_s=9, beat=lambda: True)
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)
    with pytest.raises(ProcessLookupError):
        os.kill(born[0], 0)
