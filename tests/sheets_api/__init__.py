"""A stand-in for Google's Sheets and Drive APIs on loopback. See README.md."""

from .person import Person
from .server import Exchange, SheetsServer
from .trouble import Trouble

__all__ = ["Exchange", "Person", "SheetsServer", "Trouble"]
