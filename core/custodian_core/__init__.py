"""The shared library: what Custodian knows and decides."""

__version__ = "0.1.0"
