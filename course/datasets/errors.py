"""What can go wrong with a data set."""

from course.errors import CourseError


class DatasetError(CourseError):
    """A data set cannot be had; the message names the ways to get it."""


class DamagedFileError(DatasetError):
    """A file is not the published one: cut, broken, or something else under its name."""


class DownloadError(DatasetError):
    """A download did not come to its end."""
