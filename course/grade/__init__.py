"""For instructors: a quick look at notebooks that were handed in.

Reading order: handed_in.py (what stands in the file), run.py (its cells, run), look.py (a line an exercise).
"""
