"""Reference answers as text, written by `course build`: what `solution` shows. A class may get an edition without."""
