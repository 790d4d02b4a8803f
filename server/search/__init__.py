"""MLflow's search language: text -> tokens -> clauses -> comparisons, one parser for all kinds of objects.

Nothing is evaluated: what a filter may say is data (`kinds`), and all that leaves this package for a
database is composed of fixed pieces of SQL and bound values.
"""
