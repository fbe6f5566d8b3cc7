"""The version, read by the build and by ``plansearch --version``."""

from __future__ import annotations

__version__ = "0.1.0"
