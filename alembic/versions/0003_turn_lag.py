"""The reaction lag that a turn's moment was reckoned with."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Add the column."""
    with op.batch_alter_table("turns") as turns:
        turns.add_column(sa.Column("lag_seconds", sa.Float(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table("turns") as turns:
        turns.drop_column("lag_seconds")
