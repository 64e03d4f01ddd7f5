"""The workbook's rows: what stands there, what we propose, and how the two are merged. Pure."""
