"""The one exception of the package."""


class BallottaError(Exception):
    """What cannot be read, or does not hold together.

    A record that is not valid is no error: ``verify`` reports it. ``code`` is the stable name of the fault, for
    programs; the text is for people and may change.
    """

    code: str

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message, code)
        self.code = code

    def __str__(self) -> str:
        return str(self.args[0])
