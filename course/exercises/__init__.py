"""The exercises: a package for each notebook, a file for each exercise. They use course.learn, never the reverse."""
