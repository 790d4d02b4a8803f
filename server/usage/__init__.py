"""How much an instance holds, for who runs it."""
