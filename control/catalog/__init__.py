"""OpenMetadata's catalog over all instances that a caller may see, to be read."""
