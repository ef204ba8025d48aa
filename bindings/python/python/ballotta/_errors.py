"""The exception that this package raises."""


class BallottaError(Exception):
    """Something cannot be read, or its parts contradict each other.

    A record that is not valid is not an error: ``verify`` reports it. ``code`` is the stable name of the error, for
    programs. The text is for people and may change.
    """

    code: str

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message, code)
        self.code = code

    def __str__(self) -> str:
        return str(self.args[0])
