"""Artifact files: which paths and locations are ours, and the stores that keep them."""
