"""What an index keeps to understand questions: a small dictionary, common tokens, synonyms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from plansearch.errors import IndexBrokenError

DICTIONARY_FILE: Final = "dictionary.json"


@dataclass(frozen=True, slots=True)
class Dictionary:
    """What cuts a question into words, weighs them, and says them in other ways."""

    frequencies: Mapping[str, int]
    """How often jieba counted each word."""
    total: int
    """The sum of frequencies of the dictionary they were taken from."""
    common_texts: int
    """How many texts the following were counted in."""
    common_counts: Mapping[str, int]
    """In how many texts that are common to all plans each token stands."""
    vocabulary: Mapping[str, Any]
    """The synonyms, as JSON has them."""

    def write(self, generation: Path) -> None:
        """Write it into a generation."""
        values = {
            "total": self.total,
            "frequencies": dict(self.frequencies),
            "common_texts": self.common_texts,
            "common_counts": dict(sorted(self.common_counts.items())),
            "vocabulary": dict(self.vocabulary),
        }
        (generation / DICTIONARY_FILE).write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def read(cls, generation: Path) -> Dictionary:
        """Read it from a generation.

        Raises:
            IndexBrokenError: it is missing or can't be understood.
        """
        path = generation / DICTIONARY_FILE
        try:
            values: Any = json.loads(path.read_text(encoding="utf-8"))
            return cls(
                _counts(values["frequencies"], values["total"]),
                int(values["total"]),
                int(values["common_texts"]),
                _counts(values["common_counts"], values["common_texts"]),
                dict(values["vocabulary"]),
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise IndexBrokenError(f"索引的詞典檔無法讀取：{path}。請重新執行 plansearch index 建立索引。") from error


def _counts(counts: Mapping[str, int], whole: int) -> dict[str, int]:
    """Counts of words of which there are so many together or at most.

    Raises:
        ValueError, TypeError, AttributeError: they can be none.
    """
    values = counts.values()
    # True is a number to Python; what was written as one is no count
    if type(whole) is not int or whole < 1 or not set(map(type, values)) <= {int}:
        raise ValueError
    if values and not 0 <= min(values) <= max(values) <= whole:
        raise ValueError
    return dict(counts)
