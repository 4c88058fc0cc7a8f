"""The State Hub's HTTP API: routes over a hub, and what stands before them."""

from .app import create_app

__all__ = ["create_app"]
