"""The basket: items that a person picked, side by side, and as a file to keep.

Which items are in it stands in the address, so that it can be sent to a colleague; the browser remembers them besides.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field

from plansearch.report.basket_view import basket_report
from plansearch.results import IndexedItem
from plansearch.web.exports import ExportFormat, download
from plansearch.web.picking import Picked
from plansearch.web.website import website_of

router = APIRouter(include_in_schema=False)

MOST_ITEMS: Final = 100
"""Items side by side; more is no comparison that a person reads."""

Ids = Annotated[list[Annotated[str, Field(max_length=500)]], Query(max_length=MOST_ITEMS)]


@router.get("/basket")
def basket_page(request: Request, item: Ids = []) -> Response:  # noqa: B006  never changed
    """What was picked, agency by agency."""
    website = website_of(request)
    with website.holder.lease(quick=True) as index:
        picked = Picked.of(index, item)
    agencies: dict[str, list[IndexedItem]] = {}
    for found in picked.items:
        agencies.setdefault(found.metadata.agency or found.plan, []).append(found)
    return website.page(
        request,
        "basket.html",
        here="basket",
        title="籃子",
        picked=picked,
        agencies=agencies,
        query=request.url.query,
    )


@router.get("/export/basket.{suffix}")
def basket_file(request: Request, suffix: ExportFormat, item: Ids = []) -> Response:  # noqa: B006  as above
    """What was picked, as a file."""
    with website_of(request).holder.lease(quick=True) as index:
        picked = Picked.of(index, item)
    return download(basket_report(picked.items, picked.missing), suffix, f"措施並列 {len(picked.items)} 項")
