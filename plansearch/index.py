"""An index over plans: built once from a folder, opened for every question.

index = PlanIndex.open(Path("index"))
for hit in search(index, "無障礙設施").hits:
    print(hit.found.location, hit.found.item.text)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing
from functools import cached_property
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from plansearch.encoders import check_device, load_encoder
from plansearch.encoders.bundled import BUNDLED_PREFIX
from plansearch.errors import IndexBrokenError, ModelMismatchError, StoreError
from plansearch.results import BuildReport, IndexedItem, PlanSummary
from plansearch.store.catalog import CATALOG_FILE, Catalog
from plansearch.store.dense import DenseStore
from plansearch.store.dictionary import Dictionary
from plansearch.store.facets import Facets
from plansearch.store.layout import Manifest, build_lock, read_current
from plansearch.store.lexical import LexicalStore
from plansearch.text import Tokenizer
from plansearch.types import Damage, Encoder, FloatMatrix, Plan, Progress, SkippedFile
from plansearch.vocabulary import VOCABULARY_NAME, Vocabulary, bundled_vocabulary, read_vocabulary
from plansearch.yardstick import Chance, WordStatistics

if TYPE_CHECKING:
    from plansearch.collection import ReadingOptions


class PlanIndex:
    """Plans that can be searched: items and their plans, words, vectors.

    Items are numbered by position, from 0, plan by plan in the order of their files.
    """

    def __init__(
        self,
        directory: Path,
        manifest: Manifest,
        *,
        catalog: Catalog,
        lexical: LexicalStore,
        dense: DenseStore,
        dictionary: Dictionary,
        encoder: Encoder | None = None,
        load: Callable[[str], Encoder] = load_encoder,
    ) -> None:
        self.directory = directory
        self.manifest = manifest
        self.catalog = catalog
        self.lexical = lexical
        self.dense = dense
        self._dictionary = dictionary
        self._encoder = encoder
        self._load = load

    @classmethod
    def build(
        cls,
        folder: Path,
        directory: Path,
        *,
        model: str | None = None,
        progress: Progress | None = None,
        options: ReadingOptions | None = None,
        device: str = "auto",
        workers: int | None = None,
    ) -> BuildReport:
        """Read all plans of a folder and write an index of them.

        The index that was there before is used until the new one is whole; unchanged texts are not
        embedded again, and where nothing changed nothing is written.

        Args:
            folder: where the plans are.
            directory: where the index goes; made when missing.
            model: an embedding model by name or folder; the bundled one by default.
            progress: told (done, total) first of files, then of texts to embed.
            options: how files are read: limits, and which are plans whatever they look like.
            device: where many texts are embedded: ``auto``, ``cpu``, ``cuda``, or whatever torch calls it.
            workers: how many of the processor's cores read files and embed; by default all.

        Returns:
            What was done. Where no plan was found, nothing is written.

        Raises:
            PlansearchError: the folder can't be read, the model can't be loaded, the index can't be
                written, or another process builds it now.
        """
        from plansearch.collection import read_collection  # noqa: PLC0415  the parsers, which no question needs
        from plansearch.readings import remembered_readings  # noqa: PLC0415  as well

        started = monotonic()
        check_device(device)
        with remembered_readings(directory) as readings:
            collection = read_collection(folder, progress, options=options, readings=readings, workers=workers)
            return cls.build_from(
                collection.plans,
                collection.skipped,
                directory,
                encoder=load_encoder(model, device=device, workers=workers),
                vocabulary=bundled_vocabulary() + read_vocabulary(folder / VOCABULARY_NAME),
                folder=folder,
                progress=progress,
                started=started,
            )

    @classmethod
    def build_from(
        cls,
        plans: Sequence[Plan],
        skipped: Sequence[SkippedFile],
        directory: Path,
        *,
        encoder: Encoder | None = None,
        vocabulary: Vocabulary | None = None,
        folder: Path | None = None,
        progress: Progress | None = None,
        started: float | None = None,
    ) -> BuildReport:
        """Write an index of plans that were read already.

        Args:
            plans: what to index, in this order.
            skipped: files that gave no plan, to be remembered with them.
            directory: where the index goes; made when missing.
            encoder: the embedding model; the bundled one by default.
            vocabulary: the synonyms that questions are searched with; those that come with the program by default.
            folder: where the plans came from, for the report.
            progress: told (done, total) of texts to embed.
            started: `time.monotonic` at the beginning of the work, for the report.

        Returns:
            What was done. Where there is no item at all, nothing is written.

        Raises:
            PlansearchError: as `build`.
        """
        from plansearch.building import Content, passage, write_generation  # noqa: PLC0415  no question needs it

        started = monotonic() if started is None else started
        encoder = encoder or load_encoder(None)
        vocabulary = bundled_vocabulary() if vocabulary is None else vocabulary
        items = [item for plan in plans for item in plan.items]
        embedded, unchanged, removed = 0, False, tuple[str, ...]()
        if items:
            with build_lock(directory):
                removed = _removed(directory, plans)
                content = Content(plans, skipped, vocabulary, str(folder or ""))
                unchanged = _is_current(directory, content.fingerprint(encoder))
                if not unchanged:
                    embedded = write_generation(directory, content, encoder, progress)
        return BuildReport(
            folder=str(folder or ""),
            index=str(directory),
            model=encoder.name,
            plans=tuple(PlanSummary.of(plan) for plan in plans) if items else (),
            skipped=tuple(skipped),
            items=len(items),
            damage=sum(len(plan.damage) for plan in plans),
            embedded=embedded,
            reused=len({passage(item) for item in items}) - embedded,
            removed=removed,
            unchanged=unchanged,
            seconds=monotonic() - started,
            remarks=tuple(getattr(encoder, "remarks", ())),
        )

    @classmethod
    def open(
        cls, directory: Path, *, encoder: Encoder | None = None, load: Callable[[str], Encoder] = load_encoder
    ) -> PlanIndex:
        """Open an index to ask it questions.

        Args:
            directory: where `build` wrote it.
            encoder: the model it was made with, where that is loaded already; by default it is loaded
                by its name when a question needs it.
            load: loads a model by its name.

        Raises:
            IndexMissingError: there is none.
            IndexBrokenError: its parts are missing or don't fit together.
            IndexVersionError: another version of plansearch wrote it.
            ModelMismatchError: it was made with another model than ``encoder``.
        """
        while True:
            generation, manifest = read_current(directory)
            if encoder is not None:
                _check_model(directory, manifest, encoder)
            try:
                return cls._open_generation(directory, generation, manifest, encoder, load)
            except IndexBrokenError:
                # Builds that ended meanwhile may have removed what was being opened.
                if read_current(directory)[0] == generation:
                    raise

    @classmethod
    def _open_generation(
        cls,
        directory: Path,
        generation: Path,
        manifest: Manifest,
        encoder: Encoder | None,
        load: Callable[[str], Encoder],
    ) -> PlanIndex:
        """Open all parts at once: builds may remove the files later, but not take them from who has them open."""
        manifest.check(generation)
        dictionary = Dictionary.read(generation)
        with ExitStack() as opened:  # who serves for weeks must not keep a file of every attempt that failed
            dense = opened.enter_context(closing(DenseStore.open(generation)))
            catalog = opened.enter_context(closing(Catalog(generation / CATALOG_FILE)))
            lexical = opened.enter_context(closing(LexicalStore.open(generation, manifest.items)))
            counts = (catalog.n_plans, catalog.n_items, dense.n_items, dense.n_texts, dense.dimension, lexical.n_tokens)
            of = manifest
            if counts != (of.plans, of.items, of.items, of.texts, of.dimension, of.tokens):
                raise IndexBrokenError(f"索引 {directory} 的各部分數量不合。請重新執行 plansearch index 建立索引。")
            opened.pop_all()
        return cls(
            directory,
            manifest,
            catalog=catalog,
            lexical=lexical,
            dense=dense,
            dictionary=dictionary,
            encoder=encoder,
            load=load,
        )

    def close(self) -> None:
        """Let go of the index's files."""
        self.catalog.close()
        self.lexical.close()
        self.dense.close()

    def __enter__(self) -> PlanIndex:  # noqa: PYI034  Self is not in Python 3.10
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

    @cached_property
    def restating(self) -> frozenset[int]:
        """Positions of the items that only say their requirement again, which are no measures."""
        return frozenset(np.flatnonzero(self.facets.restating).tolist())

    @property
    def facets(self) -> Facets:
        """What filters and folding ask of items, as columns."""
        return self.catalog.facets

    @cached_property
    def plans(self) -> tuple[PlanSummary, ...]:
        """All plans, in order."""
        return self.catalog.plans()

    @cached_property
    def skipped(self) -> tuple[SkippedFile, ...]:
        """Files that were there when the index was built and gave no plan."""
        return self.catalog.skipped()

    @property
    def unread(self) -> tuple[SkippedFile, ...]:
        """Those of them that could not be read: nobody knows what stands in them."""
        return tuple(file for file in self.skipped if file.kind == "unreadable")

    def damage(self, plan: str | None = None) -> tuple[Damage, ...]:
        """What the sources lost or scrambled: of one plan by name, or of all."""
        return self.catalog.damage(plan)

    def items(self, positions: Iterable[int] | None = None) -> tuple[IndexedItem, ...]:
        """Items by position, in the order asked for; all of them by default."""
        return self.catalog.items(range(len(self)) if positions is None else list(positions))

    def item(self, position: int) -> IndexedItem:
        """The item at a position.

        Raises:
            IndexError: there is none.
        """
        return self.catalog.items([position])[0]

    def vectors(self, positions: Sequence[int] | None = None) -> FloatMatrix:
        """Normalised vectors of items, ``(n_items, dimension)``; of all items by default."""
        return self.dense.vectors(None if positions is None else np.asarray(positions, dtype=np.int64))

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """Cuts questions into words, as the items were cut."""
        return Tokenizer(self._dictionary.frequencies, self._dictionary.total)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The synonyms that questions are searched with.

        Raises:
            IndexBrokenError: they can't be understood.
        """
        try:
            return Vocabulary.from_json(self._dictionary.vocabulary)
        except (KeyError, TypeError, AttributeError) as error:
            message = f"索引 {self.directory} 的同義詞無法讀取。請重新執行 plansearch index 建立索引。"
            raise IndexBrokenError(message) from error

    @property
    def statistics(self) -> WordStatistics:
        """How common each token is in plans in general."""
        return WordStatistics(self._dictionary.common_texts, self._dictionary.common_counts)

    @property
    def chance(self) -> Chance:
        """How near measures come to questions that have nothing to do with them."""
        return Chance(self.manifest.chance_mean, self.manifest.chance_deviation)

    @property
    def between(self) -> Chance:
        """How near measures come to each other that are not the same."""
        return Chance(self.manifest.between_mean, self.manifest.between_deviation)

    @property
    def encoder(self) -> Encoder:
        """The model that the vectors were made with.

        Raises:
            EncoderError: it can't be loaded.
            ModelMismatchError: what was loaded is another version of it.
        """
        if self._encoder is None:
            encoder = self._load(self.model)
            _check_model(self.directory, self.manifest, encoder)
            self._encoder = encoder
        return self._encoder


def _check_model(directory: Path, manifest: Manifest, encoder: Encoder) -> None:
    if (encoder.name, encoder.dimension) != (manifest.model, manifest.dimension):
        raise ModelMismatchError(
            f"索引 {directory} 是用模型「{manifest.model}」建立的，現在使用的是「{encoder.name}」。"
            "請用同一個模型，或重新執行 plansearch index 建立索引。"
        )


def _removed(directory: Path, plans: Sequence[Plan]) -> tuple[str, ...]:
    """Plans that the index has now and will have no longer."""
    try:
        before = read_current(directory)[1].sources
    except StoreError:
        return ()
    return tuple(sorted(before.keys() - {plan.name for plan in plans}))


def _is_current(directory: Path, fingerprint: str) -> bool:
    """Whether a whole index of just this content is there."""
    try:
        with PlanIndex.open(directory) as index:
            return index.manifest.fingerprint == fingerprint
    except StoreError:
        return False
