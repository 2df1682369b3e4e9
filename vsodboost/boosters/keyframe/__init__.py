"""Plug-and-play adaption of image models (Li et al., 2021)."""
