"""Orders texts anew by a model that reads the question and a text together."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from plansearch.encoders.loading import load_pair_model, source_of
from plansearch.errors import EncoderError

BATCH_SIZE: Final = 16
_PROBE: Final = ("無障礙設施", "設置坡道")
"""Scored once after loading: a model that gives no single score is told at once."""


class Reranker:
    """A sentence-transformers CrossEncoder, by its hub name or its folder.

    Args:
        name: hub name or folder.

    Attributes:
        load_seconds: how long it took to import the library and to load the model.

    Raises:
        EncoderError: sentence-transformers or the model is missing or broken, or gives no single score.
    """

    def __init__(self, name: str) -> None:
        started = monotonic()
        self._source = source_of(name)
        self._model = load_pair_model(self._source)
        probed = self._predict([_PROBE])
        if probed.shape != (1,):
            raise EncoderError(
                f"模型「{self._source}」對一組查詢與項目給了 {probed.size} 個分數，是分類用的模型，不能重排。"
                "請用 --rerank 指定只給一個分數的重排模型。"
            )
        self.load_seconds: float = monotonic() - started

    @property
    def name(self) -> str:
        """Hub name or folder."""
        return self._source

    def scores(self, query: str, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """How well each text answers the question, ``(len(texts),)``.

        The scores are the model's own before any squashing to 0..1, which would make the best ones equal: they order
        the texts of one question, and mean nothing beside scores of another model or question.

        Raises:
            EncoderError: the model fails.
        """
        if not texts:
            return np.empty(0, dtype=np.float32)
        return self._predict([(query, text) for text in texts])

    def _predict(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.float32]:
        try:
            scores = self._model.predict(
                list(pairs),
                batch_size=BATCH_SIZE,
                show_progress_bar=False,
                activation_fn=_as_it_is,
                convert_to_numpy=True,
            )
        except Exception as error:  # broken models make the libraries raise whatever they stumble on
            raise EncoderError(
                f"重排模型「{self._source}」計算時失敗：{error}。請換一個模型，或不加 --rerank。"
            ) from error
        array: npt.NDArray[np.float32] = np.asarray(scores, dtype=np.float32)
        if not np.isfinite(array).all():
            raise EncoderError(
                f"重排模型「{self._source}」算出的分數不是數字，模型檔可能壞了。請重新下載，或不加 --rerank。"
            )
        return array


def _as_it_is(logits: Any) -> Any:  # noqa: ANN401  tensors, whose library is not imported for a name
    return logits
