"""Words in which 不, 無, 未, 非, 免, 停, 應, 須, 可 or 得 neither denies nor demands nor allows anything. Folded.

What is only a way to name something (不便, 不足, 未盡事宜, 免付費電話) is here with what is no negation at all
(無線, 未來). 不再, 不予, 不限 are not: they do deny. A word has a guard where it can be the beginning of a real
negation: 不公平 and 不公開, 得主 and 得主動.
"""

from __future__ import annotations

import re
from typing import Final

_NOT: Final = """
不便 不足 不同(?!意) 不断 不仅 不只 不但 不论 不管 不良 不佳 不少 不易 不利 不当(?!场|日|面) 不定期 不定时 不合时宜
不动产 不孕 不明 不实(?!施) 不法 不过 不得不 不得已 不可抗力 不可或缺 不可分 不特定 不锈钢 不断电 不时 不吝 不忘
不失 不遗余力 不厌其烦 不畏 不胜 不幸 不妨 不免(?!费) 不禁 不外(?!送|借|加) 不一 不齐 不全 不谙 不熟 不懂 不识 不慎
不安(?!排|装|置) 不适(?!用) 不平等 不均 不公(?!开|布|告|示) 不善 不拘 不克 不必要 不透明 不对称 不景气 不求人 不二
不落人后 不如(?!期) 不宁 不耐 不解 不周 不力 不限于 不停(?!办|用|收|发|止|班|课) 不少于 不低于 不超过 不逾 不高于
不多于 不大于 不小于 不满(?!意) 不满意(?=项|原因|者|的|之|民) 缺一不可 无所不 无不 莫不 绝不 永不 从不 岂不 何不
了不起 来不及
"""
"""不少於 and its like are bounds of numbers."""

_WITHOUT: Final = """
无障碍 无线 无碍 无缝 无形 无限 无私 无毒 无烟 无菸 无尘 无纸 无人 无远弗届 无后顾之忧 无虞 无效 无名 无时无刻 无休
无误 无价 无微不至 无妨 无奈 无论 无疑 无比 无穷 无依 无助 无家 无力 无机 无阻 无遗 无息 无意 无声 无国界 毫无 有无
全无 无尽 无感 无差别 无店面 无偏 无菌
"""

_NOT_YET: Final = """
未来 未尽 未婚 未成年 未满 未必 未雨绸缪 从未 未逮 未免 未知 未曾有 未及 未达 未遂 方兴未艾
"""

_UNLIKE: Final = """
非营利 非常(?!设|态) 非都市 非凡 非政府 非但 并非 除非 莫非 是非 非法 非洲 非传染 非接触 非同步 非核 非讼 非正规
非预期 非自愿 非公用
"""

_EXEMPT: Final = """
免付费 免疫 免洗 难免 避免 以免 免得 减免 豁免 免税 免于 免役 免除兵役 免烦恼 免职 免治 罢免 赦免 任免
"""

_STOP: Final = """
停止线 停车 停放 停等 停留 停电 停水 停航 停驶 停业 停损 停泊 停靠 是否 与否 能否 可否 否则
"""

_MUST: Final = """
因应 回应 反应 应变 应用 应对 应备(?=证|文|书|表|件|妥) 对应 供应 应答 应征 应届 适应 相应 呼应 效应 应急 应酬 感应
应收(?=款|帐) 应试 应考 应询 应有 答应 响应 应声 应聘 应援 应验 应运 应邀 应付(?!费|款|清|还) 顺应 应税 应买 应诊
应办(?=事|业) 应行(?=事|注|改) 须知 必须品 需求 (?<!不)需要 所需 供需 必需品 急需 亟需 视需 需用 特需 内需 需时 依需
因需 刚需 所须
"""

_MAY: Final = """
可近 许可 认可 可行(?!动) 可及 可能 可用性 可用时段 可用资源 可靠 可携 可读 可视(?!需|实际|情) 可替代 即可 方可 可观
可贵 可惜 可亲 可口 可爱 可怕 可信 可见 可再生 可回收 可燃 可塑 可支配 宁可 可追溯 可负担 取得 获得 得知
得分(?!期|次|批|段|别) 值得 所得 得奖 心得 难得 得宜 得当(?!场|日|天|面) 得标 得票 赢得 使得 懂得 记得 觉得 求得
得失 得到(?!府|场|宅|家|所) 查得 得出(?!席|具) 得主(?!动|张) 得体 显得 变得 博得 购得 得利(?!用) 得悉 得天独厚
相得益彰 一举两得 看得 问得 听得 做得 来得 说得 晓得 省得 得名 得点(?!选) 得最
"""

_IDIOMS: Final = "|".join(
    sorted(
        " ".join((_NOT, _WITHOUT, _NOT_YET, _UNLIKE, _EXEMPT, _STOP, _MUST, _MAY)).split(),
        key=lambda word: (-len(word.split("(?")[0]), word),
    )
)
_PATTERN: Final = re.compile(_IDIOMS)


def without_idioms(folded: str) -> str:
    """Take these words out of a text, which keeps its length."""
    return _PATTERN.sub(lambda match: "\0" * len(match[0]), folded)
