"""The book as people wrote it: pages, Markdown, references, solutions."""
