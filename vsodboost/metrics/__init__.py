"""Figures of saliency maps against truth: one module a figure, ``evaluate`` for whole folders, ``compare`` for two."""
