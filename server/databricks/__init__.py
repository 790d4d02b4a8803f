"""What Databricks' workspace API has beside MLflow's, over the same experiments, runs and registry.

Paths, fields and rules are those of databricks-sdk 0.156 (`w.experiments`, `w.model_registry`).
"""
