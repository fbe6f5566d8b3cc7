"""The page that staff open in a browser: a server on this computer over one index.

``create_app`` gives the application; the other modules are its pages. What a page shows is computed by the same
functions that the commands call.
"""

from __future__ import annotations

from plansearch.web.app import create_app
from plansearch.web.settings import WebSettings

__all__ = ["WebSettings", "create_app"]
