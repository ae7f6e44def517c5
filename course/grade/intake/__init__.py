"""What students handed in, read and never run: `submissions(folder or zip)` in submissions.py.

Each item at the top is one student's: a notebook, a folder or a zip, called what a learning platform calls it (lms.py).
Every notebook becomes a `Submission`, and whatever cannot be graded a `Refused` with the reason: nothing that a student
hands in stops the batch, and every student who handed in anything has a row.

The order of reading: lms.py (whose is it), hand_ins.py (files, opened with care), notebook.py (bytes to cells),
lines.py (a cell's lines), matching.py (which cell answers which exercise), submissions.py, which puts them together.
"""
