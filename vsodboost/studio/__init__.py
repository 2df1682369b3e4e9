"""The studio: reports live in the browser, and the loop of painting a few frames and boosting again with them."""
