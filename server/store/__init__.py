"""Everything the server remembers: the schema, its migrations, and one module a noun.

Nothing outside this package opens a transaction.
"""

from trackstack.server.store.store import Store

__all__ = ["Store"]
