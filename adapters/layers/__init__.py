"""Building blocks that several networks share, with the names their released weights have."""
