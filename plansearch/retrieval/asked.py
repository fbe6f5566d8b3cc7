"""What the search asks of an index, wherever it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from plansearch.results import Caveat, Filters, Heading, IndexedItem
from plansearch.text import Tokenizer
from plansearch.types import Encoder
from plansearch.vocabulary import Vocabulary
from plansearch.yardstick import Chance, WordStatistics


class KnownWords(Protocol):
    """Which words the items have."""

    def columns(self, tokens: Iterable[str]) -> Mapping[str, int]:
        """Those tokens that any item has, each with a number."""
        ...


class KnownValues(Protocol):
    """What is known of the plans as a whole."""

    def values(self, option: str) -> Sequence[str]:
        """All values that a filter can have, sorted."""
        ...

    def headings(self) -> tuple[Heading, ...]:
        """The requirements that a question may name."""
        ...

    def caveats(self, filters: Filters) -> tuple[Caveat, ...]:
        """What the plans that pass the filters lost."""
        ...


class Asked(Protocol):
    """An index by which a question is understood and its items are rated."""

    def __len__(self) -> int:
        """How many items there are."""
        ...

    @property
    def model(self) -> str:
        """Name of the model that the vectors were made with."""
        ...

    @property
    def tokenizer(self) -> Tokenizer:
        """Cuts questions into words."""
        ...

    @property
    def vocabulary(self) -> Vocabulary:
        """The synonyms that questions are searched with."""
        ...

    @property
    def statistics(self) -> WordStatistics:
        """How common each token is in plans in general."""
        ...

    @property
    def chance(self) -> Chance:
        """How near measures come to questions that have nothing to do with them."""
        ...

    @property
    def encoder(self) -> Encoder:
        """The model that the vectors were made with."""
        ...

    @property
    def lexical(self) -> KnownWords:
        """The words of the items."""
        ...

    @property
    def catalog(self) -> KnownValues:
        """What filters can name, and what was lost."""
        ...


class Columns(Protocol):
    """What folding asks of items, one value for each."""

    @property
    def keys(self) -> npt.NDArray[np.int64]:
        """Equal for items that say the same."""
        ...

    @property
    def restating(self) -> npt.NDArray[np.bool_]:
        """Which only say their requirement again."""
        ...


class Shown(Protocol):
    """Items that can be shown as hits: those of an index, or those of a pool."""

    @property
    def tokenizer(self) -> Tokenizer:
        """Cuts questions into words."""
        ...

    @property
    def vocabulary(self) -> Vocabulary:
        """The synonyms that questions are searched with."""
        ...

    @property
    def encoder(self) -> Encoder:
        """The model that the vectors were made with."""
        ...

    @property
    def facets(self) -> Columns:
        """What folding asks of the items."""
        ...

    def items(self, positions: Sequence[int]) -> tuple[IndexedItem, ...]:
        """Items by position, in the order asked for."""
        ...
