"""MLflow's REST API: one module a noun, each ending in its routes."""
