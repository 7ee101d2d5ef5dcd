"""What a settlement could not do for an account, or what a person should look at."""

from __future__ import annotations

from dataclasses import dataclass

from engine.codes import Code, Severity


@dataclass(frozen=True)
class Trouble:
    """One account, the code, what happened. ERROR: something of the account is not settled."""

    account: str
    code: Code
    message: str
    severity: Severity = Severity.ERROR

    def as_dict(self) -> dict[str, str]:
        """The row as plain values."""
        return {
            "account_id": self.account,
            "code": self.code.name,
            "severity": self.severity.value,
            "message": f"{self.message}. {self.code.value}",
        }
