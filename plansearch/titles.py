"""What a title calls its document. In Chinese the last noun says it: …計畫第 1 次會議紀錄 is a record, no plan."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from plansearch.numbering import leading_mark

PLAN = "計畫"

MAX_TITLE = 60
"""Characters; more is a sentence."""


def _last(*words: str) -> re.Pattern[str]:
    """A title that ends with one of these."""
    return re.compile(rf"(?:{'|'.join(words)})$", re.IGNORECASE)


_DONE = "執行|辦理|推動|年度|服務|活動"
_OUTCOME = "成果|成效|績效|實績|情形"
_REPORTED = f"{_OUTCOME}|檢討|結案|年度|工作|統計|分析|調查|評估|考核|查核|稽核|研究|總結"
_OFFICES = "府局處所會院署校司站館場廠隊"

_KINDS: Sequence[tuple[str, re.Pattern[str]]] = (
    ("會議紀錄", _last("[紀記]錄[表單]?", "會議(?:資料|手冊|程序|議程)", "議程表?", "逐字稿")),
    (
        "成果或辦理情形報告",
        _last(
            rf"(?:{_REPORTED})之?(?:報告|彙報|簡報)[書表]?",
            rf"(?:{_DONE})(?:{_OUTCOME})(?:表|彙整表|一覽表|彙編|專輯|冊)?",
            "報告書?",
            "年報",
            "心得",
            "簡報",
        ),
    ),
    (
        "評核表",
        _last(
            r"(?:自評|評核|評分|評審|評鑑|檢核|查核|考核|稽核|評量|檢查|評估)(?:指標|項目|結果)?[表單]?",
        ),
    ),
    (
        "問卷或申請表單",
        _last(
            "問卷(?:調查)?表?",
            "(?:調查|申請|報名|登記|同意|意見|回[復覆]|切結|委託|異動|請購|建議|陳情|填報|提案)[表單書]",
        ),
    ),
    (
        "名冊或通訊錄",
        _last("名冊", "名單", "通訊錄", "電話(?:號碼)?(?:表|簿|一覽表)", "聯絡人?(?:表|資訊|方式|窗口)", "清冊"),
    ),
    (
        "新聞或公告",
        _last(
            "新聞稿?",
            "新聞發布",
            "快訊",
            "報導",
            "消息",
            "公[告報]",
            "電子報",
            r"(?:榮獲|獲頒|獲得|奪得|摘下|勇奪)\S{2,}",
        ),
    ),
    (
        "公文",
        _last(rf"(?:^|[{_OFFICES}])(?:書?函|令|箋函|便箋|簽)(?:\(?稿\)?)?", "開會通知單?", "通知單?", "簽呈"),
    ),
    (
        "法規",
        _last(
            "要點",
            "辦法",
            "條例",
            "規程",
            "準則",
            "細則",
            "規[則定]",
            "注意事項",
            "須知",
            "基準",
            "標準",
            "通則",
            "原則",
            "守則",
            "公約",
        ),
    ),
    ("問答集", _last("問答集?", "常見問題集?", "Q&A集?", "FAQ", "問與答")),
    (
        "契約或招標文件",
        _last("[契合]約書?", "協議書", "備忘錄", "招標文件", "規格書?", "需求書", "標單", "報價單"),
    ),
    ("手冊或說明", _last("手冊", "說明書?", "指南", "簡介", "流程圖?", "作業程序書?", "教材", "講義", "懶人包")),
    ("日程或輪值表", _last("(?:日程|行程|課程|輪值|值班|值勤|排班|時刻|班|課)表", "行事曆")),
    ("修正對照表", _last("對照表")),
)
"""First match first."""
_PLAN = _last("(?:計[畫劃]|方案|規劃)(?:[書表案]|全文|內容|本文|總表|一覽表)?")
_BRACKETED = r"[(【\[〔][^()【】\[\]〔〕]{1,24}[)】\]〕]"
_DATED = r"(?:中華民國)?\d{2,4}年度?(?:\d{1,2}月)?(?:\d{1,2}日)?(?:訂定|修正|核定|函頒|版|起|修訂)*"
_AFTER_TITLE = re.compile(
    rf"(?:{_BRACKETED}|草案|初稿|修正版|核定本|定稿|[vV]?\d+(?:\.\d+)*版?|第\d+版|{_DATED}|\d{{2,4}}(?:[./-]\d{{1,2}}){{1,2}})+$"
)
_NOT_AT_END = frozenset("。；;:，,、!?")


def compact(text: str) -> str:
    """A text without spaces and width."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def kind_of_title(text: str) -> str | None:
    """What a line calls its document: `PLAN`, another kind, or ``None`` where it is no title."""
    whole = compact(text)
    if not whole or len(whole) > MAX_TITLE or whole[-1] in _NOT_AT_END or leading_mark(text).mark is not None:
        return None
    for candidate in (whole, _AFTER_TITLE.sub("", whole)):
        if _PLAN.search(candidate):
            return PLAN
        for kind, pattern in _KINDS:
            if pattern.search(candidate):
                return kind
    return None
