"""What Custodian can do in an ops repo: one module a capability."""
