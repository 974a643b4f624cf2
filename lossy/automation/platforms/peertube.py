"""PeerTube: somebody who is not signed in sees the box, and may not write in it."""

import re
from typing import Any

from lossy.automation.contract import Comment
from lossy.automation.platforms.described import DescribedPage, Layout

THREAD = re.compile(r";threadId=(\d+)")


class PeerTube(DescribedPage):
    """A video's page on any server."""

    platform = "peertube"
    layout = Layout(
        box="my-video-comment-add textarea:not([readonly])",
        send="my-video-comment-add .comment-buttons button:not(.cancel-button)",
        me=".logged-in-display-name",
        signed_out="my-video-comment-add textarea[readonly]",
        item="my-video-comment",
        text=".comment-html",
        author=".comment-account",
        link="a.comment-date",
    )

    def comment_id(self, answer: Any) -> str | None:
        """Read it from `comment.id`."""
        comment = answer.get("comment") if isinstance(answer, dict) else None
        return str(comment["id"]) if isinstance(comment, dict) and comment.get("id") else None

    def id_of(self, mark: str) -> str | None:
        """Read it from the link that its date is."""
        found = THREAD.search(mark)
        return found[1] if found else None

    def permalink(self, comment: Comment, comment_id: str | None) -> str:
        """Open the thread, with the video at the moment."""
        thread = f";threadId={comment_id}" if comment_id else ""
        return f"{comment.url}{thread}?start={int(comment.at_seconds)}s"
