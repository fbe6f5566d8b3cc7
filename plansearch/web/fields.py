"""What addresses hold: the settings of a page or an answer, bounded, and none that means nothing."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeAlias
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, Field

from plansearch.results import FILTER_FIELDS, Filters, SearchMode

MOST_VALUES: Final = 100
"""Values of one filter in an address."""

Word: TypeAlias = Annotated[str, Field(max_length=300)]
Words: TypeAlias = Annotated[list[Word], Field(max_length=MOST_VALUES)]
RocYear: TypeAlias = Annotated[int, Field(ge=1, le=999)]


class AddressForm(BaseModel):
    """Settings as an address holds them; one that there is not is refused, since a filter would be left out by it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def address(self, path: str, **changes: object) -> str:
        """The address of a page as it is asked for, with some settings changed."""
        values: dict[str, Any] = self.model_copy(update=changes).model_dump(exclude_defaults=True)
        pairs = {name: "1" if value is True else value for name, value in values.items()}
        return f"{path}?{urlencode(pairs, doseq=True)}" if pairs else path


class QuestionForm(AddressForm):
    """A question in words, and which items may answer it."""

    q: Annotated[str, Field(max_length=5000, description="要找的內容：詞或一句話")] = ""
    agency: Annotated[Words, Field(description="只找這些機關")] = []
    type: Annotated[Words, Field(description="只找這些類型的機關")] = []
    city: Annotated[Words, Field(description="只找這些縣市")] = []
    year: Annotated[list[RocYear], Field(max_length=MOST_VALUES, description="只找這些年度（民國）")] = []
    requirement: Annotated[Words, Field(description="只找這些執行要項或構面的代碼")] = []
    unit: Annotated[Words, Field(description="只找這些承辦單位")] = []
    mode: Annotated[SearchMode, Field(description="hybrid：意思與字詞；meaning：只比意思；words：只比字詞")] = "hybrid"
    exact: Annotated[bool, Field(description="只用原來的字詞，不加同義的說法")] = False
    why: Annotated[bool, Field(description="說明每一項為何被找到")] = False

    @property
    def filters(self) -> Filters:
        """Which items may answer."""
        return Filters(**{name: tuple(getattr(self, option)) for option, name in FILTER_FIELDS.items()})
