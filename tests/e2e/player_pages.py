"""Pages of others with a player: real ones from npm, and what pages do to a video by themselves.

On each the film is one video among several. Above it a silent picture moves for ever, and another one is hidden. The
page says which video is the right one: `wanted()`; in a frame it is that frame's.
"""

import json
from pathlib import Path

import av

from lossy.demo import FILM

PLAYERS = Path(__file__).parent / "players" / "node_modules"

HEAD = """<!doctype html><title>{title}</title><link rel="icon" href="data:,">
<style>
  body {{ margin: 0; font: 14px sans-serif }}
  .hero {{ display: block; width: 1280px; height: 160px; object-fit: cover }}
  .stage {{ width: 640px; height: 360px; position: relative }}
  .stage video {{ width: 640px; height: 360px }}
</style>
<script>
  window.told = [];
  for (const type of ["click", "keydown"])
    addEventListener(type, (event) => event.isTrusted && told.push([type, event.defaultPrevented]), true);
  window.film = (id = "film") => {{
    const video = document.createElement("video");
    Object.assign(video, {{ id, src: "/film.webm", preload: "auto", controls: true }});
    return video;
  }};
  window.wanted = () => document.querySelector("#film video, video#film");
</script>"""
DECOYS = """
<video class="hero" src="/film.webm" muted loop autoplay></video>
<video src="/film.webm" style="display: none" muted autoplay loop></video>
<script>for (const video of document.querySelectorAll("video")) video.playbackRate = 0.1</script>"""
VIDEO = '<video id="film" src="/film.webm" preload="auto" controls></video>'
STREAM = "/stream/master.m3u8"
SHAKA = "/players/shaka-player/dist"
VIDSTACK = "/players/vidstack"
VIDSTACK_IMPORTS = {
    "lit-html": "/players/lit-html/lit-html.js",
    "lit-html/": "/players/lit-html/",
    "media-captions": "/players/media-captions/dist/prod.js",
    "fscreen": "/players/fscreen/dist/fscreen.esm.js",
    "@floating-ui/dom": "/players/@floating-ui/dom/dist/floating-ui.dom.browser.min.mjs",
    "@floating-ui/core": "/players/@floating-ui/core/dist/floating-ui.core.browser.min.mjs",
    "@floating-ui/utils": "/players/@floating-ui/utils/dist/floating-ui.utils.mjs",
    "@floating-ui/utils/dom": "/players/@floating-ui/utils/dist/floating-ui.utils.dom.mjs",
}

PLAYER_PAGES = {
    "video.js": """<link rel="stylesheet" href="/players/video.js/dist/video-js.min.css">
<div class="stage"><video id="film" class="video-js" controls width="640" height="360"></video></div>
<script src="/players/video.js/dist/video.min.js"></script>
<script>
  const player = videojs("film", { sources: [{ src: "/film.webm", type: "video/webm" }], preload: "auto" });
  window.wanted = () => player.el().querySelector("video");
</script>""",
    "plyr": f"""<link rel="stylesheet" href="/players/plyr/dist/plyr.css">
<div class="stage">{VIDEO}</div><script src="/players/plyr/dist/plyr.min.js"></script>
<script>new Plyr("#film", {{ iconUrl: "/players/plyr/dist/plyr.svg", blankVideo: "" }})</script>""",
    "media-chrome": """<script src="/players/media-chrome/dist/iife/all.js"></script>
<div class="stage"><media-controller>
  <video id="film" slot="media" src="/film.webm" preload="auto"></video>
  <media-control-bar><media-play-button></media-play-button><media-time-range></media-time-range></media-control-bar>
</media-controller></div>""",
    "shaka-player": f"""<div class="stage" id="around"><video id="film"></video></div>
<script src="{SHAKA}/shaka-player.ui.js"></script>
<script>
  const video = document.getElementById("film");
  const player = new shaka.Player();
  const ready = player.attach(video);
  new shaka.ui.Overlay(player, document.getElementById("around"), video);
  ready.then(() => player.load("{STREAM}"));
</script>""",
    "hls.js": f"""<div class="stage"><video id="film" controls></video></div>
<script src="/players/hls.js/dist/hls.min.js"></script>
<script>
  const hls = new Hls();
  hls.loadSource("{STREAM}");
  hls.attachMedia(document.getElementById("film"));
</script>""",
    "vidstack": f"""<script type="importmap">{json.dumps({"imports": VIDSTACK_IMPORTS})}</script>
<link rel="stylesheet" href="{VIDSTACK}/player/styles/default/theme.css">
<link rel="stylesheet" href="{VIDSTACK}/player/styles/default/layouts/video.css">
<script type="module">
  import "{VIDSTACK}/prod/define/vidstack-player.js";
  import "{VIDSTACK}/prod/define/vidstack-player-default-layout.js";
  import "{VIDSTACK}/prod/define/vidstack-player-ui.js";
</script>
<div class="stage"><media-player id="film" src="/film.webm" load="eager" title="Harbour">
  <media-provider></media-provider><media-video-layout></media-video-layout>
</media-player></div>""",
    "mediaelement": f"""<link rel="stylesheet" href="/players/mediaelement/build/mediaelementplayer.min.css">
<div class="stage"><div id="around">{VIDEO}</div></div>
<script src="/players/mediaelement/build/mediaelement-and-player.min.js"></script>
<script>
  new MediaElementPlayer("film", {{ iconSprite: "/players/mediaelement/build/mejs-controls.svg" }});
  window.wanted = () => document.querySelector("#around video");
</script>""",
}

