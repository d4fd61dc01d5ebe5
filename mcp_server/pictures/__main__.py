"""`python -m mcp_server.pictures FOLDER`: read a chart from standard input and write its PNG image.

The plotting library caches a list of fonts in the folder, which the caller creates and removes.
"""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Draw one chart, as `mcp_server.pictures.wire` encodes it."""
    folder, chart = sys.argv[1], sys.stdin.buffer.read()
    os.chdir(folder)
    os.environ["MPLCONFIGDIR"] = "."
    os.environ["MATPLOTLIBRC"] = "."  # not the user's configuration
    os.environ["MPLBACKEND"] = "agg"
    os.environ["MPL_IGNORE_SYSTEM_FONTS"] = "1"  # only the library's own font is used
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # otherwise a thread with buffers for each core

    from mcp_server.pictures.drawing import draw
    from mcp_server.pictures.wire import decode_chart

    sys.stdout.buffer.write(draw(decode_chart(chart)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
