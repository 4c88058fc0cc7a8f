"""Every generated file of the repo, by its path: what it has to hold."""

import re
from collections.abc import Iterator

from custodian_server.connecting import CLIENTS, PROGRAM, Local

from . import icon, manifests, pages, plugin, reference
from .facts import Facts

#: where the plugin for Claude Code lives, beside the file that offers it
PLUGIN = ".claude-plugin/custodian"
#: pages that are written by hand, with parts that are not
PAGES = ("README.md", "docs/clients.md")
#: the image is labelled with the version of what is in it
IMAGE = "docs/examples/deploy/Containerfile"
_LABEL = re.compile(r'(?<=^LABEL org\.opencontainers\.image\.version=").*(?="$)', re.MULTILINE)


def files(facts: Facts) -> Iterator[tuple[str, bytes]]:
    """Each file and its content, as it has to be."""
    said = {
        ".mcp/server.json": manifests.text(manifests.server_json(facts)),
        ".mcp/manifest.json": manifests.text(manifests.bundle_manifest(facts)),
        ".claude-plugin/marketplace.json": manifests.text(
            manifests.marketplace(facts, f"./{PLUGIN}")
        ),
        "gemini-extension.json": manifests.text(manifests.gemini_extension(facts)),
        "docs/tools.md": pages.tools_page(facts),
        "llms.txt": pages.llms_txt(facts),
        **dict(reference.reference()),
    }
    for name in PAGES:
        said[name] = pages.filled(facts, (facts.root / name).read_text())
    said[IMAGE] = _LABEL.sub(facts.version, (facts.root / IMAGE).read_text())
    for client in CLIENTS.values():
        if client.example:
            said[f"docs/examples/{client.example}"] = client.snippet(Local(PROGRAM))
    yield from ((name, content.encode()) for name, content in said.items())
    yield ".mcp/icon.png", icon.png()
    yield from ((f"{PLUGIN}/{name}", content) for name, content in plugin.files(facts))


def renew(facts: Facts) -> list[str]:
    """Every generated file is as it has to be; named are those that were not."""
    changed = list(stale(facts))
    for name, content in changed:
        file = facts.root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return [name for name, _ in changed]


def stale(facts: Facts) -> Iterator[tuple[str, bytes]]:
    """Each file that is not as it has to be."""
    for name, content in files(facts):
        file = facts.root / name
        if not file.exists() or not _same(name, file.read_bytes(), content):
            yield name, content


def _same(name: str, held: bytes, content: bytes) -> bool:
    return icon.same(held, content) if name.endswith(".png") else held == content
