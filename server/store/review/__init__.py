"""How people judge traces: label schemas, review queues and their items."""
