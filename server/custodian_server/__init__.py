"""Faces: whatever listens or is launched."""
