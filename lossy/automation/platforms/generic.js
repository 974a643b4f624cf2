// Finds a page's comment form by what it says. It runs in the page, isolated, and changes nothing there.
({
  COMMENT: /comment|kommentar|commentaire|comentari|comentári|commento|reactie|yorum|comentário|评论|評論|コメント|댓글|коммент/i,
  TALK: /reply|say something|what do you think|your thoughts|feedback|note|message|discuss|thread/i,
  OTHER: /search|suche|e-?mail|password|user ?name|\burl\b|website|\bname\b|title|subject|tags?\b|price|captcha/i,
  SUBMIT:
    /^\W*(?:(?:add|write|den|ihren|deinen|kommentar|reactie|comment|beitrag|a|your|my)[\s\p{P}]+)*(?:post|send|submit|comment|publish|reply|save|add|share|senden|absenden|abschicken|kommentieren|hinzufügen|posten|veröffentlichen|speichern|publier|poster|envoyer|commenter|ajouter|valider|enviar|publicar|comentar|añadir|invia|pubblica|commenta|aggiungi|plaatsen|verzenden|versturen|reageren|wyślij|dodaj|opublikuj|skicka|kommentera|gönder|отправить|опубликовать|发布|发表|提交|發佈|送信|投稿|コメント|등록|게시)(?:[\s\p{P}]+(?:a|an|the|your|new|my|it|un|una|le|votre|mon|tu|mi|comment|comments|reply|note|feedback|message|kommentar|komentarz|commentaire|comentario|comentário|commento|reactie|комментарий|评论|now|publicly|as\s.{1,40}))*\W*$/iu,
  OFTEN_ELSE: /^\W*(share|save|add|reply)\W*$/i,
  ANSWER: /reply|answer|antwort|répon|respon|rispon|返信|回复/i,
  NEXT: /^\W*((load|show|view|see|read)\s+)?(\d+\s+)?(more|older|next|newer)(\s+\d+)?(\s+(comments|replies|page))?\W*$|^\W*(weitere|mehr|ältere|nächste|suivant|plus de|siguiente|más|altri|meer|ещё|もっと|次|更多|加载更多|下一页|더)/i,
  LAST: /^\W*(last|newest|latest|letzte|dernière?|última|ultima|最後|最后|末页)(\s+page)?\W*$/i,
  CAPTCHA:
    '.g-recaptcha:not(button, input), .h-captcha:not(button, input), .cf-turnstile, iframe[src*="/recaptcha/"], iframe[src*="hcaptcha.com"], iframe[src*="challenges.cloudflare.com"], img[src*=captcha i], input[name*=captcha i], [id*=captcha i]:not(:empty)',
  BOXES:
    'textarea, [contenteditable=""], [contenteditable=true], [contenteditable=plaintext-only], [role=textbox], input[type=text], input:not([type])',
  BUTTONS: 'button, input[type=submit], input[type=button], [role=button], a[role=button]',

  * all(root, selector) {
    for (const element of root.querySelectorAll("*")) {
      if (element.matches(selector)) yield element;
      if (element.shadowRoot) yield* this.all(element.shadowRoot, selector);
    }
  },

  inSight(element) {
    const { width, height } = element.getBoundingClientRect();
    return width > 1 && height > 1 && element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  },

  words(element) {
    const label = element.labels?.[0]?.innerText ?? "";
    const by = (element.getAttribute("aria-labelledby") ?? "").split(/\s+/).filter(Boolean);
    const root = element.getRootNode();
    const told = by.map((id) => root.getElementById?.(id)?.innerText ?? "");
    const names = ["aria-label", "placeholder", "aria-placeholder", "data-placeholder", "name", "id", "title"];
    return [label, ...told, ...names.map((name) => element.getAttribute(name) ?? "")].join(" ");
  },

  /** What stands around an element: what its nearest ancestors are called, or begin with. */
  around(element) {
    const told = [];
    let one = element;
    for (let step = 0; step < 6 && one; step += 1) {
      one = one.parentElement ?? one.getRootNode().host ?? null;
      if (!one || one === document.body) break;
      const heading = one.querySelector(":scope > h1, :scope > h2, :scope > h3, :scope > h4, :scope > legend");
      told.push(one.id, typeof one.className === "string" ? one.className : "", one.getAttribute("aria-label") ?? "");
      told.push(heading?.innerText ?? "", one.getAttribute("action") ?? "", one.localName);
    }
    return told.join(" ");
  },

  score(box) {
    if (!this.inSight(box) || box.disabled || box.readOnly || box.closest("[role=search]")) return 0;
    if (this.leadsAway(box.closest("form"))) return 0;
    const own = this.words(box);
    let score = box.localName === "input" ? 1 : 4;
    if (this.COMMENT.test(own)) score += 8;
    else if (this.TALK.test(own)) score += 4;
    else if (this.OTHER.test(own)) return 0;
    if (this.COMMENT.test(this.around(box))) score += 3;
    if (this.ANSWER.test(own) && !this.COMMENT.test(own)) score -= 3;
    const button = this.buttonOf(box);
    if (button && this.COMMENT.test(this.name(button))) score += 2;
    if (score > 4 && this.isOneOfMany(box, button)) score -= 4;
    return score > 4 ? score : 0;
  },

  /** Whether a form sends what stands in it to another site. */
  leadsAway(form) {
    const action = form?.getAttribute("action");
    return Boolean(action) && new URL(action, document.baseURI).origin !== location.origin;
  },

  /** Whether a box belongs to one comment among others: to answer it, or because somebody wrote a form there. */
  isOneOfMany(box, button) {
    let one = box.parentElement;
    while (one && button && !one.contains(button)) one = one.parentElement;
    for (let step = 0; step < 6 && one && one !== document.body; step += 1, one = one.parentElement) {
      if (one.matches("li, blockquote, [role=listitem], [role=comment], article article, article ~ article")) return true;
      const likes = [...(one.parentElement?.children ?? [])].filter((like) => like !== one && like.localName === one.localName);
      if (one.className && likes.some((like) => like.className === one.className)) return true;
    }
    return false;
  },

  best() {
    let [best, most] = [null, 0];
    for (const box of this.all(document, this.BOXES)) {
      const score = this.score(box);
      if (score > most) [best, most] = [box, score];
    }
    return { best, most };
  },

  name(button) {
    const drawn = button.querySelector("svg title")?.textContent ?? button.querySelector("img")?.alt ?? "";
    const told = [button.getAttribute("aria-label"), button.innerText, button.value, button.title, drawn];
    return told.map((name) => (name ?? "").trim()).find(Boolean) ?? "";
  },

  buttonOf(box) {
    let scope = box;
    for (let step = 0; step < 8 && scope; step += 1) {
      scope = scope.parentElement ?? scope.getRootNode().host ?? null;
      if (!scope) return null;
      const found = [...this.all(scope, this.BUTTONS)].filter((one) => this.inSight(one));
      const fit = found.filter((one) => this.SUBMIT.test(this.name(one)));
      const clear = fit.filter((one) => !this.OFTEN_ELSE.test(this.name(one)));
      for (const some of [clear, fit]) if (some.length) return some.find((one) => one.type === "submit") ?? some[0];
      const form = scope.localName === "form" ? found.filter((one) => one.type === "submit") : [];
      if (form.length === 1) return form[0];
      if (scope.localName === "form" || scope === document.body) return null;
    }
    return null;
  },

  /** Whether a captcha to be solved is in sight: beside the box, or anywhere if there is none. */
  asksForCaptcha() {
    const { best } = this.best();
    const scope = best ? (best.closest("form") ?? best.parentElement.parentElement ?? best.parentElement) : document;
    return [...this.all(scope, this.CAPTCHA)].some((one) => this.inSight(one) && !/invisible/.test(one.dataset.size ?? one.src ?? ""));
  },

  /** How often a text stands on the page, outside of boxes, however its lines are broken. */
  standing(body) {
    const plain = (text) => (text ?? "").replace(/\s+/g, " ").trim();
    const wanted = plain(body);
    const holds = (element) => getComputedStyle(element).display !== "none" && plain(element.innerText).includes(wanted);
    const count = (element) => {
      if (element.matches(this.BOXES) || /^(script|style|template|noscript)$/.test(element.localName)) return 0;
      const inside = [...element.children].filter(holds);
      return inside.length ? inside.reduce((sum, child) => sum + count(child), 0) : 1;
    };
    const shadows = [...this.all(document, "*")].flatMap((one) => [...(one.shadowRoot?.children ?? [])]);
    return [document.body, ...shadows].filter((root) => root && holds(root)).reduce((sum, root) => sum + count(root), 0);
  },

  /** The addresses of further pages of comments: the last one first, as what is new may be there. */
  pages() {
    const here = location.pathname.replace(/\/$/, "");
    const links = [...this.all(document, "a[href]")].filter((link) => {
      const [path, host] = [link.pathname.replace(/\/$/, ""), link.host];
      const isHere = host === location.host && (path === here || path.startsWith(`${here}/`));
      return isHere && link.href.split("#")[0] !== location.href.split("#")[0] && this.inSight(link);
    });
    const numbered = links.filter((link) => /^\d+$/.test(link.innerText.trim()));
    const last = numbered.sort((a, b) => Number(b.innerText) - Number(a.innerText)).slice(0, 1);
    const named = links.filter((link) => link.rel === "last" || this.LAST.test(this.name(link)));
    const next = links.filter((link) => link.rel === "next" || this.NEXT.test(this.name(link)));
    return [...named, ...last, ...next].map((link) => link.href.split("#")[0]);
  },

  /** The button that brings more comments onto this page. */
  more() {
    const found = [...this.all(document, this.BUTTONS)].filter((one) => this.inSight(one) && !one.disabled);
    return found.find((one) => this.NEXT.test(this.name(one)) && this.COMMENT.test(this.name(one) + this.around(one))) ?? null;
  },
})
