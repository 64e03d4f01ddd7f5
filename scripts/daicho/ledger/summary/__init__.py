"""The month in numbers: from the log and the rows to one page that an owner reads."""
