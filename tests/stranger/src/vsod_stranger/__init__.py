"""One plugin of each kind, a module each."""
