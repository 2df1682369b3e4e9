"""``python -m vsodboost``: the command line."""

from vsodboost.cli import main

main()
