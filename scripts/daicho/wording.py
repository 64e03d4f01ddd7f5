"""The product's sentences in the user's language.

They live in `sheet_templates/<language>/wording/<section>.toml`; a sentence's key is `section.name`,
for instance `sheets.file-open`. Fields are written `{name}` and filled with `str.format`.
"""

from __future__ import annotations

import errno
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

LANGUAGES = ("ja", "en")


@cache
def templates_folder() -> Path:
    """Where `sheet_templates/` is: inside an installed wheel, or at the top of a checkout."""
    package = Path(__file__).parent
    inside = package / "sheet_templates"
    return inside if inside.is_dir() else package.parents[1] / "sheet_templates"


class Wording:
    """The sentences of one language. Shape: `sentences["section.name"] -> str`."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.sentences: dict[str, str] = {}
        for path in sorted((templates_folder() / language / "wording").glob("*.toml")):
            section = tomllib.loads(path.read_text(encoding="utf-8"))
            self.sentences.update({f"{path.stem}.{name}": text for name, text in section.items()})

    def say(self, key: str, **values: object) -> str:
        """The sentence `key` filled, lists as `listed`, an OSError as `because`.

        Raises KeyError for a key nobody wrote.
        """
        return self.sentences[key].format(**{name: self._told(value) for name, value in values.items()})

    def _told(self, value: object) -> object:
        if isinstance(value, list | tuple):
            return self.listed(map(str, value))
        return self.because(value) if isinstance(value, OSError) else value

    def listed(self, words: Iterable[str]) -> str:
        """Words as a list within a line."""
        return self.sentences["ledger.comma"].join(words)

    def because(self, error: OSError) -> str:
        """Why the system refused, in a few words; in the system's own where nobody wrote any."""
        name = errno.errorcode.get(error.errno or 0, "")
        return self.sentences.get(f"disk.{name}", error.strerror or type(error).__name__)


@cache
def wording(language: str) -> Wording:
    return Wording(language)
