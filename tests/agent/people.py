"""Stand-ins around accounts: a clock that is moved by hand, and a hasher that counts what it is asked."""

import argon2

from lossy.agent.passwords import Argon2

PASSWORD = "a long enough password"


class HandClock:
    """Seconds that go on only when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class RecordingHasher(Argon2):
    """Real argon2id, as cheap as it gets, that keeps the hashes it compared with."""

    def __init__(self) -> None:
        super().__init__(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        self.compared_with: list[str] = []

    async def verify(self, password_hash: str, password: str) -> bool:
        self.compared_with.append(password_hash)
        return await super().verify(password_hash, password)
