"""Read what happened: pages, details and the words for them."""
