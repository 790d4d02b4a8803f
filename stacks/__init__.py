"""Instances as Pulumi stacks: the spec, the project, the program, and the operations on them."""
