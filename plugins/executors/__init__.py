"""Executors that want a package of their own."""
