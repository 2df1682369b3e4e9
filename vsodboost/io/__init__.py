"""Everything that touches the disk: videos and maps in, maps, tables and pictures out."""
