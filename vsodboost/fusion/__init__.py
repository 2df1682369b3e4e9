"""Fusion: what target, motion and student know, put together."""
