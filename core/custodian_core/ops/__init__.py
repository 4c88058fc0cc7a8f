"""The formats of an ops repo: one module a grammar, values in and values out."""
