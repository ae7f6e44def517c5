"""The folder that `course lab` adds to Jupyter's configuration; nothing here is imported by the library."""
