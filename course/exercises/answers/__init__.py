"""Reference answers as text, written by `course build`: what `solution` shows."""
