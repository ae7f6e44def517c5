"""The student's side of grading: it knows the library, and nothing of exercises, questions or verdicts."""
