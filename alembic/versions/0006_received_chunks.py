"""How many chunks of a recording had come when it was closed."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def upgrade() -> None:
    """Add the column."""
    with op.batch_alter_table("recordings") as recordings:
        recordings.add_column(sa.Column("received_chunks", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    """Drop it."""
    with op.batch_alter_table("recordings") as recordings:
        recordings.drop_column("received_chunks")
