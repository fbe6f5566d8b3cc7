"""Search: one question, its answers ranked or agency by agency, and what they could be narrowed to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import Field

from plansearch.index import PlanIndex
from plansearch.report.agency_view import agency_headline
from plansearch.report.reports import agency_report, search_report
from plansearch.report.search_view import headline
from plansearch.results import FILTER_FIELDS, AgencyResult, FilterCounts, SearchResult
from plansearch.retrieval import ITEMS_PER_AGENCY, filter_counts, resolve_filters, search, search_by_agency
from plansearch.web.exports import ExportFormat, download
from plansearch.web.fields import QuestionForm, Words
from plansearch.web.website import Website, website_of
from plansearch.web.wording import FILTER_NAMES

router = APIRouter(include_in_schema=False)

ITEMS: Final = 10
MORE: Final = 20
"""Hits that are added when more are asked for."""
MOST_ITEMS: Final = 1000
"""Hits on one page; an export has all."""
LISTED: Final = 8
"""Values of a filter that are seen at once; the others are folded away."""
MOST_VALUES: Final = 200
"""Values of a filter on a page."""
EXAMPLES: Final = ("無障礙設施", "民眾不用跑兩趟", "滿意度調查", "到府服務", "網路預約掛號")


class SearchForm(QuestionForm):
    """A question with its settings, as an address holds it."""

    flat: Annotated[bool, Field(description="內容相同的項目逐項列出")] = False
    like: Annotated[Words, Field(description="找和這些項目（代號）相似的")] = []
    unlike: Annotated[Words, Field(description="不要像這些項目（代號）")] = []
    k: Annotated[int, Field(ge=1, le=MOST_ITEMS, description="列出幾項")] = ITEMS

    @property
    def asks(self) -> bool:
        """Whether anything is asked."""
        return bool(self.q.strip() or self.like)

    @property
    def needs_model(self) -> bool:
        """Whether the model has to look at it."""
        return self.asks and self.mode != "words"

    def address(self, path: str = "/search", **changes: object) -> str:
        """The address of this question, with some settings changed."""
        return super().address(path, **changes)

    def without(self, name: str, value: object) -> str:
        """The address with one value of a filter taken away."""
        changes: dict[str, Any] = {name: [one for one in getattr(self, name) if one != value], "k": ITEMS}
        return self.address(**changes)


class PageForm(SearchForm):
    """What the page asks besides."""

    by: Annotated[Literal["", "agency"], Field(description="agency：每個機關各自找")] = ""

    def resolved(self, index: PlanIndex) -> PageForm:
        """The same question with the values that the index has, where a part of a name was given.

        Raises:
            UnknownFilterValueError: as `resolve_filters`.
        """
        whole = resolve_filters(index, self.filters)
        return self.model_copy(update={option: list(getattr(whole, name)) for option, name in FILTER_FIELDS.items()})


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that an answer can be narrowed to."""

    value: str
    label: str
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Narrowing:
    """One filter with its values."""

    name: str
    title: str
    choices: tuple[Choice, ...]
    """Those chosen first."""
    cut: int
    """Values that are not on the page."""

    @property
    def seen(self) -> tuple[Choice, ...]:
        """What is seen at once."""
        return self.choices[: max(LISTED, sum(choice.chosen for choice in self.choices))]

    @property
    def folded(self) -> tuple[Choice, ...]:
        """What is folded away."""
        return self.choices[len(self.seen) :]


@router.get("/")
@router.get("/search")
def search_page(request: Request, form: Annotated[PageForm, Query()]) -> Response:
    """The question, and the answer where one was asked."""
    website = website_of(request)
    with index_for(website, form, quick=not form.by) as index:
        form = form.resolved(index)
        answer = _answered(index, form) if form.asks else None
        by_agency = _by_agency(index, form) if form.asks and form.by else None
        counts = answer.counts if answer is not None else filter_counts(index, resolve_filters(index, form.filters))
        return website.page(
            request,
            "search.html",
            here="search",
            title=form.q.strip() or "查詢",
            form=form,
            answer=answer,
            by_agency=by_agency,
            says=_says(answer, by_agency),
            narrowings=narrowings(index, form, counts),
            overview=_Overview.of(index),
            examples=EXAMPLES,
            more=MORE,
            most=MOST_ITEMS,
        )


