"""A tool that looks texts and files through for secrets, and tells none."""

from typing import Annotated, Any

from custodian_core.errors import BadValue
from custodian_tools import secrets
from custodian_tools.agent.desk import PROSE, Desk

from .asked import told_findings


def scan_secrets(
    desk: Desk,
    body: Annotated[str | None, PROSE, "A text"] = None,
    path: Annotated[str | None, "Or a file"] = None,
    allowed: Annotated[list[str] | None, "Marks of what is no secret after all"] = None,
) -> dict[str, Any]:
    """Say where a text or file holds what looks like a secret, and never what it says."""
    if (body is None) is (path is None):
        raise BadValue("what to scan", "say body or path, one of them")
    if path is not None:
        found = secrets.scan_file(desk.path(path), allowed or ())
    else:
        found = secrets.scan_text((body or "").encode(errors="replace"), None, allowed or ())
    return {"clean": not found, **told_findings(found)}
