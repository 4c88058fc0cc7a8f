"""What clients show inside a chat: the health of the fleet, as an MCP App."""

#: the page that shows what `list_repos` answers
HEALTH = "ui://custodian/health"
