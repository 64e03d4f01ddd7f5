"""Mails as vectors of character n-grams and cue words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from daicho.inquiry.cues import Cues
from daicho.inquiry.extract import fold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float32]

TEXT_LIMIT = 3000
"""Characters of a mail that are read for its meaning. Who writes more has said it by then."""

CUE_SHARE = 0.15
"""How long the vector of cues is beside that of n-grams."""


def reading(subject: str, text: str) -> str:
    """A mail as the features see it: folded, the subject marked off from the text."""
    return f"〈{fold(subject[:300])}〉\n{fold(text[:TEXT_LIMIT])}"


class Features:
    """Readings as vectors: n-grams of length 1, then cues of length CUE_SHARE.

    `grams` and `cue_names` are the columns; `idf` holds their weights, n-grams first.
    """

    def __init__(self, cues: Cues, grams: Sequence[str], cue_names: Sequence[str], idf: Numbers) -> None:
        self.cues = cues
        self.grams, self.cue_names, self.idf = tuple(grams), tuple(cue_names), idf
        self._counter = _gram_counter(vocabulary=self.grams)
        self._cue_columns = {name: column for column, name in enumerate(self.cue_names)}

    @classmethod
    def of(cls, readings: Sequence[str], cues: Cues) -> tuple[Features, Any]:
        """The features that occur in at least two of `readings`, and the `matrix` of these."""
        import numpy as np

        counter = _gram_counter(min_df=2)
        counts = counter.fit_transform(readings)
        found = [cues.found(reading) for reading in readings]
        seen = Counter(cue for each in found for cue in each)
        cue_names = sorted(cue for cue, mails in seen.items() if mails >= 2)
        mails = np.concatenate(
            [np.bincount(counts.indices, minlength=counts.shape[1]), [seen[cue] for cue in cue_names]]
        )
        idf = (np.log((1 + len(readings)) / (1 + mails)) + 1).astype(np.float32)
        features = cls(cues, counter.get_feature_names_out().tolist(), cue_names, idf)
        return features, features._weighted(counts, found)

    def matrix(self, readings: Sequence[str]) -> Any:
        """The vectors of `readings`, one a row (sparse, float32)."""
        return self._weighted(self._counter.transform(readings), map(self.cues.found, readings))

    def stress(self, cues: float) -> Numbers:
        """A factor for each column: `cues` for cues, 1 for n-grams."""
        import numpy as np

        stress = np.ones(len(self.idf), dtype=np.float32)
        stress[len(self.grams) :] = cues
        return stress

    def _weighted(self, counts: Any, found: Iterable[Iterable[str]]) -> Any:
        """The vectors of mails with these `counts` of n-grams, which are taken over, and these cues."""
        import numpy as np
        from scipy.sparse import hstack
        from sklearn.preprocessing import normalize

        cues = self._cue_matrix(found)
        counts.data = (1 + np.log(counts.data)) * self.idf[counts.indices]
        cues.data *= self.idf[len(self.grams) :][cues.indices]
        return hstack([normalize(counts), normalize(cues) * CUE_SHARE], format="csr")

    def _cue_matrix(self, found: Iterable[Iterable[str]]) -> Any:
        import numpy as np
        from scipy.sparse import csr_matrix

        rows, columns = [0], []
        for cues in found:
            columns += [self._cue_columns[cue] for cue in cues if cue in self._cue_columns]
            rows.append(len(columns))
        shape = (len(rows) - 1, len(self.cue_names))
        return csr_matrix((np.ones(len(columns), dtype=np.float32), columns, rows), shape=shape)


def _gram_counter(**options: Any) -> Any:
    import numpy as np
    from sklearn.feature_extraction.text import CountVectorizer

    return CountVectorizer(analyzer="char", ngram_range=(1, 3), lowercase=False, dtype=np.float32, **options)
