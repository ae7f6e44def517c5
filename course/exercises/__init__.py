"""The exercises: nb01.py for notebook 01, and so on. They use course.learn, never the reverse."""
