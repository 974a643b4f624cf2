// What a comment form must be like, whoever says where it is: a box, and near it a button of its own.
({
  BOXES:
    'textarea, [contenteditable=""], [contenteditable=true], [contenteditable=plaintext-only], [role=textbox], input[type=text], input:not([type])',
  CLICKABLE: 'button, input[type=submit], input[type=button], input[type=image], [role=button], a',
  NEVER: /cancel|abbrechen|annuler|delete|remove|löschen|supprimer|report|search|log ?(in|out)|sign|block|subscribe|follow/i,
  MOST_STEPS: 10,
  MOST_BUTTONS: 16,

  inSight(element) {
    const { width, height } = element.getBoundingClientRect();
    return width > 1 && height > 1 && element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
  },

  /** The box that an element is, lies in, or holds as the only one; or null. */
  boxOf(element) {
    const inside = element.querySelectorAll(this.BOXES);
    const box = element.closest(this.BOXES) ?? (inside.length === 1 ? inside[0] : null);
    const fits = box && this.inSight(box) && !box.disabled && !box.readOnly && !box.closest("[role=search]");
    return fits ? box : null;
  },

  /** The button that an element is or lies in, if it can be the one that sends what is in the box; or null. */
  sendOf(element, box) {
    const send = element.closest(this.CLICKABLE) ?? element;
    const form = this.around(box, send);
    if (!form || !this.inSight(send) || send.matches(`a[href]:not([href^="#"]), ${this.BOXES}`)) return null;
    const others = [...form.querySelectorAll(this.BOXES)].filter((one) => !one.contains(box) && !box.contains(one));
    if (others.some((one) => this.inSight(one)) || form.querySelector("video, audio, input[type=password]")) return null;
    if (form.querySelectorAll(this.CLICKABLE).length > this.MOST_BUTTONS) return null;
    const name = [send.getAttribute("aria-label"), send.innerText, send.value, send.title].join(" ");
    return this.NEVER.test(name) ? null : send;
  },

  fits(box, send) {
    return this.boxOf(box) === box && this.sendOf(send, box) === send;
  },

  /** The smallest part of the page that holds both, if it is near the box. */
  around(box, send) {
    if (box.contains(send) || send.contains(box)) return null;
    let scope = box;
    for (let step = 0; step < this.MOST_STEPS && scope; step += 1) {
      scope = scope.parentElement;
      if (scope?.contains(send)) return scope;
    }
    return null;
  },

  /** A selector that names this element alone: from what the markup calls it or its nearest ancestor, never by texts. */
  selectorOf(element) {
    let path = "";
    for (let one = element; one?.parentElement; one = one.parentElement) {
      const name = this.names(one).find((each) => document.querySelectorAll(each).length === 1);
      if (name) return name + path;
      const place = [...one.parentElement.children].filter((each) => each.localName === one.localName).indexOf(one);
      path = ` > ${one.localName}:nth-of-type(${place + 1})${path}`;
    }
    return `html${path}`;
  },

  // Values with digits differ from page to page, or from visitor to visitor.
  names(element) {
    const plain = (value) => /^[a-z][a-z_-]{1,39}$/i.test(value ?? "");
    const told = ["data-testid", "id", "name"].filter((name) => plain(element.getAttribute(name)));
    const named = told.map((name) => `${element.localName}[${name}="${element.getAttribute(name)}"]`);
    return [...named, ...[...element.classList].filter(plain).map((each) => `${element.localName}.${each}`)];
  },

  /** Let a bare editable element be a text box in the accessibility tree, where it would be nothing. */
  markEditables() {
    for (const one of document.querySelectorAll("[contenteditable]:not([contenteditable=false]):not([role])"))
      one.setAttribute("role", "textbox");
  },
})
