"""Webhooks: what the server calls on its own when something happens in the registry."""
