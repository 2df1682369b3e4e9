"""Whom to believe: fusion of predictions, trust, and the gate between the target's map and the boosted one."""
