"""Data sets as they are published, one reader a layout; ``wrap``, ``eval`` and ``train`` see the same sequences."""

from vsodboost.datasets.layout import Layout
from vsodboost.datasets.reading import LAYOUTS, layout_names, read_dataset
from vsodboost.datasets.sequence import AnnotatedSequence, Dataset, Truth

__all__ = ["LAYOUTS", "AnnotatedSequence", "Dataset", "Layout", "Truth", "layout_names", "read_dataset"]
