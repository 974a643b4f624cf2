"""YouTube: comments appear once the page is scrolled to them, and the box once it is clicked."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from lossy.automation.contract import Comment
from lossy.automation.platforms.described import DescribedPage, Layout, find_key


class YouTube(DescribedPage):
    """A watch page."""

    platform = "youtube"
    layout = Layout(
        box="ytd-comment-simplebox-renderer #contenteditable-root",
        send="ytd-comment-simplebox-renderer #submit-button button",
        opener="ytd-comment-simplebox-renderer #simplebox-placeholder",
        signed_out="ytd-masthead a[href*='ServiceLogin'], ytd-masthead a[href*='accounts.google.com']",
        closed="ytd-comments ytd-message-renderer",
        newest=("#sort-menu tp-yt-paper-button", "#sort-menu tp-yt-paper-listbox a:last-of-type"),
        item="ytd-comment-thread-renderer",
        text="#content-text",
        author="#author-text",
        link="#published-time-text a",
    )

    def comment_id(self, answer: Any) -> str | None:
        """Read it from the answer to the page's own request, or to the API's."""
        return find_key(answer, "commentId")

    def id_of(self, mark: str) -> str | None:
        """Read it from the link that its date is."""
        return next(iter(parse_qs(urlsplit(mark).query).get("lc", [])), None)

    def permalink(self, comment: Comment, comment_id: str | None) -> str:
        """Open the video at the moment, with the comment first."""
        return f"{comment.url}&t={int(comment.at_seconds)}s" + (f"&lc={comment_id}" if comment_id else "")
