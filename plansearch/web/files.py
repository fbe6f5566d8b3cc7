"""The plans' files: what was read, what not and why, what changed since, and how plans get in and the index anew."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Final

from anyio.to_thread import run_sync
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from plansearch.errors import PlansearchError, StoreError
from plansearch.index import PlanIndex
from plansearch.originals import FolderChanges, compare_folder, file_of
from plansearch.report.plan_view import FIELD_NAMES, build_headline, build_outcome
from plansearch.report.reports import plans_report
from plansearch.results import PlanSummary
from plansearch.types import Progress, SkipKind, SkippedFile
from plansearch.web.building import STAGES, BuildOrder, BuildState
from plansearch.web.exports import ExportFormat, download
from plansearch.web.folder import PlanFolder, Received
from plansearch.web.forms import form_of
from plansearch.web.settings import MAX_FILES
from plansearch.web.website import Website, website_of
from plansearch.web.working import PATIENCE

router = APIRouter(include_in_schema=False)

PLANS_ON_A_PAGE: Final = 200
SKIPPED_LISTED: Final = 200
"""Files of one kind that are listed; an export has all."""
UPLOADS_REMEMBERED: Final = 50

KINDS: Final[dict[SkipKind, str]] = {
    "unreadable": "檔案無法讀取",
    "not_a_plan": "看起來不是計畫",
    "duplicate": "與別的檔案內容相同",
    "link": "捷徑，不會跟過去讀",
    "missing": "設定提到，但對不上檔案",
}
"""Why files gave no plan, worst first."""

OFF: Final = "這個網頁沒有開放上傳、更正與重建索引：啟動時沒有指定放計畫檔的資料夾。"


@dataclass(frozen=True, slots=True)
class Indexed:
    """What the index has, or why there is none."""

    plans: tuple[PlanSummary, ...] = ()
    skipped: tuple[SkippedFile, ...] = ()
    items: int = 0
    damage: int = 0
    created: str = ""
    """When it was built, in the time of this computer."""
    since: float = 0.0
    """The same in seconds since 1970."""
    generation: str = ""
    folder: str = ""
    model: str = ""
    problem: str = ""
    """Why it can't be opened."""

    @classmethod
    def of(cls, website: Website) -> Indexed:
        """Look at the index as it is now."""
        try:
            with website.holder.lease(quick=True) as index:
                return cls._opened(index, website.holder.generation())
        except StoreError as error:
            return cls(problem=str(error))

    @classmethod
    def _opened(cls, index: PlanIndex, generation: str) -> Indexed:
        created = datetime.fromisoformat(index.manifest.created)
        return cls(
            plans=index.plans,
            skipped=index.skipped,
            items=len(index),
            damage=sum(plan.damage for plan in index.plans),
            created=f"{created.astimezone():%Y-%m-%d %H:%M}",
            since=created.timestamp(),
            generation=generation,
            folder=index.manifest.folder,
            model=index.model,
        )

    @property
    def folder_name(self) -> str:
        """The folder it was built from, without the way to it, which is nobody else's business."""
        return Path(self.folder).name

    @property
    def by_kind(self) -> list[tuple[SkipKind, list[SkippedFile]]]:
        """Files that gave no plan, kind by kind."""
        found = [(kind, [file for file in self.skipped if file.kind == kind]) for kind in KINDS]
        return [(kind, files) for kind, files in found if files]

    @property
    def forced(self) -> tuple[str, ...]:
        """Files that were taken for plans although they look like something else."""
        return tuple(plan.plan for plan in self.plans if plan.doubt)


@dataclass(frozen=True, slots=True)
class BuildView:
    """A build as the page shows it."""

    state: BuildState

    @property
    def stage(self) -> str:
        """What it does now."""
        return STAGES[self.state.stage]

    @property
    def begun(self) -> str:
        """When it began, by the clock of this computer."""
        return f"{datetime.fromtimestamp(self.state.started).astimezone():%H:%M:%S}"

    @property
    def lines(self) -> list[str]:
        """What the last one did, line by line."""
        report = self.state.report
        if report is None:
            return []
        return [f"{build_headline(report)}。", *(line for line in build_outcome(report) if line)]


