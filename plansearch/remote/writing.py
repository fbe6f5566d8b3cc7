"""Writes an index of plans into Milvus, or brings the one that is there up to date."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Final

from plansearch.background import example_measures, similarity_between, similarity_by_chance
from plansearch.building import Content, embed_into, passage
from plansearch.encoders import check_device, load_encoder
from plansearch.errors import IndexBrokenError, IndexMissingError, IndexVersionError, StoreError
from plansearch.frameworks import bundled_frameworks
from plansearch.remote.documents import documents_of, is_ours, remote_settings
from plansearch.restatement import restating_items
from plansearch.results import BuildReport, PlanSummary
from plansearch.sameness import sameness_key
from plansearch.store.layout import VECTOR_CACHE, build_lock
from plansearch.store.milvus import Milvus, Row, StoreAddress
from plansearch.store.milvus_catalog import LEASE_SECONDS, Lease, RemoteManifest, StoreCatalog
from plansearch.store.milvus_rows import ItemToWrite, plan_number
from plansearch.store.milvus_schema import REMOTE_VERSION, Collections, settings_key
from plansearch.store.milvus_writing import Difference, GenerationWriter, Passages, PlanToWrite
from plansearch.store.moments import Moments
from plansearch.store.vectors import VectorCache
from plansearch.text import Tokenizer
from plansearch.types import Encoder, ExpectingEncoder, FloatMatrix, Plan, Progress, SkippedFile
from plansearch.vocabulary import VOCABULARY_NAME, Vocabulary, bundled_vocabulary, read_vocabulary

if TYPE_CHECKING:
    from plansearch.collection import ReadingOptions

MEAN_SAMPLE: Final = 20_000
"""Items whose mean length stands for that of all."""

MEAN_TOLERANCE: Final = 0.05
"""Part by which the mean length of the items may drift before all weights are made anew. With b = 0.4 the weight of a
word changes by less than 1 % then."""

Tally = Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Before:
    """The generation that counts, where it has the same settings; otherwise nothing of it can be kept."""

    manifest: RemoteManifest | None
    words: Sequence[str]
    """Of its dictionary."""
    moments: Moments


def build_remote(
    folder: Path,
    address: StoreAddress,
    directory: Path,
    *,
    model: str | None = None,
    progress: Progress | None = None,
    options: ReadingOptions | None = None,
    device: str = "auto",
    workers: int | None = None,
) -> BuildReport:
    """Read all plans of a folder and write an index of them into Milvus.

    The index that was there before is used until the new one is whole. Only what changed is written; a build that
    died goes on where it was.

    Args:
        folder: where the plans are.
        address: the Milvus.
        directory: where what was read and embedded before is kept, so that nothing is done twice.
        model: an embedding model by name or folder; the bundled one by default.
        progress: told (done, total) first of files, then of items.
        options: how files are read.
        device: where many texts are embedded, as `PlanIndex.build`.
        workers: how many of the processor's cores read files and embed; by default all.

    Returns:
        What was done. Where no plan was found, nothing is written.

    Raises:
        PlansearchError: the folder can't be read, the model can't be loaded, Milvus can't be used, or another process
            builds this index now.
    """
    from plansearch.collection import read_collection  # noqa: PLC0415  the parsers, which no question needs
    from plansearch.readings import remembered_readings  # noqa: PLC0415  as well

    started = monotonic()
    check_device(device)
    # connected before the work that it is for
    with closing(Milvus.connect(address)) as milvus, remembered_readings(directory) as readings:
        collection = read_collection(folder, progress, options=options, readings=readings, workers=workers)
        return build_remote_from(
            collection.plans,
            collection.skipped,
            milvus,
            directory,
            encoder=load_encoder(model, device=device, workers=workers),
            vocabulary=bundled_vocabulary() + read_vocabulary(folder / VOCABULARY_NAME),
            folder=folder,
            progress=progress,
            started=started,
        )


def build_remote_from(
    plans: Sequence[Plan],
    skipped: Sequence[SkippedFile],
    milvus: Milvus,
    directory: Path,
    *,
    encoder: Encoder | None = None,
    vocabulary: Vocabulary | None = None,
    folder: Path | None = None,
    progress: Progress | None = None,
    started: float | None = None,
    lease_seconds: float = LEASE_SECONDS,
) -> BuildReport:
    """Write an index of plans that were read already; arguments, result and errors as `build_remote`.

    Args:
        plans: what to index.
        skipped: files that gave no plan, to be remembered with them.
        milvus: where.
        directory: where vectors that were made before are kept.
        encoder: the embedding model; the bundled one by default.
        vocabulary: the synonyms that questions are searched with; those that come with the program by default.
        folder: where the plans came from, for the report.
        progress: told (done, total) of items.
        started: `time.monotonic` at the beginning of the work, for the report.
        lease_seconds: how long to wait for a sign of life of a build that seems to have died.
    """
    started = monotonic() if started is None else started
    encoder = encoder or load_encoder(None)
    content = Content(plans, skipped, bundled_vocabulary() if vocabulary is None else vocabulary, str(folder or ""))
    items = sum(len(plan.items) for plan in plans)
    done = _Done()
    if items:
        with build_lock(directory), VectorCache(directory / VECTOR_CACHE) as cache:
            work = _Work(milvus, encoder, content, cache, progress)
            done = work.write(lease_seconds)
    texts = len({passage(item) for plan in plans for item in plan.items})
    return BuildReport(
        folder=str(folder or ""),
        index=milvus.address.uri,
        model=encoder.name,
        plans=tuple(PlanSummary.of(plan) for plan in plans) if items else (),
        skipped=tuple(skipped),
        items=items,
        damage=sum(len(plan.damage) for plan in plans),
        embedded=done.embedded,
        reused=texts - done.embedded,
        removed=done.removed,
        unchanged=done.unchanged,
        seconds=monotonic() - started,
        remarks=tuple(getattr(encoder, "remarks", ())),
    )


@dataclass(frozen=True, slots=True)
class _Done:
    """What was done."""

    embedded: int = 0
    removed: tuple[str, ...] = ()
    unchanged: bool = False


class _Work:
    """One build."""

    def __init__(
        self, milvus: Milvus, encoder: Encoder, content: Content, cache: VectorCache, progress: Progress | None
    ) -> None:
        self._milvus = milvus
        self._encoder = encoder
        self._content = content
        self._cache = cache
        self._progress = progress
        self._tokenizer = Tokenizer.full()
        self._catalog = StoreCatalog(milvus)
        self._key = settings_key(encoder.name, encoder.dimension, remote_settings())
        self._names = Collections.of(milvus.address.name, self._key)
        self._words: set[str] = set()
        self._embedded = self._seen = self._to_see = 0
        self._keep: Tally = lambda: None

    def write(self, lease_seconds: float) -> _Done:
        """Write a generation, if anything changed."""
        self._catalog.make()
        current = self._current()
        fingerprint = sha256(f"{REMOTE_VERSION} {self._content.fingerprint(self._encoder)}".encode()).hexdigest()
        if current is not None and (current.key, current.fingerprint) == (self._key, fingerprint):
            return _Done(unchanged=True)
        generation = 1 if current is None else current.generation + 1
        lease = Lease(self._catalog, seconds=lease_seconds)
        dead = lease.take(key=self._key, generation=generation, fingerprint=fingerprint)
        self._keep = lease.keep
        resumed = dead is not None and (dead["key"], dead["generation"]) == (self._key, generation)
        try:
            self._drop_others(current, resumed=resumed)
            removed = self._write_generation(current, generation, fingerprint, dead, lease)
        except BaseException:
            lease.leave()
            raise
        return _Done(self._embedded, removed)

    def _write_generation(
        self,
        current: RemoteManifest | None,
        generation: int,
        fingerprint: str,
        dead: Row | None,
        lease: Lease,
    ) -> tuple[str, ...]:
        """Write what differs from the current generation, and point to the new one; gives the plans that are gone."""
        writer = GenerationWriter(
            self._milvus,
            self._names,
            generation,
            read=self._read,
            keep=lease.keep,
            after_death=dead is not None,
        )
        writer.make_collections(self._encoder.dimension)
        before = self._before(current)
        difference = Difference(before.moments, before.manifest.tokens if before.manifest else 0)
        left = writer.plans_left() if lease.mixed else set()
        mean_length = self._mean_length(before.manifest)
        removed = self._write_plans(writer, mean_length, left, difference)
        writer.write_words(difference)
        documents = self._documents(generation, before, difference)
        manifest = self._manifest(generation, fingerprint, mean_length, difference, documents)
        writer.flush()
        self._catalog.flush()
        self._check(writer, manifest)
        lease.check()
        self._catalog.point_to(manifest)
        writer.remove_ended()
        self._catalog.remove_documents_before(generation - 1)
        self._catalog.end_building()
        return removed

    def _current(self) -> RemoteManifest | None:
        try:
            return self._catalog.current()
        except (IndexMissingError, IndexVersionError, IndexBrokenError):
            return None

    def _drop_others(self, current: RemoteManifest | None, *, resumed: bool) -> None:
        """Remove collections of other settings, but for those that are read now; and leftovers in our own."""
        mine = Collections.of(self._milvus.address.name, self._key)
        used = {mine.catalog}
        if current is not None:
            old = Collections.of(self._milvus.address.name, current.key)
            used |= {old.items, old.plans, old.words}
        if resumed:
            used |= {mine.items, mine.plans, mine.words}
        for name in self._milvus.collections():
            if is_ours(name, self._milvus.address.name) and name not in used:
                self._milvus.drop(name)

    def _before(self, current: RemoteManifest | None) -> _Before:
        if current is None or current.key != self._key:
            return _Before(None, (), Moments.none(self._encoder.dimension))
        dictionary = self._catalog.json_document(current, "dictionary")
        moments = Moments.from_bytes(self._catalog.document(current, "moments"), current.dimension)
        return _Before(current, tuple(dictionary["frequencies"]), moments)

    def _mean_length(self, before: RemoteManifest | None) -> float:
        """Tokens of an item: as before, unless the items have become much longer or shorter since."""
        if before is not None and abs(before.tokens / before.items / before.mean_length - 1.0) <= MEAN_TOLERANCE:
            return before.mean_length
        items = [item for plan in self._content.plans for item in plan.items]
        some = items[:: max(1, -(-len(items) // MEAN_SAMPLE))]
        lengths = []
        for item in some:
            lengths.append(len(self._tokenizer.passage_tokens(passage(item))))
            self._keep()
        return max(sum(lengths) / len(lengths), 1.0)

    def _write_plans(
        self, writer: GenerationWriter, mean_length: float, left: set[str], difference: Difference
    ) -> tuple[str, ...]:
        """Write what differs; gives the names of the plans that are gone."""
        before = writer.plans_before()
        plans = self._plans_to_write(mean_length)
        wanted = {one.plan.name for one in plans}
        changed = [one for one in plans if before.get(one.plan.name) != one.key or one.plan.name in left]
        removed = tuple(sorted(before.keys() - wanted))
        self._to_see = sum(len(one.items) for one in changed)
        self._announce(changed)
        writer.write_plans(changed, sorted({*removed, *(left - wanted)}), difference)
        return removed

    def _plans_to_write(self, mean_length: float) -> list[PlanToWrite]:
        restating = restating_items(self._content.plans, bundled_frameworks())
        plans: list[PlanToWrite] = []
        position = 0
        for plan in self._content.plans:
            items = [
                ItemToWrite(plan, place, position + place - 1 in restating, mean_length)
                for place in range(1, len(plan.items) + 1)
            ]
            position += len(items)
            about = (plan.sha256, plan.metadata, plan.framework, plan.damage, [item.key for item in items])
            digest = sha256(repr(about).encode("utf-8", "backslashreplace")).hexdigest()[:20]
            plans.append(PlanToWrite(plan, f"{plan_number(plan.name)}-{digest}", items))
        return plans

    def _announce(self, plans: Sequence[PlanToWrite]) -> None:
        """Tell the model how much it will have to do."""
        if isinstance(self._encoder, ExpectingEncoder):
            texts = list({passage(item.item): None for one in plans for item in one.items})
            self._encoder.expect(len(self._cache.missing(self._encoder.name, texts)))

    def _read(self, items: Sequence[ItemToWrite]) -> Passages:
        """Cut and embed items."""
        passages = [passage(one.item) for one in items]
        tokens = [self._tokenizer.passage_tokens(text) for text in passages]
        self._words.update(*tokens)
        vectors = self._embed(passages)
        self._seen += len(items)
        if self._progress is not None:
            self._progress(self._seen, self._to_see)
        same = [sameness_key(one.item.topic or "", one.item.text) for one in items]
        return Passages(tokens, vectors, same)

    def _embed(self, texts: Sequence[str]) -> FloatMatrix:
        """Vectors of texts; those that the cache lacks are made and kept."""
        missing = sorted(self._cache.missing(self._encoder.name, texts), key=len, reverse=True)
        embed_into(self._cache, missing, self._encoder, kept=self._keep)
        self._embedded += len(missing)
        return self._cache.read(self._encoder.name, texts, self._encoder.dimension)

    def _documents(self, generation: int, before: _Before, difference: Difference) -> dict[str, int]:
        """Write what questions need besides items; gives of how many entities each document is made."""
        contents = documents_of(self._content, self._tokenizer, self._words.union(before.words))
        contents["moments"] = difference.moments.to_bytes()
        return {name: self._catalog.write_document(generation, name, content) for name, content in contents.items()}

    def _manifest(
        self,
        generation: int,
        fingerprint: str,
        mean_length: float,
        difference: Difference,
        documents: Mapping[str, int],
    ) -> RemoteManifest:
        examples, embedded = example_measures(), self._embedded
        vectors = self._embed(examples)
        self._embedded = embedded  # not of the plans
        chance, between = similarity_by_chance(self._encoder, vectors), similarity_between(vectors)
        items = [item for plan in self._content.plans for item in plan.items]
        return RemoteManifest(
            version=REMOTE_VERSION,
            key=self._key,
            generation=generation,
            model=self._encoder.name,
            dimension=self._encoder.dimension,
            plans=len(self._content.plans),
            items=len(items),
            measures=sum(item.is_measure for item in items),
            mean_length=mean_length,
            tokens=difference.tokens,
            chance_mean=chance.mean,
            chance_deviation=chance.deviation,
            between_mean=between.mean,
            between_deviation=between.deviation,
            fingerprint=fingerprint,
            created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            folder=self._content.folder,
            documents=documents,
        )

    def _check(self, writer: GenerationWriter, manifest: RemoteManifest) -> None:
        """See that what was written is there, all of it and once.

        Raises:
            StoreError: it is not.
        """
        found = writer.count(manifest.generation)
        if found != manifest.items:
            raise StoreError(
                f"寫入 {self._milvus.address.uri} 的項目數不合（應有 {manifest.items} 項，實際 {found} 項），"
                "沒有換上新的索引，原來的照常可用。請再執行一次；若一再發生，請換一個 --store-name 重新建立。"
            )
