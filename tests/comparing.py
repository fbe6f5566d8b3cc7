"""Plans for the tests of comparisons: who has what, in few words."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from conftest import TinyEncoder, item_of

from plansearch.index import PlanIndex
from plansearch.types import CrosswalkMatch, Damage, Metadata, Plan, PlanItem, SkippedFile, Span

RAMP = "大門設置無障礙坡道及服務鈴，輪椅使用者由志工協助進入。"
NURSING = "三樓設置哺集乳室，備有溫奶器與尿布檯。"
SURVEY = "每年五月及十月以問卷調查洽公民眾的滿意度，不滿意項目一個月內改善。"
LAWYER = "每週三晚上邀請律師駐點，免費解答民眾的法律疑義。"
SHUTTLE = "週二及週四派專車到偏遠里別，就地受理各項申請。"
OPEN_DATA = "道路挖掘與路樹修剪的進度每週上傳開放資料平台。"
MAILBOX = "首長信箱來信三日內分派，七日內答覆並追蹤辦理情形。"


def plan(
    name: str,
    items: Sequence[tuple[str, str | None] | PlanItem],
    *,
    agency: str | None,
    agency_type: str | None = "公所",
    city: str | None = "示範市",
    year: int | None = 113,
    framework: str | None = "six_pillars",
    damage: Sequence[Damage] = (),
) -> Plan:
    """A plan of items, each as ``(text, code)`` or whole."""
    whole = [
        one if isinstance(one, PlanItem) else item_of(one[0], code=one[1], line=line)
        for line, one in enumerate(items, 1)
    ]
    metadata = Metadata(agency, agency_type, city, year, None)
    digest = sha256(name.encode()).hexdigest()
    return Plan(name, digest, metadata, framework, tuple(whole), tuple(damage))


def award(text: str, code: str, other: str, line: int = 1) -> PlanItem:
    """An item of the other framework, which the crosswalk brings to a requirement of the six pillars."""
    match = CrosswalkMatch("six_pillars", other, "equal", 1.0)
    return item_of(text, code=code, crosswalk=(match,), line=line)


def lost(kind: str, code: str | None, line: int = 9) -> Damage:
    """Something that a source lost."""
    return Damage(kind, "原文缺漏，請對照。", code, Span(line, line))  # type: ignore[arg-type]


def index_of(tmp_path: Path, *plans: Plan, skipped: Sequence[SkippedFile] = ()) -> PlanIndex:
    """An index of some plans, with an encoder that counts characters."""
    encoder = TinyEncoder()
    PlanIndex.build_from(plans, skipped, tmp_path / "index", encoder=encoder)
    return PlanIndex.open(tmp_path / "index", encoder=encoder)
