"""One file to its plans: looked at, read, taken apart, parsed and judged. This is what runs in the reading process."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from plansearch.division import Part, divide
from plansearch.encoders import load_encoder
from plansearch.errors import EncoderError, ParseError
from plansearch.frameworks import Framework, bundled_frameworks
from plansearch.limits import DEFAULT_LIMITS, Limits
from plansearch.parsing import parse_document
from plansearch.parsing.metadata import agency_type_of
from plansearch.readers import SUFFIXES, read_document
from plansearch.recognition import recognise
from plansearch.safety import check_file
from plansearch.types import Document, Encoder, Paragraph, Plan, SkippedFile, Span

KNOWN_SUFFIXES = SUFFIXES
"""What plans are called, lower case; by their content others are read too."""
_CITY = re.compile(r"^[\u4e00-\u9fff]{2}[市縣]")
_FORCE = "如果確定是計畫，建立索引時請加 --force。"
_NOTHING_TO_FORCE = "如果確定是計畫，請檢查內容是否完整，或另存成 .docx 再試。"
_EMPTY = "裡面沒有任何措施。"


@dataclass(frozen=True, slots=True)
class FileReading:
    """What one file gave: its plans in order, and the parts of it that are something else."""

    plans: tuple[Plan, ...]
    asides: tuple[SkippedFile, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadingTask:
    """What to read, and how. Everything in it can be sent to another process."""

    path: Path
    name: str
    limits: Limits = DEFAULT_LIMITS
    force: bool = False
    """Take what is no plan by its looks for one, where the file holds nothing better."""
    ocr: bool = False
    frameworks: tuple[Framework, ...] | None = None
    """The catalogs to align with; those that come with the program if not given."""


def read_plan_file(task: ReadingTask) -> FileReading:
    """Read one file.

    The first plan of a file is named as the file, further ones ``file[2]``, ``file[3]``.

    Raises:
        PlansearchError: it cannot be read, or holds nothing that could be a plan.
    """
    document = read_original(task)
    frameworks = bundled_frameworks() if task.frameworks is None else task.frameworks
    parts = divide(document)
    judged = [(part, *_judge(part, frameworks)) for part in parts]
    accepted = [plan for _, plan, doubt in judged if plan is not None and doubt is None]
    if not accepted and task.force:
        accepted = [replace(plan, doubt=doubt) for _, plan, doubt in judged if plan is not None]
    kept = {plan.items for plan in accepted}
    asides = [
        _aside(task.name, part, doubt or _EMPTY, forcible=plan is not None, alone=len(parts) == 1)
        for part, plan, doubt in judged
        if plan is None or plan.items not in kept
    ]
    if not accepted and task.force:
        raise ParseError(
            f"「{task.name}」裡找不到任何計畫措施。{judged[0][2] or '' if len(judged) == 1 else ''}"
            "請確認它是提升服務計畫，而不是空白表單或其他文件。"
        )
    named = [
        plan if number == 1 else replace(plan, name=f"{task.name}[{number}]") for number, plan in enumerate(accepted, 1)
    ]
    return FileReading(tuple(named), tuple(asides))


def read_original(task: ReadingTask) -> Document:
    """Read one file as its reader understands it, before any of it is taken for a plan.

    Raises:
        PlansearchError: it cannot be read.
    """
    check_file(task.path, task.name, task.limits)
    return read_document(task.path, task.name, limits=task.limits, ocr=task.ocr)


def _judge(part: Part, frameworks: Sequence[Framework]) -> tuple[Plan | None, str | None]:
    """The plan that a part gives, if any, and why it is none."""
    try:
        plan = parse_document(part.document, frameworks, _bundled_encoder)
    except ParseError:
        return None, recognise(part.document, None).doubt
    verdict = recognise(part.document, plan)
    return _named(plan, part.agency), verdict.doubt


def _named(plan: Plan, agency: str | None) -> Plan:
    """The plan with the agency that stood over it, where its own title names none."""
    if agency is None or plan.metadata.agency is not None:
        return plan
    city = _CITY.match(agency)
    metadata = replace(
        plan.metadata,
        agency=agency,
        agency_type=agency_type_of(agency),
        city=city.group() if city else plan.metadata.city,
    )
    return replace(plan, metadata=metadata)


def _aside(name: str, part: Part, doubt: str, *, forcible: bool, alone: bool) -> SkippedFile:
    if alone:
        return SkippedFile(name, f"{doubt}{_FORCE if forcible else _NOTHING_TO_FORCE}", "not_a_plan")
    place = _first_span(part.document).label
    what = f"「{part.title}」" if part.title else "這一部分"
    return SkippedFile(f"{name}（{place}起）" if place else name, f"{what}{doubt}", "not_a_plan")


def _first_span(document: Document) -> Span:
    for block in document.blocks:
        if isinstance(block, Paragraph):
            return block.span
        if block.rows:
            return block.rows[0].span
    return Span()


@cache
def _bundled_encoder() -> Encoder | None:
    """The bundled model, whose likenesses the thresholds were measured on; ``None`` where it is not installed."""
    try:
        return load_encoder()
    except EncoderError:
        return None
