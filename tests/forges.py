"""A forge as a whole: what it answers about its repos, and the repos themselves over HTTP."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custodian_server.demo.forge import DemoForge, DemoRepo
from tests.core.forge.fake import Fake, Switch, faking
from tests.gits import as_ada
from tests.tools.sync.forge import Forge as GitForge
from tests.tools.sync.forge import serving

PLAN = """\
---
id: {prefix}-WP-0001
type: workplan
title: "Level 1"
domain: papers
repo: {name}
status: active
---
# Level 1

### T01 — Parse
```task
id: {prefix}-WP-0001-T01
status: todo
priority: high
```
Read it.
"""


@dataclass
class Standing:
    """A forge that stands: its switches, and the folder in which git finds its repos."""

    fake: Fake
    git: GitForge

    @property
    def knows(self) -> DemoForge:
        """What it knows."""
        return self.fake.forge

    @property
    def url(self) -> str:
        """Where it is."""
        return self.fake.url

    def token(self, login: str = "ada", *scopes: str) -> str:
        """A new token of somebody."""
        return self.knows.add_token(login, *scopes)

    def bare(self, full_name: str) -> Path:
        """Where the repo is on the forge's disk."""
        return self.git.folder / f"{full_name}.git"

    def add(self, full_name: str, **said: Any) -> DemoRepo:
        """A repo with one workplan, which can be cloned."""
        name = full_name.partition("/")[2]
        bare = self.bare(full_name)
        as_ada(None, "init", "-q", "--bare", "-b", "main", str(bare))
        work = self.git.folder / "work" / full_name
        as_ada(None, "clone", "-q", str(bare), str(work))
        (work / "workplans").mkdir()
        plan = PLAN.format(prefix=name[:4].upper(), name=name)
        (work / f"workplans/{name}.md").write_text(plan)
        as_ada(work, "add", ".")
        as_ada(work, "commit", "-q", "-m", "plan")
        as_ada(work, "push", "-q", "origin", "HEAD:main")
        url = f"http://127.0.0.1:{self.git.port}/{full_name}.git"
        files = ("README.md", f"workplans/{name}.md")
        return self.knows.add_repo(full_name, **{"clone_url": url, "files": files, **said})


@contextmanager
def standing(switch: Switch, url: str, folder: Path) -> Generator[Standing]:
    """A forge with ada and bob, and coulomb, of which ada is one; nothing broke its contract."""
    knows = DemoForge(root_url=url)
    knows.add_person("root", is_admin=True)
    knows.add_person("ada")
    knows.add_person("bob")
    knows.add_org("coulomb", "ada")
    knows.add_org("newton", "bob")
    (folder / "forge").mkdir()
    with (
        faking((switch, url), knows, "gitea") as fake,
        serving(folder / "forge") as repos,
    ):
        yield Standing(fake, repos)
