"""What a text says it depends on, as faces show it."""

from typing import Any

from custodian_core.ops.deps import dependencies


def parse(body: str) -> dict[str, Any]:
    """The issues that the text depends on, with the line that says so first."""
    told = dependencies(body)
    return {
        "issues": list(told.numbers),
        "external": list(told.external),
        "found": [
            {"ref": str(each.on), "line": each.line, "via": each.via.value} for each in told.found
        ],
    }
