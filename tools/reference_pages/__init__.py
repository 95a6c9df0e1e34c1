"""One module a generated reference page: each reads the program itself, so that a page can't say something else.

`tools/generate_docs.py` writes the pages and checks that they are fresh.
"""
