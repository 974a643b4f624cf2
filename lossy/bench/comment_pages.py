"""What the pages of the small video site are made of."""

import html


def page(title: str, body: str) -> str:
    """Write a page; the title is text."""
    return f"<!doctype html><meta charset=utf-8><title>{html.escape(title)}</title><h1>{html.escape(title)}</h1>{body}"


SIGN_IN = """<form method=post><label>Name <input name=name></label>
<label>Password <input name=password type=password></label><button>Sign in</button></form>"""
WATCH = """<input type=search placeholder="Search videos"><video src=/static/sample.webm width=480 controls></video>
<h2>Comments</h2>"""
FORM = """<form method=post action=/watch/{video}/comment>Signed in as {who}
<input type=hidden name=token value={token}><textarea name=text aria-label="Add a comment" {more}></textarea>{beside}
<button type=button>Cancel</button><button>{button}</button></form>"""
SCRIPTED = """<div class=comment-box>Signed in as {who}
<textarea id=box placeholder="Add a comment…" {more}></textarea>{beside}
<button>Cancel</button><button id=send>{button}</button></div>
<script>
document.querySelector("#send").onclick = async () => {{
  const text = document.querySelector("#box").value;
  const answer = await fetch("/api/comments", {{ method: "POST", body: JSON.stringify({{ video: "{video}", text }}),
    headers: {{ "content-type": "application/json", "x-csrf-token": "{token}" }} }});
  if (!answer.ok) return;
  const item = document.createElement("li");
  item.textContent = text;
  document.querySelector("#list").prepend(item);
  document.querySelector("#box").value = "";
}};
</script>"""
DRAFTS = (
    """oninput="const draft = new XMLHttpRequest(); draft.open('POST', '/draft', false); draft.send(this.value)\""""
)
"""It keeps a draft with each stroke, and takes no other one until it is kept."""
CAPTCHA = """<div class=g-recaptcha style="width:300px;height:75px;border:1px solid">I am not a robot</div>"""
