"""How the MCP server starts: answered at once, by a resident where one is, ended in time."""
