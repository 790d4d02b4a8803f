"""Evaluation datasets, scorers and issues, in MLflow's words."""
