"""Write the golden results anew, and say what changed by how much.

    python tests/golden/make_golden.py              all of them
    python tests/golden/make_golden.py mqp labels   these
    python tests/golden/make_golden.py --dry-run    only say it

The commit that changes a stored result says why it changed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # as pytest's ``pythonpath`` has it

from golden.cases import CASES, run_command
from golden.stored import HERE, UNIT, differences, load, save

COMMAND = "command"
"""The one case that goes through the command line."""


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join([*CASES, COMMAND])}")
    parser.add_argument("--dry-run", action="store_true")
    chosen = parser.parse_args()
    for name in chosen.names or [*CASES, COMMAND]:
        if name not in (*CASES, COMMAND):
            parser.error(f"no case is called '{name}'")
        with tempfile.TemporaryDirectory() as folder:
            kept = CASES[name].run(Path(folder)) if name in CASES else run_command(Path(folder))
        if (HERE / f"{name}.npz").exists():
            said = differences(load(name), kept, tolerance=UNIT)
            print(f"{name}:", *(said or ["the same"]), sep="\n  ", flush=True)
        else:
            print(f"{name}: new", flush=True)
        if not chosen.dry_run:
            save(name, kept)


if __name__ == "__main__":
    main()
