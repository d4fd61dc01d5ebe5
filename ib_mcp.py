"""The command `ib-mcp`: the composition root, imported by nobody."""


def main() -> None:
    """Run one of the parts, or all of them as a demo."""
