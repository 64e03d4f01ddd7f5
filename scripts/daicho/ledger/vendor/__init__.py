"""What goes out to an outsourcing vendor, and what comes home."""
