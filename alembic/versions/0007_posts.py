"""The posting of notes: posts, their audit rows, and logins at platforms."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: Sequence[str] | None = None
depends_on: Sequence[str] | None = None


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String(), nullable=nullable)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "posts",
        *(_text(name) for name in ("id", "note_id", "user_id", "platform", "place", "target")),
        sa.Column("state", sa.String(length=32), nullable=False),
        _text("body"),
        sa.Column("at_seconds", sa.Float(), nullable=False),
        _text("account"),
        _text("browser", nullable=True),
        sa.Column("seen_before", sa.Integer(), nullable=False),
        _moment("armed_at", nullable=True),
        sa.Column("reads", sa.Integer(), nullable=False),
        _moment("last_read_at", nullable=True),
        _text("comment_id", nullable=True),
        _text("error", nullable=True),
        _moment("created_at"),
        _moment("updated_at"),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=op.f("fk_posts_note_id_notes"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_posts_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posts")),
        sa.UniqueConstraint("note_id", "platform", "target", name=op.f("uq_posts_note_id_platform_target")),
    )
    op.create_index("ix_posts_user_id_place_armed_at", "posts", ["user_id", "place", "armed_at"])
    op.create_table(
        "post_audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        _text("post_id"),
        _text("step"),
        _text("detail"),
        _text("body_sha256", nullable=True),
        sa.Column("picture", sa.LargeBinary(), nullable=True),
        _moment("at"),
        sa.ForeignKeyConstraint(
            ["post_id"], ["posts.id"], name=op.f("fk_post_audit_post_id_posts"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_audit")),
    )
    op.create_index("ix_post_audit_post_id", "post_audit", ["post_id"])
    op.create_table(
        "platform_logins",
        *(_text(name) for name in ("id", "user_id", "platform", "place", "kind", "account")),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("is_expired", sa.Boolean(), nullable=False),
        _moment("created_at"),
        _moment("updated_at"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_platform_logins_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_logins")),
        sa.UniqueConstraint("user_id", "platform", "place", name=op.f("uq_platform_logins_user_id_platform_place")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("platform_logins")
    op.drop_table("post_audit")
    op.drop_table("posts")
