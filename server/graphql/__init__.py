"""GraphQL as the MLflow web UI uses it: a dialect over the REST handlers, with no logic of its own."""
