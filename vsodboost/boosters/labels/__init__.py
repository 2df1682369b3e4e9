"""A few labelled frames teach all others (Yan et al., 2019)."""
