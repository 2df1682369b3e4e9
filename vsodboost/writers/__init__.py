"""What is written of a boosted video, one file an output."""
