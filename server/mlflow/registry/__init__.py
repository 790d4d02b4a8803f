"""MLflow's model registry: one module a noun, each ending in its routes."""
