"""What plugins see and how they are found: hooks, interfaces, base classes, discovery, options, checks, the guard."""
