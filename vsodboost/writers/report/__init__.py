"""The report: what became of a video, for people to look at, and the data it is drawn from."""
