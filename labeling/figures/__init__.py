"""Figures of a project: rows are read in SQL, worked on as arrays, and told as plain dicts.

The mathematics is in `labeling.statistics`, which knows no database; here is only what to feed it
and how to say what it found.
"""
