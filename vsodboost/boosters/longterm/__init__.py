"""Long-term iterative mining of object proposals (Chen et al., 2022)."""
