"""Where a student's answer runs when it is graded: a process of its own, in a sandbox, that knows the library only.

It has no exercise, no question, no verdict. The judge (course/grade/asked.py) sits at the other end of a socket: it
calls the answer, holds all workers and what they hold, writes down every message, and decides.

Reading order: wire.py (frames), crossing.py (what crosses, and how it stays one thing on both sides), desk.py (who asks
whom), network.py (the workers as they look from here), answering.py (the answer, defined and called), warm.py (the
process that is forked for each exercise).
"""
