"""Old programs run with their own imports: `import syft as sy` is this library from here on."""

import course.compat  # noqa: F401
