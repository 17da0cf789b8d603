"""The researchers' pages: a module for each place of a project, its forms beside it."""
