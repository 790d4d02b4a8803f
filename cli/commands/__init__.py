"""One command a file; each file's function has the command's name."""
