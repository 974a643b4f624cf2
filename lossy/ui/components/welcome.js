/** The extension in pictures: what it does, and three clicks to load it. The drawings follow the theme. */
export default {
  template: `
    <article class="welcome">
      <header><h1>Lossy beside any video</h1>
        <p>With the extension you watch on YouTube, Vimeo, Frame.io or anywhere else, say what you see, and the note stands in the side panel at the moment you saw it.</p></header>
      <ol class="steps">
        <li><svg viewBox="0 0 280 150" role="img" aria-label="The page chrome://extensions, with the switch for Developer mode at the top right">
            <rect class="window" x="1" y="1" width="278" height="148" rx="10"/><rect class="bar" x="14" y="12" width="150" height="16" rx="8"/><text x="24" y="24">chrome://extensions</text>
            <text class="strong" x="158" y="57">Developer mode</text><rect class="on" x="240" y="47" width="24" height="13" rx="6.5"/><circle class="knob" cx="257" cy="53.5" r="4.5"/><circle class="ring" cx="252" cy="53" r="20"/>
            <rect class="tile" x="14" y="78" width="78" height="56" rx="6"/><rect class="tile" x="101" y="78" width="78" height="56" rx="6"/><rect class="tile" x="188" y="78" width="78" height="56" rx="6"/></svg>
          <div><h2>Turn on Developer mode</h2><p>Open <code>chrome://extensions</code> and turn on the switch at the top right.</p></div></li>
        <li><svg viewBox="0 0 280 150" role="img" aria-label="The button Load unpacked, and the folder extension, dist">
            <rect class="window" x="1" y="1" width="278" height="148" rx="10"/><rect class="button" x="16" y="18" width="92" height="24" rx="12"/><text class="strong" x="29" y="34">Load unpacked</text>
            <path class="folder" d="M90 70h34l8 10h58v46H90z"/><text class="strong" x="104" y="109">extension/dist</text></svg>
          <div><h2>Load the folder</h2><p>Press <b>Load unpacked</b> and choose the folder that <code>make run</code> printed. <code>.venv/bin/lossy extension path</code> prints it again.</p></div></li>
        <li><svg viewBox="0 0 280 150" role="img" aria-label="A video with the side panel beside it; a note stands in the panel at its time">
            <rect class="window" x="1" y="1" width="278" height="148" rx="10"/><rect class="film" x="12" y="14" width="160" height="96" rx="6"/><rect class="chip-bg" x="20" y="21" width="76" height="16" rx="8"/><circle class="live" cx="29" cy="29" r="3.5"/><text class="on-film" x="37" y="33">00:12.5 listening</text>
            <rect class="panel-bg" x="182" y="14" width="86" height="122" rx="6"/><circle class="live" cx="200" cy="33" r="10"/><rect class="tile" x="216" y="28" width="44" height="8" rx="4"/><rect class="ghost-note" x="189" y="54" width="72" height="30" rx="5"/><text x="194" y="66">00:12.5</text><rect class="tile" x="194" y="71" width="56" height="6" rx="3"/><rect class="tile" x="189" y="92" width="72" height="30" rx="5"/></svg>
          <div><h2>Sign in, and speak</h2><p>Lossy’s own options open from its symbol in the toolbar: sign in, allow the microphone once, open a video and the side panel, and press the microphone.</p></div></li>
      </ol>
      <p class="muted">The extension works with Chrome, Chromium and Edge from version 124 on. What you say goes to your own Lossy server only.</p>
    </article>`,
};
