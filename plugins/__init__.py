"""Flow estimators and proposal detectors; ships as ``vsodboost_plugins``."""
