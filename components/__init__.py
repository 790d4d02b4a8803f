"""Pulumi components: a tracking instance and its parts, a folder for each target."""
