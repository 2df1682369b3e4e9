"""The flow networks, with the names of their released weights; nothing here registers anything."""
