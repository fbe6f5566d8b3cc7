"""What is counted, and in which dimension: 個工作天 and 上班日 are one, 一週 and 7 日 are equal, 日 and 工作日 are not.

All words are folded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

DURATIONS: Final = frozenset({"second", "day", "workday", "month"})
"""Dimensions of time. Hours are not days and days not months: 24 小時 is another time limit than 1 日, and a month has
no fixed length."""


@dataclass(frozen=True, slots=True)
class MeasureWord:
    """A unit: in which dimension it can be equal to others, how many of the dimension's base it is, and what it adds.

    All that is merely counted (人, 件, 處, 次) is of one dimension: 3 處 and 3 個 promise the same.
    """

    dimension: str
    factor: Fraction = Fraction(1)
    more: Fraction = Fraction(0)


def _all(dimension: str, words: str, factor: int | Fraction = 1) -> dict[str, MeasureWord]:
    return {word: MeasureWord(dimension, Fraction(factor)) for word in words.split()}


_HALF: Final = Fraction(1, 2)

DURATION_WORDS: Final = (
    _all("second", "秒 秒钟")
    | _all("second", "分钟", 60)
    | _all("second", "小时 个小时 钟头 个钟头", 3600)
    | _all("day", "日 天 日历天 个日历天")
    | _all("day", "周 星期 个星期 礼拜 个礼拜", 7)
    | _all("workday", "工作天 个工作天 工作日 个工作日 上班日 个上班日 上班天 个上班天 办公日 个办公日")
    | _all("month", "个月")
    | _all("month", "季", 3)
    | _all("month", "年", 12)
)
"""Lengths of time. A week is seven days for certain, as a year is twelve months."""

_MIXED: Final = {
    "个半月": MeasureWord("month", Fraction(1), _HALF),
    "年半": MeasureWord("month", Fraction(12), Fraction(6)),
    "个半小时": MeasureWord("second", Fraction(3600), Fraction(1800)),
    "小时半": MeasureWord("second", Fraction(3600), Fraction(1800)),
}

_COUNTED: Final = (
    "个 名 位 人 件 案 份 张 处 所 间 站 台 部 辆 座 席 床 项 种 类 则 篇 册 组 队 班 格 套 批 笔 户 家 里 村 校 栋 "
    "层 次 场 场次 回 趟 遍 梯 梯次 人次 车次 题 倍 折 声 级 通 本 大"
)
_COUNTED_IN_FIGURES: Final = (
    "点 条 句 页 字 度 员 面 片 块 盏 支 枝 幅 对 道 门 堂 课 节 集 期 轮 瓶 包 箱 袋 罐 盒 碗 杯 餐 株 棵 只 颗 束 "
    "串 双 副 语 路 线"
)
"""Words that make a number of a figure only: 三節, 四面, 一路, 三線 are words of their own."""

_SIZES: Final = "坪 平方公尺 公顷 公斤 公克 公升 毫升 吨 mb gb kb tb"

WORDS: Final = (
    DURATION_WORDS
    | _MIXED
    | _all("money", "元 块 圆 元整")
    | _all("share", "% 趴")
    | _all("share", "成", 10)
    | _all("share", "‰", _HALF / 5)
    | _all("score", "分")
    | _all("age", "岁 足岁")
    | _all("floor", "楼 f")
    | _all("length", "公尺 米 m")
    | _all("length", "公分 cm", Fraction(1, 100))
    | _all("length", "公里 km", 1000)
    | {word: MeasureWord(word) for word in _SIZES.split()}
    | _all("count", _COUNTED)
    | _all("count", _COUNTED_IN_FIGURES)
)

_SAME: Final = {"名": "人", "位": "人", "员": "人", "场次": "场", "梯次": "梯"}

IN_FIGURES_ONLY: Final = frozenset((*_COUNTED_IN_FIGURES.split(), "f", "m", "块"))

_NOT_BEFORE: Final = {
    "日": "常期报记托",
    "天": "然气",
    "周": "边围刊知全遭",
    "季": "节刊",
    "年": "级龄长青轻金会代货终资节假度",
    "元": "化件素旦宵月",
    "块": "状",
    "成": "立为长果员本效功年人熟就品型交",
    "分": "别享析类送流科层工配布担为成组局机区站办散段众龄会",
    "楼": "梯",
    "名": "称册单",
    "位": "置址数",
    "处": "理置罚分",
    "所": "有需在得属定",
    "台": "湾北中南东电铁风语账",
    "部": "分门会落长",
    "间": "接",
    "组": "织成室",
    "队": "伍",
    "家": "长庭属人户具园访暴",
    "户": "政籍外",
    "里": "长",
    "种": "植",
    "套": "装",
    "场": "地所域合馆景面",
    "张": "贴",
    "本": "所局处中区市县计府土人身国次年",
    "座": "谈位标落",
    "格": "式局",
    "批": "准示核评",
    "笔": "录试记",
    "回": "复覆应馈收报传答诊流家顾访",
    "站": "点",
    "校": "园长外内方正",
    "村": "长民",
    "度": "量过假",
    "折": "抵叠",
    "层": "级面",
    "级": "别",
    "通": "知报过路译行用常道讯车勤",
    "大": "学楼门厅型队家众部量力致会道",
    "点": "心字选收名击数亮",
    "条": "件例文款",
    "期": "间限程",
    "线": "上",
    "路": "面口边",
    "面": "对谈积",
    "对": "象于外应",
    "只": "要需能",
    "门": "口牌诊",
    "课": "程室",
    "节": "目省能约庆",
    "集": "中合",
    "员": "工",
    "句": "号",
    "米": "食",
}
"""Characters after which a unit is the beginning of another word: 三年級, 二元化, 三處理, 十分類."""


def _guarded(word: str) -> str:
    last = _NOT_BEFORE.get(word, "")
    latin = "(?![a-z])" if word.isascii() and word.isalpha() else ""
    return re.escape(word) + (f"(?![{last}])" if last else "") + latin


def alternatives(words: dict[str, MeasureWord]) -> str:
    """A pattern for any of some words, longest first."""
    return "|".join(map(_guarded, sorted(words, key=lambda word: (-len(word), word))))


def same_word(word: str) -> str:
    """One spelling for words that count the same: 三名, 三位 and 三人 志工."""
    return _SAME.get(word, word)
