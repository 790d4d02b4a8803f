"""The control plane: a REST API over the instances of a project's folder, and over their tokens."""
