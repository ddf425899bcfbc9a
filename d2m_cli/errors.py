"""Exceptions that a user sees. Each message is one sentence: what is wrong and what to do next."""


class D2MError(Exception):
    """Base of all expected failures; the command line prints its message and exits with 1."""


class InputError(D2MError):
    """The given file or folder cannot be used (not a video, truncated, no picture stream ...)."""


class NoDancerError(InputError):
    """No person was found in any frame of the video."""


class OutputError(D2MError):
    """The result cannot be written where it was asked for."""


class BundleError(D2MError):
    """A bundle is unknown, damaged or made for another version."""


class DownloadError(D2MError):
    """Weights cannot be fetched: unknown, unreachable, changed, or their terms not accepted."""


class DataError(D2MError):
    """A training or evaluation data set is incomplete or contradictory."""


class Cancelled(D2MError):
    """Work was given up because the caller asked for it; nothing of it is left."""
