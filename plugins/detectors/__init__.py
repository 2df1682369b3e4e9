"""Object-proposal detectors, one file each."""