@router.get("/export/search.{suffix}")
def search_file(request: Request, suffix: ExportFormat, form: Annotated[PageForm, Query()]) -> Response:
    """The whole answer as a file."""
    website = website_of(request)
    with website.holder.lease() as index:
        if form.by:
            report = agency_report(_by_agency(index, form, limit=None))
        else:
            report = search_report(ask(index, form, limit=None))
    return download(report, suffix, f"查詢 {form.q.strip()}"[:60].strip())


@contextmanager
def index_for(website: Website, form: SearchForm, *, quick: bool = True) -> Iterator[PlanIndex]:
    """Lend the index to a question, which has not to wait for the model where that saw it before.

    Args:
        website: whose index.
        form: what is asked.
        quick: whether it takes no time but for the model.

    Raises:
        PlansearchError: as `IndexHolder.lease`.
    """
    question = (form.q.strip(), form.exact)
    waits = form.needs_model and not (quick and question in website.familiar)
    with website.holder.lease(quick=not waits) as index:
        yield index
    if form.needs_model:
        website.familiar.add(question)


def _answered(index: PlanIndex, form: PageForm) -> SearchResult:
    """The ranked answer; one hit is enough where the page shows agencies, for the counts beside them."""
    return ask(index, form, limit=1 if form.by else form.k, count=True)


def ask(index: PlanIndex, form: SearchForm, *, limit: int | None, count: bool = False) -> SearchResult:
    """Ask an index what a form asks.

    Args:
        index: where to look.
        form: the question.
        limit: how many hits at most; ``None`` for all.
        count: count the answers by the values of each filter.

    Raises:
        PlansearchError: as `plansearch.retrieval.search`.
    """
    return search(
        index,
        form.q,
        filters=form.filters,
        limit=limit,
        mode=form.mode,
        fold_equal=not form.flat,
        exact=form.exact,
        why=form.why,
        like=form.like,
        unlike=form.unlike,
        count=count,
    )


def _by_agency(index: PlanIndex, form: PageForm, limit: int | None = ITEMS_PER_AGENCY) -> AgencyResult:
    return search_by_agency(
        index, form.q, filters=form.filters, limit=limit, mode=form.mode, exact=form.exact, why=form.why
    )


def _says(answer: SearchResult | None, by_agency: AgencyResult | None) -> str:
    """The answer in one sentence, without the command line's advice."""
    if by_agency is not None:
        return agency_headline(by_agency)
    return "" if answer is None else headline(answer, with_options=False)


def narrowings(index: PlanIndex, form: SearchForm, counts: Sequence[FilterCounts]) -> list[Narrowing]:
    """The filters with what each would leave, in the order of the page."""
    titles = {one.code: f"{one.code} {one.title}" for one in index.catalog.headings()}
    found = {one.option: dict(one.values) for one in counts}
    made = []
    for name, title in FILTER_NAMES.items():
        chosen = [str(value) for value in getattr(form, name)]
        known = found.get(name, {})
        values = [*chosen, *(value for value in known if value not in chosen)]
        if name == "year":
            values = [*chosen, *sorted(set(values) - set(chosen), reverse=True)]
        label = titles if name == "requirement" else {}
        choices = tuple(
            Choice(value, label.get(value, value), known.get(value, 0), value in chosen)
            for value in values[:MOST_VALUES]
        )
        made.append(Narrowing(name, title, choices, max(0, len(values) - MOST_VALUES)))
    return [one for one in made if one.choices]


@dataclass(frozen=True, slots=True)
class _Overview:
    """What the index holds, in numbers."""

    plans: int
    items: int
    years: tuple[str, ...]
    damaged: int
    skipped: int

    @classmethod
    def of(cls, index: PlanIndex) -> _Overview:
        years = tuple(index.facets.values("year"))
        damaged = sum(bool(plan.damage) for plan in index.plans)
        return cls(index.manifest.plans, len(index), years, damaged, len(index.unread))
