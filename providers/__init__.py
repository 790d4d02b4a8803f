"""Resource providers on Pulumi's provider protocol."""
