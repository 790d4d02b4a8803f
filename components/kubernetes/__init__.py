"""A tracking instance's parts on Kubernetes."""
