"""The `trackstack` command: Click commands, one a file; options, output, prompts. No logic."""
