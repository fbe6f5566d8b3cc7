"""Document to plan: framework, blocks, measures, units, codes and damage, put together."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from plansearch.errors import ParseError
from plansearch.frameworks import (
    Framework,
    Requirement,
    align_by_meaning,
    choose_framework,
    crosswalk_item,
    match_pillar,
    match_requirement,
    match_shortened,
)
from plansearch.parsing import damage as seen
from plansearch.parsing.assembly import assemble
from plansearch.parsing.blocks import Assembly, Block
from plansearch.parsing.cell_lines import gather_cells
from plansearch.parsing.garbage import without_garbage
from plansearch.parsing.glued_units import part_glued
from plansearch.parsing.grid import lay_out
from plansearch.parsing.items import Measure, measures_of
from plansearch.parsing.metadata import metadata_of
from plansearch.parsing.rows import rejoin_rows
from plansearch.parsing.units import assign_units
from plansearch.types import Alignment, CrosswalkMatch, Damage, Document, Encoder, Paragraph, Plan, PlanItem, Table

LoadEncoder = Callable[[], Encoder | None]

_OF_ITSELF = re.compile(r"依據|緣起|前言|對象|範圍|期程|期間")
"""Sections in which a plan speaks of itself, and promises nothing."""
_MIN_SHARE = 0.3
"""Of a title's character pairs that a measure must have to be taken for one of its own."""
_NUMBER_CONFIDENCE = 0.5
"""A requirement known by its number alone is as likely right as not: agencies shift the numbering."""


def _no_encoder() -> Encoder | None:
    return None


def parse_document(
    document: Document, frameworks: Sequence[Framework], load_encoder: LoadEncoder = _no_encoder
) -> Plan:
    """Parse one plan.

    Args:
        document: as a reader gave it.
        frameworks: the catalogs to align its requirements with.
        load_encoder: called only where a heading is in no catalog's words, so that its meaning may tell;
            without a model such a heading stays without a code.

    Raises:
        ParseError: the document holds no measure.
    """
    document = without_garbage(document)
    document = replace(document, blocks=tuple(rejoin_rows([*lay_out(document.blocks)])))
    framework = choose_framework(_texts(document), frameworks)
    document = replace(document, blocks=tuple(gather_cells(document.blocks, framework)))
    assembly = assemble(document, framework)
    moved = _return_strays(assembly, framework)
    codes = {id(block): _align(block, framework, load_encoder) for block in assembly.blocks}
    measures: list[Measure] = []
    for block in assembly.blocks:
        measures.extend(measures_of(block, measures[-1].group + 1 if measures else 0))
    if not any(measure.block.requirement or len(measure.entry.text) > 1 for measure in measures):
        garbage = next((found.detail for found in document.damage if found.kind == "text_garbled"), None)
        if garbage is not None:
            raise ParseError(f"「{document.name}」讀不到計畫措施：{garbage}")
        raise ParseError(f"「{document.name}」裡找不到任何計畫措施。請確認它是提升服務計畫，而不是空白表單或其他文件。")
    glued = part_glued(assembly.rows)
    mismatches = assign_units(assembly.rows, measures)
    for measure in measures:
        measure.units_inferred = measure.units_inferred or any(measure.entry.row == row.number for row in glued)
    places = {key: place[0].code if place else None for key, place in codes.items()}
    found = [*document.damage, *moved, *_damage(assembly, measures, places, framework)]
    found.extend(seen.unlined_units(mismatches, measures, places))
    found.extend(seen.glued_units(glued, measures, places))
    found.extend(seen.doubtful_texts(measures, places))
    found.extend(seen.cut_texts(measures, assembly.rows, places))
    found.extend(seen.skipped_requirements(assembly.blocks, places, framework))
    items = tuple(_item(measure, codes[id(measure.block)], frameworks) for measure in measures)
    return Plan(
        name=document.name,
        sha256=document.sha256,
        metadata=metadata_of(document),
        framework=framework.id if framework else None,
        items=items,
        damage=tuple(sorted(found, key=lambda damage: (damage.span.first_line or 0, damage.kind))),
    )


def _texts(document: Document) -> list[str]:
    texts: list[str] = []
    for block in document.blocks:
        if isinstance(block, Table):
            texts.extend(cell.text.replace("\n", "") for row in block.rows for cell in row.cells if cell.paragraphs)
            texts.extend(
                paragraph.text
                for row in block.rows
                for cell in row.cells
                for paragraph in cell.paragraphs[: len(cell.paragraphs) if len(cell.paragraphs) > 1 else 0]
            )
        elif isinstance(block, Paragraph):
            texts.append(block.text)
    return texts


def _align(
    block: Block, framework: Framework | None, load_encoder: LoadEncoder
) -> tuple[Requirement, Alignment] | None:
    """The framework's requirement that a block stands under: by words, by number if it has no words, by meaning."""
    if framework is None or block.requirement is None:
        return None
    match = match_requirement(block.requirement.full, framework)
    if match is not None:
        return match
    if not block.requirement.text.strip():
        return _align_by_number(block, framework)
    pillar = match_pillar(block.pillar.full, framework) if block.pillar else None
    match = match_shortened(block.requirement.text, framework, pillar=pillar[0].code if pillar else None)
    if match is not None:
        return match
    encoder = load_encoder()
    return align_by_meaning(block.requirement.text, framework, encoder) if encoder is not None else None


