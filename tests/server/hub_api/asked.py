"""Who asks the API in tests, and how its errors are read."""

from typing import Any

import httpx

from custodian_core.commands import Caller

ME = Caller("me")
JSON = {"Content-Type": "application/json"}


def error(response: httpx.Response) -> Any:
    told = response.json()
    assert set(told) == {"error"}
    assert set(told["error"]) == {"code", "message", "details"}
    return told["error"]
