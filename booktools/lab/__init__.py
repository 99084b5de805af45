"""The laboratories of the pages: blocks, drawn when the book is built, and the scripts that bring them to life."""
