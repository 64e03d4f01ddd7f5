"""The global options, as every command and the help see them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from daicho.config import DEFAULT_PATH, Config, load_config
from daicho.wording import Wording, wording


@dataclass(slots=True)
class Options:
    """The global options, and the language errors are told in."""

    config: Path = DEFAULT_PATH
    json: bool = False
    verbose: bool = False
    language: str = "ja"

    @property
    def wording(self) -> Wording:
        return wording(self.language)

    def load(self) -> Config:
        config = load_config(self.config)
        self.language = config.language
        return config


options = Options()
