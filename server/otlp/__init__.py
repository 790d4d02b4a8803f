"""OpenTelemetry's protocol over HTTP: spans of any program, not only of MLflow's client."""