def _align_by_number(block: Block, framework: Framework) -> tuple[Requirement, Alignment] | None:
    pillar = match_pillar(block.pillar.full, framework) if block.pillar else None
    mark = block.requirement.mark if block.requirement else None
    if pillar is None or mark is None or not 1 <= mark.value <= len(pillar[0].requirements):
        return None
    return pillar[0].requirements[mark.value - 1], Alignment("number", _NUMBER_CONFIDENCE)


def _return_strays(assembly: Assembly, framework: Framework | None) -> list[Damage]:
    """Put a measure back under the requirement whose list it goes on with.

    Where the first number under a heading goes on with the list of the requirement before it, and the list stops
    there, the heading may have been set one measure too high. The words decide: the measure must share much of
    the title before, and clearly less of the one that it stands under.
    """
    found: list[Damage] = []
    for before, block in zip(assembly.blocks, assembly.blocks[1:], strict=False):
        if before.requirement is None or block.requirement is None or not _runs_over(before, block):
            continue
        first = block.entries[0]
        share = _shared(first.text, before.requirement.text)
        if share >= _MIN_SHARE and share >= 2 * _shared(first.text, block.requirement.text):
            before.entries.append(block.entries.pop(0))
            match = match_requirement(before.requirement.full, framework) if framework else None
            found.append(seen.moved_measure(first.span, match[0].code if match else None, before.requirement.full))
    return found


def _runs_over(before: Block, block: Block) -> bool:
    """Whether the first entry of a block, and it alone, goes on with the numbers of the block before."""
    if not before.entries or not block.entries:
        return False
    last, first = before.entries[-1].mark, block.entries[0].mark
    if last is None or first is None or last.style != first.style or first.value != last.value + 1:
        return False
    return not any(entry.mark and entry.mark.style == first.style for entry in block.entries[1:])


def _shared(text: str, title: str) -> float:
    """Share of the title's character pairs that the text has."""
    title = re.sub(r"\W", "", title)
    pairs = {title[position : position + 2] for position in range(len(title) - 1)}
    return sum(pair in text for pair in pairs) / len(pairs) if pairs else 0.0


def _damage(
    assembly: Assembly, measures: Sequence[Measure], codes: dict[int, str | None], framework: Framework | None
) -> list[Damage]:
    found: list[Damage] = []
    by_block: dict[int, list[Measure]] = {}
    for measure in measures:
        by_block.setdefault(id(measure.block), []).append(measure)
    aligned = {block.section for block in assembly.blocks if codes[id(block)]}
    for before, block in zip((None, *assembly.blocks), assembly.blocks, strict=False):
        code = codes[id(block)]
        own = by_block.get(id(block), [])
        if before is None or not _goes_on(before, block):
            found.extend(seen.numbering_damage(block, code))
        found.extend(seen.lost_measures(block, code, own, assembly.rows))
        found.extend(seen.displaced_heading(block, code))
        if framework is not None and block.requirement is not None and code is None and own:
            found.append(seen.unknown_heading(block))
        if block.requirement is None and own and block.section in aligned:
            found.append(seen.measures_without_heading(own))
    return found


def _goes_on(before: Block, block: Block) -> bool:
    """Whether the numbering runs on over two requirements, which some plans do."""
    last = next((entry.mark for entry in reversed(before.entries) if entry.mark), None)
    first = next((entry.mark for entry in block.entries if entry.mark), None)
    if last is None or first is None or before.requirement is None or block.requirement is None:
        return False
    return last.style == first.style and first.value == last.value + 1


def _item(measure: Measure, place: tuple[Requirement, Alignment] | None, frameworks: Sequence[Framework]) -> PlanItem:
    entry, block = measure.entry, measure.block
    heading = block.requirement or block.pillar
    topic = " > ".join(measure.topics) or None
    return PlanItem(
        section=block.section,
        code=place[0].code if place else None,
        requirement=heading.full if heading else None,
        topic=topic,
        number=entry.mark.text.strip() if entry.mark else None,
        text=entry.text,
        units=measure.units,
        deadline=measure.deadline,
        span=entry.span,
        pillar=block.pillar.full if block.pillar else None,
        alignment=place[1] if place else None,
        crosswalk=_crosswalk(entry.text, topic, place[0], frameworks) if place else (),
        units_inferred=measure.units_inferred,
        is_measure=block.requirement is not None or not _OF_ITSELF.search(block.section or ""),
    )


def _crosswalk(
    text: str, topic: str | None, requirement: Requirement, frameworks: Sequence[Framework]
) -> tuple[CrosswalkMatch, ...]:
    texts = [text, topic] if topic else [text]
    others = [framework for framework in frameworks if framework.id != requirement.framework]
    return tuple(match for framework in others for match in crosswalk_item(texts, requirement, framework))
