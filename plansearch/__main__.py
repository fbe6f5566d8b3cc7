"""``python -m plansearch``."""

from __future__ import annotations

import sys

from plansearch.cli import main

if __name__ == "__main__":
    sys.exit(main())
