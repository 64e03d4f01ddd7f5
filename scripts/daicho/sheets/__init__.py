"""The workbook: its layout, and the two places it can live (an .xlsx file, a Google Sheet)."""
