"""The shared library: what Custodian knows and decides."""

__version__ = "1.0.0rc1"
