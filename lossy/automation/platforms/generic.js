// Finds a page's comment form by what it says. It runs in the page, isolated, and changes nothing there.
({
  COMMENT: /comment|kommentar|commentaire|comentari|comentári|commento|reactie|yorum|comentário|评论|評論|コメント|댓글|коммент/i,
  TALK: /reply|say something|what do you think|your thoughts|feedback|note|message|discuss|thread/i,
  OTHER: /search|suche|e-?mail|password|user ?name|\burl\b|website|\bname\b|title|subject|tags?\b|price|captcha/i,
  SUBMIT:
    /^\W*(post|send|submit|comment|publish|reply|save|add|share|senden|absenden|abschicken|kommentieren|veröffentlichen|speichern|publier|envoyer|commenter|enviar|publicar|comentar|invia|pubblica|commenta|plaatsen|verzenden|reageren|wyślij|dodaj|skicka|gönder|отправить|опубликовать|发布|发表|提交|送信|投稿|등록)([\s\p{P}]+(a|an|the|your|new|my|it|comment|comments|reply|note|feedback|message|kommentar|commentaire|comentario|comentário|commento|reactie|комментарий|评论|now|publicly))*\W*$/iu,
  NOT_SUBMIT: /cancel|abbrechen|annuler|sign|log ?in|search|anonymous settings|attach|emoji|preview|vorschau|like|share/i,
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
    const own = this.words(box);
    let score = box.localName === "input" ? 1 : 4;
    if (this.COMMENT.test(own)) score += 8;
    else if (this.TALK.test(own)) score += 4;
    else if (this.OTHER.test(own)) return 0;
    if (this.COMMENT.test(this.around(box))) score += 3;
    if (/reply/i.test(own) && !this.COMMENT.test(own)) score -= 3;
    return score > 4 ? score : 0;
  },

  bestBox() {
    let [best, most] = [null, 0];
    for (const box of this.all(document, this.BOXES)) {
      const score = this.score(box);
      if (score > most) [best, most] = [box, score];
    }
    return best;
  },

  buttonOf(box) {
    let scope = box;
    for (let step = 0; step < 8 && scope; step += 1) {
      scope = scope.parentElement ?? scope.getRootNode().host ?? null;
      if (!scope) return null;
      const found = [...this.all(scope, this.BUTTONS)].filter((one) => this.inSight(one));
      const name = (one) => (one.getAttribute("aria-label") || one.innerText || one.value || one.title || "").trim();
      const fit = found.filter((one) => this.SUBMIT.test(name(one)) && !this.NOT_SUBMIT.test(name(one).replace(this.SUBMIT, "")));
      if (fit.length) return fit.find((one) => one.type === "submit") ?? fit[0];
      const form = scope.localName === "form" ? found.filter((one) => one.type === "submit") : [];
      if (form.length === 1) return form[0];
      if (scope.localName === "form" || scope === document.body) return null;
    }
    return null;
  },

  /** The texts of the smallest elements, outside of all boxes, that hold a line. */
  texts(line) {
    const found = [];
    for (const element of this.all(document, "*")) {
      if (element.closest(this.BOXES) || /^(script|style|template|noscript)$/.test(element.localName)) continue;
      const text = element.innerText ?? "";
      if (!text.includes(line)) continue;
      if ([...element.children].some((child) => (child.innerText ?? "").includes(line))) continue;
      found.push(text);
    }
    return found;
  },
})
