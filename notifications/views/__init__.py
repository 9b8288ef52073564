"""Pages about mails, notices and how people want to be told."""
