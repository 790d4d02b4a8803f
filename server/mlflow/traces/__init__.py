"""Traces, in MLflow's words."""
