"""What Databricks' API keeps and finds beside MLflow's."""
