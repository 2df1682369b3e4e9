"""Target models, one file each; ships as ``vsodboost_adapters``."""
