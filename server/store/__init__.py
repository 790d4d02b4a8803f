"""Everything the server remembers: the schema, its migrations, and one module a noun (`store.Store`).

Nothing outside this package opens a transaction.
"""
