"""The networks of the targets, with the names of their released weights; nothing here registers anything."""
