"""What pages are made of: each a Python class and, where the browser does the work, the Vue component beside it."""
