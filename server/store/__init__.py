"""Everything the server remembers: the schema, its migrations, and one module a noun."""
