"""Passwords as argon2id hashes: each takes 64 MiB and tens of milliseconds, so it runs in a thread, two at a time."""

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVar

import argon2

MAX_AT_ONCE = 2

T = TypeVar("T")


class PasswordHasher(Protocol):
    """Makes hashes and compares with them."""

    async def hash(self, password: str) -> str: ...

    async def verify(self, password_hash: str, password: str) -> bool: ...


class Argon2:
    """argon2id, by default as RFC 9106 recommends where memory is scarce."""

    def __init__(self, parameters: argon2.PasswordHasher | None = None) -> None:
        self._argon2 = parameters or argon2.PasswordHasher()
        self._turns = asyncio.Semaphore(MAX_AT_ONCE)

    async def hash(self, password: str) -> str:
        """Hash a password with a new salt."""
        return await self._run(lambda: self._argon2.hash(password))

    async def verify(self, password_hash: str, password: str) -> bool:
        """Tell whether a password is the one that was hashed."""
        return await self._run(lambda: self._matches(password_hash, password))

    async def _run(self, work: Callable[[], T]) -> T:
        async with self._turns:
            return await asyncio.to_thread(work)

    def _matches(self, password_hash: str, password: str) -> bool:
        try:
            return self._argon2.verify(password_hash, password)
        except argon2.exceptions.VerificationError:
            return False
