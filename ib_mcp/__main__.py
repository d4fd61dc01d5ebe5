"""`python -m ib_mcp` is `ib-mcp`."""

import sys

from ib_mcp.cli import main

if __name__ == "__main__":
    sys.exit(main())
