"""The workshop: what makes the notebooks and proves their checks. No student and no part of the library imports it.

Reading order: notebook_files, build (with agreement and colab), anatomy; then answers, gates (with mutants, tricks and
docstring_examples).
"""
