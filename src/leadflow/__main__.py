"""``python -m leadflow``: the same as the command ``leadflow``."""

from __future__ import annotations

import sys

from leadflow.cli import main

if __name__ == "__main__":
    sys.exit(main())
