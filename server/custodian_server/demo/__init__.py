"""What there is to try Custodian with: made up, in memory, on this machine only."""
