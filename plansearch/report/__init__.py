"""Results → what a person or a script reads.

``reports`` gives each result its rows, columns and view; ``rendering`` turns a report into any format;
``output`` writes it. ``records`` is the only place where results become dictionaries.
"""
