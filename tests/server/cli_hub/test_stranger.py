"""A stranger comes from a folder to an answered question by the command line alone."""

from pathlib import Path

from .desk import checkout, run_program


def test_a_stranger_gets_from_a_folder_to_an_answered_question(home: Path) -> None:
    folder = checkout(home / "marki-docx", "git@git.example:ada/marki-docx.git")

    def steps(*arguments: str) -> tuple[int, str]:
        done = run_program(*arguments)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout

    assert steps("status") == (0, "no repos, no open tasks, no claims, no open questions\n")
    assert steps("register", str(folder)) == (
        0,
        "registered marki-docx\n"
        "  domain  marki-docx\n"
        "  status  active\n"
        "  remote  git@git.example:ada/marki-docx.git\n"
        "  branch  trunk\n"
        "  synced  never\n"
        f"  path    {folder} on laptop\n",
    )
    assert steps("goal", "set", "marki-docx", "Level 1 core") == (
        0,
        "marki-docx works towards: Level 1 core\n",
    )
    assert steps("dispatch", "marki-docx") == (
        3,
        "marki-docx: none: it has no open tasks; its workplans were never synced, custodian fix "
        "does that\ngoal    Level 1 core\nsynced  never\n",
    )
    code, asked = steps("human", "ask", "Which parser?", "--repo", str(folder), "--option", "lark")
    (_, hint) = asked.splitlines()
    assert (code, hint.split()[:3]) == (0, ["custodian", "human", "answer"])
    question = hint.split()[3]

    code, brief = steps("dispatch", "marki-docx")
    assert code == 5
    assert brief.startswith("marki-docx: human_needed: what is left waits for an answer\n")
    assert f"  {question}  0m ago: Which parser?\n" in brief
    assert steps("human", "answer", question, "lark") == (0, "answered: Which parser? → lark\n")
    assert steps("human", "list") == (0, "no open questions\n")
    assert steps("dispatch", "marki-docx")[0] == 3
    assert steps("status") == (
        0,
        "REPO        DOMAIN      SYNCED  OPEN  DONE  CLAIMS  QUESTIONS\n"
        "marki-docx  marki-docx  never   0     0     0       0\n"
        "1 repo, no open tasks, no claims, no open questions\n",
    )
