"""Labels of a few frames, carried to all the others: flow-guided pseudo-labels (paper 003, Sec. 3.3)."""
