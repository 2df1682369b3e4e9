"""Training of targets as their authors did it, one recipe a file."""
