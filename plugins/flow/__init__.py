"""Optical flow estimators, one file each."""
