"""What Custodian can do: one module a capability, one plain typed function a tool."""
