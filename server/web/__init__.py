"""What a browser sees: MLflow's web UI, and the page on which a person signs in with a token."""
