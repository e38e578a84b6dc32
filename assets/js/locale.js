// The page in another language, `?lang=hr`: every text and label is looked up in
// assets/locale/LANGUAGE.json as it appears, whichever part of the page writes it.
() => {
  const language = new URL(window.location.href).searchParams.get('lang');
  const ATTRIBUTES = ['aria-label', 'alt', 'title', 'placeholder', 'aria-valuetext'];
  const LEFT_ALONE = 'script, style, code, pre, textarea, .katex, [translate=no], [contenteditable]';
  const NUMBER = /[-−+]?\d[\d.,]*/g;
  const written = new WeakMap(); // what this script put where, so that it is not looked up again
  const missing = new Set();
  let texts = new Map();
  let patterns = [];

  const plain = (text) => text.replace(/\s+/g, ' ').trim();
  const fill = (text, values) => {
    let next = 0;
    return text.replace(/\{(\d*)\}/g, (_, at) => values[at === '' ? next++ : Number(at)] ?? '');
  };

  // A text as it is, then with {} for its numbers, then by a pattern with {name} for other parts.
  const find = (text) => {
    if (texts.has(text)) return texts.get(text);
    const numbers = text.match(NUMBER) || [];
    const template = text.replace(NUMBER, '{}');
    if (numbers.length && texts.has(template)) return fill(texts.get(template), numbers);
    for (const { form, to } of patterns) {
      const found = form.exec(text);
      if (found) {
        return to.replace(/\{(\w+)\}/g, (_, name) => translated(found.groups[name]) ?? found.groups[name]);
      }
    }
    return null;
  };
  const known = new Map();
  const translated = (text) => {
    if (!known.has(text)) {
      if (known.size > 5000) known.clear();
      known.set(text, find(text));
    }
    return known.get(text);
  };
  const changed = (before) => {
    const text = plain(before);
    if (!/\p{L}{2}/u.test(text)) return null;
    const found = translated(text);
    if (found === null) {
      missing.add(text);
      return null;
    }
    const [, head, tail] = /^(\s*)[^]*?(\s*)$/.exec(before);
    return head + found + tail;
  };

  const onText = (node) => {
    if (written.get(node) === node.data || node.parentElement?.closest(LEFT_ALONE)) return;
    const text = changed(node.data);
    if (text === null) return;
    written.set(node, text);
    node.data = text;
  };
  const onAttribute = (element, name) => {
    const value = element.getAttribute(name);
    const mine = written.get(element) || {};
    if (!value || mine[name] === value || element.closest('[translate=no]')) return;
    const text = changed(value);
    if (text === null) return;
    written.set(element, { ...mine, [name]: text });
    element.setAttribute(name, text);
  };
  const onTree = (root) => {
    if (root.nodeType === Node.TEXT_NODE) return onText(root);
    if (root.nodeType !== Node.ELEMENT_NODE) return;
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node = root; node; node = walker.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) onText(node);
      else ATTRIBUTES.forEach((name) => onAttribute(node, name));
    }
  };

  const start = (catalogue) => {
    for (const [key, value] of Object.entries(catalogue.texts)) {
      if (!/\{[a-z]/.test(key)) {
        texts.set(key, value);
        continue;
      }
      const escaped = key.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
      const form = escaped.replace(/\{([a-z]\w*)\}/g, '(?<$1>.+?)').replaceAll('{}', '[-−+]?\\d[\\d.,]*');
      patterns.push({ form: new RegExp(`^${form}$`, 'u'), to: value });
    }
    document.documentElement.lang = catalogue.language;
    document.title = translated(document.title) ?? document.title;
    onTree(document.body);
    new MutationObserver((changes) => {
      for (const { type, target, addedNodes, attributeName } of changes) {
        if (type === 'characterData') onText(target);
        else if (type === 'attributes') onAttribute(target, attributeName);
        else addedNodes.forEach(onTree);
      }
    }).observe(document.body, {
      attributes: true, attributeFilter: ATTRIBUTES, characterData: true, childList: true,
      subtree: true,
    });
  };

  // The links to other languages keep the rest of the address.
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-language]');
    if (!link) return;
    event.preventDefault();
    const url = new URL(window.location.href);
    if (link.dataset.language === 'en') url.searchParams.delete('lang');
    else url.searchParams.set('lang', link.dataset.language);
    window.location.href = url.href;
  });

  document.documentElement.lang = 'en';
  window.explorerLocale = { missing: () => [...missing] };
  if (!language || !/^[a-z]{2}$/.test(language) || language === 'en') return;
  fetch(`locale/${language}.json`)
    .then((answer) => (answer.ok ? answer.json().then(start) : null))
    .catch(() => null); // the page stays English
}
