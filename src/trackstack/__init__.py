"""A tracking server for every machine-learning team, as one Pulumi stack."""

__version__ = "0.1.0"
