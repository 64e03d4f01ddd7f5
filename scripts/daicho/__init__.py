"""daicho (台帳): a shop's support desk in one spreadsheet."""

__version__ = "0.1.0"
