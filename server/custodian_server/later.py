"""Tools that are loaded and made when they are first called: each costs a client that waits."""

import importlib
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, cast

from mcp.server import MCPServer
from mcp.server.mcpserver.tools import Tool
from mcp.types import Tool as ListedTool

from .watching import Watch


class Later:
    """A module of tools, which is loaded when one of them is called."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> "LaterFunction":
        return LaterFunction(self._module, name)


class LaterFunction:
    """A function of a module that need not be loaded yet."""

    def __init__(self, module: str, name: str) -> None:
        self._module = module
        self.__name__ = name

    @cached_property
    def itself(self) -> Callable[..., dict[str, Any]]:
        """The function, whose module is loaded now."""
        found: Callable[..., dict[str, Any]] = getattr(
            importlib.import_module(self._module), self.__name__
        )
        return found


def loaded(function: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """The function itself."""
    return function.itself if isinstance(function, LaterFunction) else function


class PatientServer(MCPServer[Watch]):
    """A server that makes a tool when it is first called, and all of them before it lists them."""

    def __init__(self, makers: Mapping[str, Callable[[], Tool]], **said: Any) -> None:
        super().__init__(**said)
        self._makers = dict(makers)
        self._order = {name: place for place, name in enumerate(makers)}

    async def list_tools(self) -> list[ListedTool]:
        """Every tool, in the order in which they were declared."""
        self.make_all()
        last = len(self._order)
        return sorted(await super().list_tools(), key=lambda tool: self._order.get(tool.name, last))

    def make_all(self) -> None:
        """Every tool is made, and no client waits for it any more."""
        for name in list(self._makers):
            self._make(name)

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        """What the tool answers, which is made now if it never was."""
        self._make(name)
        return await super().call_tool(name, arguments, context)

    def _tool_input_schema(self, name: str) -> dict[str, Any] | None:
        self._make(name)
        return super()._tool_input_schema(name)

    def _make(self, name: str) -> None:
        maker = self._makers.pop(name, None)
        if maker is not None:
            # (the SDK's own way in takes functions, and makes tools of them that are less strict)
            cast("Any", self)._tool_manager._tools[name] = maker()
