"""Traces: rows of `traces` and of what hangs on them, one module a noun."""
