"""Sensei's part of the store: its own resources, and its view of experiments, runs and model versions."""
