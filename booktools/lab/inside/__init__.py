"""What runs in the page, in a worker, beside the library: it reads what people type and tells what was found."""
