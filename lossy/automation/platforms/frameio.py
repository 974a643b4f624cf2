"""Frame.io: a comment stands at the moment where the player is, so its words carry no time."""

from typing import Any

from lossy.automation.contract import Comment
from lossy.automation.platforms.described import DescribedPage, Layout, find_key


class FrameIo(DescribedPage):
    """The player with its comments."""

    platform = "frameio"
    takes_time_from_player = True
    layout = Layout(
        box="[data-testid*=comment-composer] [contenteditable=true]",
        send="[data-testid*=comment-composer] button[type=submit]",
        item="[data-testid=comment], [data-comment-id]",
        text="[data-testid*=comment-text], [data-testid*=comment-body]",
        author="[data-testid*=comment-author]",
    )

    def compose(self, text: str, at_seconds: float, end_seconds: float | None) -> str:
        """Write the words alone."""
        return text

    def comment_id(self, answer: Any) -> str | None:
        """Read the nearest id."""
        return super().comment_id(answer) or find_key(answer, "id")

    def permalink(self, comment: Comment, comment_id: str | None) -> str:
        """Open the comment, which takes the player to its moment; without its id, the moment."""
        return f"{comment.url}?commentId={comment_id}" if comment_id else f"{comment.url}#t={int(comment.at_seconds)}"
