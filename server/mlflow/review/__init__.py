"""Label schemas and review queues, in MLflow's words."""
