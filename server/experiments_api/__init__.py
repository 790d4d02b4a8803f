"""/api/v1/experiments: MLflow's experiments and runs in plain JSON."""
