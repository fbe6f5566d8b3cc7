"""A plan's page: the whole plan as the reader understood it, next to the original text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path, PurePath
from typing import Annotated, Final
from urllib.parse import quote

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from plansearch.errors import PlansearchError, ReadError, reason_of
from plansearch.index import PlanIndex
from plansearch.originals import file_of, read_source
from plansearch.report.plan_view import FIELD_NAMES
from plansearch.report.reports import inspection_report
from plansearch.results import IndexedItem, PlanSummary
from plansearch.types import Damage, Plan, Progress
from plansearch.web.exports import ExportFormat, download
from plansearch.web.originals import Original
from plansearch.web.outline import Chapter, outline_of
from plansearch.web.website import Website, correct_address, plan_address, website_of
from plansearch.web.working import Job

router = APIRouter(include_in_schema=False)

PATIENCE: Final = 0.7
"""Seconds that the page waits for the original; the plan itself is there at once."""

UNKNOWN: Final = "現在的索引裡沒有這份計畫。它可能改名或移除了；請從「計畫檔」重新找。"
OFF: Final = "這裡看不到原文，因為啟動時沒有指定放計畫檔的資料夾。請用 plansearch serve --folder 資料夾 啟動。"
GONE: Final = "原檔不在資料夾裡（可能改名、移走或刪除），所以不能對照。這一頁列的是建立索引時讀到的內容。"
CHANGED: Final = "原檔在建立索引之後有變動，和這一頁列的不一定相符，所以不並列。請先重建索引。"


@dataclass(frozen=True, slots=True)
class IndexedPlan:
    """What the index has of one plan."""

    summary: PlanSummary
    sha256: str
    items: tuple[IndexedItem, ...]
    damage: tuple[Damage, ...]
    chapters: tuple[Chapter, ...]
    beside: tuple[PlanSummary, ...]
    """Other plans of the same agency."""

    @classmethod
    def of(cls, index: PlanIndex, name: str) -> IndexedPlan:
        """Look a plan up by its name.

        Raises:
            HTTPException: the index has none of this name.
        """
        summary = next((one for one in index.plans if one.plan == name), None)
        if summary is None:
            raise HTTPException(
                HTTPStatus.NOT_FOUND, "現在的索引裡沒有這份計畫。它可能改名或移除了；請從「計畫檔」重新找。"
            )
        items = index.items(index.catalog.positions_in(name))
        damage = index.damage(name)
        titles = {one.code: one.title for one in index.catalog.headings() if one.framework == summary.framework}
        agency = summary.metadata.agency
        beside = [one for one in index.plans if agency and one.metadata.agency == agency and one.plan != name]
        chapters = outline_of(items, damage, titles)
        return cls(summary, index.manifest.sources[name], items, damage, chapters, tuple(beside))

    @property
    def facts(self) -> tuple[tuple[str, str, str], ...]:
        """What is known of it: what, the value, and who said so where that is not the plan itself."""
        given = self.summary.overridden
        return tuple(
            (title, str(value) if value is not None else "未知", "出自 plans.toml" if name in given else "")
            for name, title in FIELD_NAMES.items()
            for value in [getattr(self.summary.metadata, name)]
        )

    def whole(self) -> Plan:
        """The plan as it was indexed."""
        one = self.summary
        items = tuple(found.item for found in self.items)
        return Plan(
            one.plan,
            self.sha256,
            one.metadata,
            one.framework,
            items,
            self.damage,
            one.overridden,
            one.doubt,
            one.remarks,
        )


@dataclass(frozen=True, slots=True)
class Beside:
    """The original next to a plan: there, not there yet, or why it is not."""

    original: Original | None = None
    missing: str = ""
    part: int = 1

    @property
    def pending(self) -> bool:
        """Whether it is still being read."""
        return self.original is None and not self.missing


@router.get("/plan/{name:path}")
async def plan_page(
    request: Request,
    name: str,
    item: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
    part: Annotated[int | None, Query(ge=1, le=100_000)] = None,
) -> Response:
    """The plan, its damage, and the original; one item may be chosen, whose place in the original is marked."""
    website = website_of(request)
    plan = await run_sync(_plan_of, website, name)
    source = await run_sync(_source_of, website, name)
    beside = Beside(missing=source) if isinstance(source, str) else await _beside(website, source, plan, item, part)
    chosen = item if item is not None and item <= len(plan.items) else None
    begins = beside.original.begins if beside.original is not None else {}
    return website.page(
        request,
        "plan.html",
        here="files",
        title=plan.summary.metadata.title or name,
        plan=plan,
        beside=beside,
        chosen=chosen,
        begins=begins,
        address=plan_address(name),
        again=f"{plan_address(name)}?{request.url.query}",
        original_address=f"/original/{quote(name, safe='')}",
        correct_address="" if isinstance(source, str) else correct_address(source.name),
    )


@router.get("/export/plan.{suffix}")
def plan_file(request: Request, suffix: ExportFormat, plan: Annotated[str, Query(max_length=1000)]) -> Response:
    """A plan's items as a file."""
    whole = _plan_of(website_of(request), plan).whole()
    return download(inspection_report(whole), suffix, f"{PurePath(plan).name} 項目")


