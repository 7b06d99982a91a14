"""The command ``aitbc``."""

import sys

from node.cli.root import root


def main() -> None:
    """Run the command line; an expected error is one sentence, never a traceback."""
    if not __debug__:
        sys.exit("aitbc: refuses to run under python -O, which drops its invariants")
    root.main(prog_name="aitbc")


if __name__ == "__main__":
    main()
