"""The small dictionary that an index keeps for cutting questions into words."""

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
    """Words with their frequencies, and the sum of frequencies of the dictionary they were taken from."""

    frequencies: Mapping[str, int]
    total: int

    def write(self, generation: Path) -> None:
        """Write it into a generation."""
        text = json.dumps({"total": self.total, "frequencies": dict(self.frequencies)}, ensure_ascii=False)
        (generation / DICTIONARY_FILE).write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, generation: Path) -> Dictionary:
        """Read it from a generation.

        Raises:
            IndexBrokenError: it is missing or can't be understood.
        """
        path = generation / DICTIONARY_FILE
        try:
            values: Any = json.loads(path.read_text(encoding="utf-8"))
            return cls(dict(values["frequencies"]), int(values["total"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IndexBrokenError(f"索引的詞典檔無法讀取：{path}。請重新執行 plansearch index 建立索引。") from error