@router.get("/original/{name:path}")
def original_file(request: Request, name: str) -> Response:
    """The file that a plan was read from, to be saved; never shown in the browser."""
    website = website_of(request)
    with website.holder.lease(quick=True) as index:
        expected = index.manifest.sources.get(name)
    if expected is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, UNKNOWN)
    source = _source_of(website, name)
    if isinstance(source, str):
        raise HTTPException(HTTPStatus.NOT_FOUND, source)
    content = _bytes_of(source.path, website.settings.max_upload)
    if content is None or sha256(content).hexdigest() != expected:
        raise HTTPException(HTTPStatus.NOT_FOUND, CHANGED)
    named = quote(PurePath(source.name).name, safe="")
    headers = {"content-disposition": f"attachment; filename=\"original\"; filename*=UTF-8''{named}"}
    return Response(content, media_type="application/octet-stream", headers=headers)


def _plan_of(website: Website, name: str) -> IndexedPlan:
    with website.holder.lease(quick=True) as index:
        return IndexedPlan.of(index, name)


@dataclass(frozen=True, slots=True)
class _Source:
    """The file that a plan stands in, as the folder has it now."""

    name: str
    path: Path


def _source_of(website: Website, plan: str) -> _Source | str:
    """The file of a plan of the index, or why there is none."""
    if website.folder is None:
        return OFF
    try:
        files = website.folder.files()
    except PlansearchError as error:
        return str(error)
    name = file_of(plan, files)
    return GONE if name is None else _Source(name, files[name])


def _bytes_of(path: Path, most: int) -> bytes | None:
    """A file's content; ``None`` where it is larger than may be."""
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise ReadError(f"無法開啟原檔：{reason_of(error)}。請確認讀取權限。") from error
    return None if len(content) > most else content


async def _beside(website: Website, source: _Source, plan: IndexedPlan, item: int | None, part: int | None) -> Beside:
    job = _reading_of(website, source, plan)
    if not await job.within(PATIENCE):
        return Beside()
    try:
        original = job.result()
    except PlansearchError as error:
        return Beside(missing=f"原檔現在讀不出來：{error}")
    if original is None:
        return Beside(missing=CHANGED)
    about = await run_sync(original.about, [found.item for found in plan.items], plan.damage)
    return Beside(about, part=min(part or about.part_of(item), about.parts))


def _reading_of(website: Website, source: _Source, plan: IndexedPlan) -> Job[Original | None]:
    """The reading of the original that a plan was indexed from; it gives nothing where the file is another one now."""
    folder, path = website.folder, source.path

    def read(_: Progress) -> Original | None:
        if folder is None or folder.content(path) != plan.sha256:
            return None
        document = read_source(path, source.name, folder.limits)
        return Original.of(document) if document.sha256 == plan.sha256 else None

    # a file that was exchanged is looked at again: its time and size are part of the key
    return website.reading.start(("original", plan.sha256, str(path), _stamp(path)), read)


def _stamp(path: Path) -> Sequence[int]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return status.st_size, status.st_mtime_ns
