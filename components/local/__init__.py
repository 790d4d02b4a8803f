"""A tracking instance's parts on one machine."""
