"""`custodian demo`: a fleet to look at that is gone afterwards."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from tests.waiting import PATIENCE_S

from .test_sessions import csrf_in


def test_a_newcomer_sees_every_state_takes_a_repo_in_and_nothing_is_left(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("custodian")
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [str(program), "demo"], env=env, cwd=tmp_path, text=True, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        try:
            folder = Path(process.stdout.readline().partition(" in ")[2].partition(", until")[0])
            url = next(line.split()[0] for line in process.stdout if "http://" in line)
            with httpx.Client(base_url=url, trust_env=False, timeout=60) as client:
                health = client.get("/").text
                csrf = csrf_in(client.get("/inventory").text)
                client.post("/inventory", data={"csrf": csrf})
                inventory = client.get("/inventory").text
                taken = client.post(
                    "/inventory/register",
                    data={"csrf": csrf, "name": "demo/survey-tools", "clone": "1"},
                    headers={"HX-Request": "true"},
                ).text
                page = client.get("/repo/survey-tools").text
                approvals = client.get("/approvals").text
                pull = client.get(re.findall(r'href="(http[^"]+/pulls/1)"', approvals)[0]).text
            there = (folder / "laptop/survey-tools/workplans/SUR-WP-0001.md").exists()
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(PATIENCE_S)

    for word in ("fresh", "ageing", "stale", "never"):
        assert f'class="mark {word}"' in health
    for outcome in ("diverged", "behind", "offline", "unpushed", "fail"):
        assert f"<small>{outcome}</small>" in health
    assert "demo/survey-tools" in inventory
    assert re.search(r"Hub-only", inventory)
    assert "cloned to" in taken
    assert there
    assert "survey-tools" in page
    assert "Pull request 1, open: vault: publish-maps" in pull
    assert "1 rejected" in approvals
    assert process.returncode == 0
    assert not folder.exists()
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith("custodian")] == []
