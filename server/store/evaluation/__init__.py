"""What traces are judged with: datasets with their records, scorers, issues."""
