"""troth tells whether the security promises in a document are kept today, and proves it."""

__version__ = "0.1.0"
