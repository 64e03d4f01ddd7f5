"""Mail in: raw bytes to messages, and the mailboxes they come from."""
