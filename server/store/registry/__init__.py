"""The model registry's part of the store: registered models, their versions, prompts."""