@router.get("/files")
async def files_page(
    request: Request,
    find: Annotated[str, Query(max_length=300)] = "",
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """What was read, what not, and what changed since."""
    website = website_of(request)
    indexed = await run_sync(Indexed.of, website)
    changes, trouble, files = FolderChanges(), "", []
    folder = website.folder
    if folder is not None:
        try:
            names = await run_sync(folder.files)
        except PlansearchError as error:
            trouble = str(error)
        else:
            files = list(names)
            # hashing thousands of files takes seconds the first time; what did not change since is not read again
            key = ("changes", indexed.generation, _since(website, indexed), await run_sync(folder.stamp))
            job = website.reading.start(key, lambda _: _changes(website, folder, indexed))
            if not await job.within(PATIENCE):
                return website.still_working(request, job, here="files", heading="正在核對資料夾")
            changes = job.result()
    found = [one for one in indexed.plans if _matches(one, find)]
    begin = (page - 1) * PLANS_ON_A_PAGE
    return website.page(
        request,
        "files.html",
        here="files",
        title="計畫檔",
        indexed=indexed,
        shown=found[begin : begin + PLANS_ON_A_PAGE],
        found=len(found),
        find=find,
        page=page,
        pages=max(1, -(-len(found) // PLANS_ON_A_PAGE)),
        changes=changes,
        elsewhere=folder is not None and _is_elsewhere(indexed, folder),
        trouble=trouble,
        kinds=KINDS,
        field_names=FIELD_NAMES,
        listed=SKIPPED_LISTED,
        forcible=_forcible(indexed, files),
        most_files=MAX_FILES,
        most_megabytes=website.settings.max_upload // 2**20,
        off=OFF,
        build=BuildView(website.builder.state),
    )


@router.get("/files/building")
def building_part(request: Request) -> Response:
    """How far a build is: the part of the page that asks again every second."""
    website = website_of(request)
    state = website.builder.state
    answer = website.page(request, "building.html", build=BuildView(state))
    if not state.running:
        answer.headers["hx-refresh"] = "true"  # the lists around it are new
    return answer


@router.post("/files/index")
async def build_index(request: Request) -> Response:
    """Begin to build the index anew, in the background."""
    website = website_of(request)
    async with aclosing(await form_of(request)) as form:
        forced = form.texts("force") if form.text("forcing") else None
    folder = _folder_of(website)
    indexed = await run_sync(Indexed.of, website)
    allowed = _forcible(indexed, list(await run_sync(folder.files)))
    # a button without the list keeps what was forced before
    wanted = [name for name, now in allowed.items() if now] if forced is None else forced
    order = BuildOrder(
        folder=str(folder.root),
        index=str(website.settings.index),
        model=indexed.model or None,
        force=tuple(name for name in allowed if name in wanted),
        ocr=not indexed.problem and await run_sync(_has_recognised_text, website),
        max_size=website.settings.max_upload,
    )
    website.builder.start(order)
    return RedirectResponse("/files#building", status_code=HTTPStatus.SEE_OTHER)


@router.post("/files/upload")
async def take_files(request: Request) -> Response:
    """Take uploaded plans into the folder."""
    website = website_of(request)
    async with aclosing(await form_of(request)) as form:
        folder = _folder_of(website)
        received = [await run_sync(_receive, folder, file) for file in form.files("file")]
    if not received:
        return RedirectResponse("/files#upload", status_code=HTTPStatus.SEE_OTHER)
    number = _uploads_of(request).keep(received)
    return RedirectResponse(f"/files/uploaded/{number}", status_code=HTTPStatus.SEE_OTHER)


@router.get("/files/uploaded/{number}")
async def uploaded_page(request: Request, number: str) -> Response:
    """What came out of each uploaded file."""
    website = website_of(request)
    folder = _folder_of(website)
    received = _uploads_of(request).get(number)
    if received is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, "這次上傳的結果已經不在了（程式重新啟動過）。檔案都列在「計畫檔」。")
    job = website.reading.start(("uploaded", number), lambda tell: _outcomes(folder, received, tell))
    if not await job.within(PATIENCE):
        return website.still_working(request, job, here="files", heading="正在讀取上傳的計畫")
    build = BuildView(website.builder.state)
    return website.page(request, "uploaded.html", here="files", title="上傳的計畫", outcomes=job.result(), build=build)


@router.get("/export/files.{suffix}")
def files_file(request: Request, suffix: ExportFormat) -> Response:
    """All plans of the index, and the files that gave none, as a file."""
    with website_of(request).holder.lease(quick=True) as index:
        report = plans_report(index.plans, index.skipped)
    return download(report, suffix, "計畫檔")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one uploaded file."""

    received: Received
    plans: tuple[PlanSummary, ...] = ()
    asides: tuple[SkippedFile, ...] = ()
    error: str = ""


class Uploads:
    """What was uploaded lately, by a number that nobody guesses."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Received, ...]] = OrderedDict()

    def keep(self, received: Sequence[Received]) -> str:
        """Remember what became of the files of one upload; its number."""
        number = secrets.token_urlsafe(12)
        self._kept[number] = tuple(received)
        while len(self._kept) > UPLOADS_REMEMBERED:
            self._kept.popitem(last=False)
        return number

    def get(self, number: str) -> tuple[Received, ...] | None:
        """What became of them; ``None`` where it is not known any more."""
        return self._kept.get(number)


def _uploads_of(request: Request) -> Uploads:
    """The uploads of this server; asked for in its event loop alone."""
    state = request.app.state
    if not hasattr(state, "uploads"):
        state.uploads = Uploads()
    uploads: Uploads = state.uploads
    return uploads


def _folder_of(website: Website) -> PlanFolder:
    if website.folder is None:
        raise HTTPException(HTTPStatus.FORBIDDEN, f"{OFF}請用 plansearch serve --folder 資料夾 啟動。")
    return website.folder


def _receive(folder: PlanFolder, file: UploadFile) -> Received:
    given = file.filename or ""
    try:
        return folder.receive(given, file.file)
    except PlansearchError as error:
        return Received(given, None, str(error))


def _outcomes(folder: PlanFolder, received: Sequence[Received], tell: Progress) -> tuple[Outcome, ...]:
    """Read what was taken; names that were taken long ago may be gone."""
    files = folder.files()
    found = []
    for done, one in enumerate(received):
        tell(done, len(received))
        path = files.get(one.name) if one.name is not None else None
        if path is None:
            found.append(Outcome(one, error="" if one.name is None else "這個檔案已經不在資料夾裡。"))
            continue
        try:
            read = folder.inspect(path)
        except PlansearchError as error:
            found.append(Outcome(one, error=str(error)))
        else:
            plans = tuple(PlanSummary.of(corrected.plan) for corrected in read.plans)
            found.append(Outcome(one, plans, read.asides))
    return tuple(found)


def _since(website: Website, indexed: Indexed) -> float:
    """From when on a saved file is newer than the index: the beginning of its build, where that is known."""
    built = website.builder.state
    known = built.report is not None and not built.error and built.generation == indexed.generation
    return built.started if known else indexed.since


def _changes(website: Website, folder: PlanFolder, indexed: Indexed) -> FolderChanges:
    files = folder.files()
    if indexed.problem:
        return FolderChanges(new=tuple(files))
    with website.holder.lease(quick=True) as index:
        sources = index.manifest.sources
    return compare_folder(
        folder.root,
        files,
        sources,
        indexed.skipped,
        corrected=[plan.plan for plan in indexed.plans if plan.corrected or plan.remarks],
        since=_since(website, indexed),
        content=folder.content,
    )


def _is_elsewhere(indexed: Indexed, folder: PlanFolder) -> bool:
    """Whether the index was built of another folder than the one that the page is about."""
    return bool(indexed.folder) and Path(indexed.folder).resolve() != folder.root.resolve()


def _forcible(indexed: Indexed, files: Sequence[str]) -> dict[str, bool]:
    """Files that look like something else and may be taken for plans, and whether they are now."""
    known = set(files)
    doubted = {file_of(plan, known) for plan in indexed.forced}
    others = {file.name for file in indexed.skipped if file.kind == "not_a_plan"}
    return {name: name in doubted for name in files if name in doubted | others}


def _has_recognised_text(website: Website) -> bool:
    """Whether pictures of pages were read for the index, so that they are again."""
    with website.holder.lease(quick=True) as index:
        return any(one.kind == "text_recognised" for one in index.damage())


def _matches(plan: PlanSummary, find: str) -> bool:
    known = plan.metadata
    shown = (plan.plan, known.agency, known.agency_type, known.city, str(known.year or ""))
    return all(any(word.casefold() in (text or "").casefold() for text in shown) for word in find.split())
