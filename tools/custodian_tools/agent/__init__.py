"""What an agent can ask for: one plain typed function a tool, each answering with plain data."""
