"""Motion quality perception (Chen et al., 2021): ours and the paper's."""
