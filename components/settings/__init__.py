"""What can be said about an instance on each target: plain values, checked before anything is touched.

Nothing here imports pulumi, so that the spec of every instance can be read at once.
"""
