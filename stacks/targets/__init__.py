"""Where instances run: what the program declares there, with which providers, and how its state is read.

A target's module is imported only for an instance of that target, for each brings its own SDK.
"""
