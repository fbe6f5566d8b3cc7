"""An index in Milvus, opened for questions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from plansearch.encoders import load_encoder
from plansearch.encoders.bundled import BUNDLED_PREFIX
from plansearch.errors import IndexMissingError, ModelMismatchError
from plansearch.results import Caveat, Filters, Heading
from plansearch.store.milvus import Milvus, StoreAddress
from plansearch.store.milvus_catalog import RemoteManifest, StoreCatalog
from plansearch.store.milvus_rows import number_of, plan_damage
from plansearch.store.milvus_schema import Collections, all_of, plan_condition, seen_by
from plansearch.store.moments import Moments
from plansearch.text import Tokenizer
from plansearch.types import LOSSES, UNREAD, Encoder
from plansearch.vocabulary import Vocabulary
from plansearch.yardstick import Chance, WordStatistics


class RemoteIndex:
    """Plans in Milvus that can be searched.

    One generation is read from beginning to end, whatever is built meanwhile; it stays until the build after the next
    one ends.
    """

    def __init__(self, milvus: Milvus, manifest: RemoteManifest, *, encoder: Encoder | None = None) -> None:
        self.milvus = milvus
        self.manifest = manifest
        self.names = Collections.of(milvus.address.name, manifest.key)
        self._catalog = StoreCatalog(milvus)
        self._encoder = encoder
        self._holders: dict[str, int] = {}

    @classmethod
    def open(cls, address: StoreAddress, *, encoder: Encoder | None = None) -> RemoteIndex:
        """Connect to Milvus and open the index in it; close it when done.

        Args:
            address: the Milvus.
            encoder: the model it was made with, where that is loaded already.

        Raises:
            StoreError: Milvus can't be used.
            IndexMissingError: there is no index.
            IndexVersionError: another version of plansearch wrote it.
            ModelMismatchError: it was made with another model than ``encoder``.
        """
        if address.is_file and not Path(address.uri).exists():
            # Milvus Lite would make it
            raise IndexMissingError(
                f"沒有這個檔案：{address.uri}。"
                f"請先執行 plansearch index <計畫資料夾> --store {address.uri}，或改正路徑。"
            )
        milvus = Milvus.connect(address)
        try:
            return cls.of(milvus, encoder=encoder)
        except BaseException:
            milvus.close()
            raise

    @classmethod
    def of(cls, milvus: Milvus, *, encoder: Encoder | None = None) -> RemoteIndex:
        """Open the index that a Milvus has; errors as `open`."""
        manifest = StoreCatalog(milvus).current()
        if encoder is not None:
            _check_model(milvus, manifest, encoder)
        return cls(milvus, manifest, encoder=encoder)

    def close(self) -> None:
        """Let go of the connection."""
        self.milvus.close()

    def __enter__(self) -> RemoteIndex:  # noqa: PYI034  Self is not in Python 3.10
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __len__(self) -> int:
        """How many items there are."""
        return self.manifest.items

    @property
    def model(self) -> str:
        """Name of the model that the vectors were made with."""
        return self.manifest.model

    @property
    def has_light_model(self) -> bool:
        """Whether the model is the bundled one, which loads in a tenth of a second."""
        return self.model.startswith(BUNDLED_PREFIX)

    @property
    def chance(self) -> Chance:
        """How near measures come to questions that have nothing to do with them."""
        return Chance(self.manifest.chance_mean, self.manifest.chance_deviation)

    @cached_property
    def moments(self) -> Moments:
        """Mean and spread of all vectors."""
        return Moments.from_bytes(self._catalog.document(self.manifest, "moments"), self.manifest.dimension)

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """Cuts questions into words, as the items were cut."""
        return Tokenizer(self._dictionary["frequencies"], self._dictionary["total"])

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The synonyms that questions are searched with."""
        return Vocabulary.from_json(self._dictionary["vocabulary"])

    @property
    def statistics(self) -> WordStatistics:
        """How common each token is in plans in general."""
        return WordStatistics(self._dictionary["common_texts"], self._dictionary["common_counts"])

    @property
    def lexical(self) -> RemoteIndex:
        """Itself: it knows the words of the items."""
        return self

    @property
    def catalog(self) -> RemoteIndex:
        """Itself: it knows the values of filters and what was lost."""
        return self

    def headings(self) -> tuple[Heading, ...]:
        """The requirements that a question may name."""
        return tuple(Heading(*one) for one in self._catalog.json_document(self.manifest, "headings"))

    @property
    def encoder(self) -> Encoder:
        """The model that the vectors were made with.

        Raises:
            EncoderError: it can't be loaded.
            ModelMismatchError: what was loaded is another version of it.
        """
        if self._encoder is None:
            encoder = load_encoder(self.model)
            _check_model(self.milvus, self.manifest, encoder)
            self._encoder = encoder
        return self._encoder

    def values(self, option: str) -> list[str]:
        """All values that a filter can have here, sorted."""
        return list(self._values[option])

    def columns(self, tokens: Iterable[str]) -> dict[str, int]:
        """Those tokens that any item has, each with the number of its items."""
        asked = {token: str(number_of(token)) for token in sorted({*tokens})}
        unknown = sorted({key for key in asked.values() if key not in self._holders})
        if unknown:
            self._holders |= dict.fromkeys(unknown, 0)
            rows = self.milvus.get(self.names.words, unknown, ["since", "items", "items_before"])
            self._holders |= {row["key"]: row[self._count_for(row["since"])] for row in rows}
        return {token: count for token, key in asked.items() if (count := self._holders[key])}

    def caveats(self, filters: Filters) -> tuple[Caveat, ...]:
        """What the plans that pass the filters lost, of the requirements that they name or of all."""
        condition = all_of(seen_by(self.manifest.generation), "lost == true", plan_condition(filters))
        fields = ["plan", "agency", "agency_type", "city", "year", "body"]
        rows = sorted(self.milvus.rows(self.names.plans, condition, fields), key=lambda row: str(row["plan"]))
        found = []
        for row in rows:
            metadata, damage = plan_damage(row)
            for one in damage:
                named = not filters.requirements or _stands_under(one.code, filters.requirements)
                if one.kind in UNREAD or (one.kind in LOSSES and named):
                    found.append(Caveat(row["plan"], metadata, one))
        return tuple(found)

    def _count_for(self, since: int) -> str:
        # a build may be writing the next generation's counts
        return "items" if since <= self.manifest.generation else "items_before"

    @cached_property
    def _dictionary(self) -> Any:  # noqa: ANN401  of any type, as JSON has it
        return self._catalog.json_document(self.manifest, "dictionary")

    @cached_property
    def _values(self) -> Any:  # noqa: ANN401  of any type, as JSON has it
        return self._catalog.json_document(self.manifest, "values")


def _stands_under(code: str | None, wanted: Sequence[str]) -> bool:
    return code is not None and any(code == one or code.startswith(f"{one}.") for one in wanted)


def _check_model(milvus: Milvus, manifest: RemoteManifest, encoder: Encoder) -> None:
    if (encoder.name, encoder.dimension) != (manifest.model, manifest.dimension):
        raise ModelMismatchError(
            f"{milvus.address.uri} 裡的索引是用模型「{manifest.model}」建立的，現在使用的是「{encoder.name}」。"
            "請用同一個模型，或重新執行 plansearch index --store 建立索引。"
        )