FRAME = '<div class="stage"><iframe src="{}/inside.html" width="660" height="380" allow="autoplay"></iframe></div>'
WRITTEN_FRAME = """<div class="stage"><iframe id="written" width="660" height="380"></iframe></div><script>
  document.getElementById("written").contentDocument.body.append(film());
  window.wanted = () => document.getElementById("written").contentDocument.querySelector("video");
</script>"""

OWN_PAGES = {
    "bare": f'<div class="stage">{VIDEO}</div>',
    "open shadow": """<div class="stage"><x-outer></x-outer></div><script>
  const root = document.querySelector("x-outer").attachShadow({ mode: "open" });
  root.innerHTML = "<section></section>";
  root.querySelector("section").attachShadow({ mode: "open" }).append(film());
  window.wanted = () => root.querySelector("section").shadowRoot.querySelector("video");
</script>""",
    "closed shadow": """<div class="stage"><x-outer></x-outer></div><script>
  const root = document.querySelector("x-outer").attachShadow({ mode: "closed" });
  root.append(document.createElement("div"));
  const video = film();
  root.firstChild.attachShadow({ mode: "closed" }).append(video);
  window.wanted = () => video;
</script>""",
    "closed shadow, later": """<div class="stage" id="host"></div><script>
  const video = film();
  setTimeout(() => document.getElementById("host").attachShadow({ mode: "closed" }).append(video), 1500);
  window.wanted = () => video;
</script>""",
    "late": '<div class="stage"></div><script>setTimeout(() => document.querySelector(".stage").append(film()), 1500)'
    "</script>",
    "replaced": """<div class="stage"></div><script>
  const stage = document.querySelector(".stage");
  let count = 0;
  const timer = setInterval(() => {
    stage.replaceChildren(film());
    if (++count === 8) clearInterval(timer);
  }, 300);
  window.wanted = () => (count === 8 ? document.querySelector("#film") : null);
</script>""",
    "written frame": WRITTEN_FRAME,
    "flood": f"""<div class="stage">{VIDEO}</div><div id="flood"></div><script>
  const flood = document.getElementById("flood");
  setInterval(() => {{
    flood.replaceChildren(...Array.from({{ length: 300 }}, () => document.createElement("p")));
    document.getElementById("film").dispatchEvent(new Event("loadedmetadata"));
  }}, 4);
  setTimeout(() => document.querySelector(".stage").replaceChildren(film()), 1000);
</script>""",
    "prototypes redefined": f"""<div class="stage">{VIDEO}</div>
<img name="querySelectorAll" alt=""><form name="createTreeWalker"></form><script>
  const refuse = () => {{ throw new Error("the page's own word") }};
  for (const [owner, names] of [
    [Element, ["querySelectorAll", "getBoundingClientRect", "attachShadow", "checkVisibility"]],
    [Document, ["querySelectorAll", "createTreeWalker", "elementsFromPoint"]],
    [HTMLMediaElement, ["play", "pause"]], [MutationObserver, ["observe"]], [IntersectionObserver, ["observe"]],
  ]) for (const name of names) owner.prototype[name] = refuse;
  window.wanted = () => document.getElementById("film");
</script>""",
}


POST = '<div class="post"><video id="film-{}" src="/film.webm" loop muted width="640" height="360"></video></div>'
FEED = "<style>.post { height: 700px; padding: 40px }</style>" + "".join(map(POST.format, range(10)))
FEED_STOPS = (6, 2, 9, 0)
SPA = """<nav><a id="go" href="/watch/one">One</a></nav><main></main><script>
  const show = (name) => {
    history.pushState(null, "", "/watch/" + name);
    document.title = "Film " + name;
    setTimeout(() => {
      const stage = document.createElement("div");
      stage.className = "stage";
      stage.append(film());
      document.querySelector("main").replaceChildren(stage);
    }, 300);
  };
</script>"""


def page(title: str, body: str) -> str:
    """Write a page of this title around the film."""
    return HEAD.format(title=title) + DECOYS + body


def page_inside() -> str:
    """Write the page that stands in a frame: the film and nothing else."""
    return HEAD.format(title="inside") + OWN_PAGES["bare"]


def write_stream(folder: Path) -> None:
    """Write the film as a stream of HLS, in fragments of MP4."""
    folder.mkdir()
    options = {
        "hls_segment_type": "fmp4",
        "hls_playlist_type": "vod",
        "hls_time": "4",
        "master_pl_name": "master.m3u8",
        "strict": "experimental",
    }
    with av.open(str(FILM)) as film, av.open(str(folder / "film.m3u8"), "w", format="hls", options=options) as stream:
        ours = {one.index: stream.add_stream_from_template(one) for one in film.streams}
        for packet in film.demux():
            if packet.dts is not None:
                packet.stream = ours[packet.stream.index]
                stream.mux(packet)
