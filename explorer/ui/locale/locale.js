// The page in another language, `?lang=hr`: every text and label is looked up in
// assets/locale/LANGUAGE.json as it appears, whichever part of the page writes it.
() => {
  const language = new URL(window.location.href).searchParams.get('lang');
  const ATTRIBUTES = ['aria-label', 'alt', 'title', 'placeholder', 'aria-valuetext'];
  const LEFT_ALONE = 'script, style, code, pre, textarea, .katex, [translate=no], '
    + '[contenteditable]';
  const OTHERS = '[translate=no]';
  const NUMBER = /[-−+]?\d(?:[\d.,]*\d)?/g;
  const LONGEST = 900; // characters of a text that patterns are tried on
  const written = new WeakMap(); // what this script put where, so that it is not looked up again
  const missing = new Set();
  const [texts, patterns] = [new Map(), []];

  const plain = (text) => text.replace(/\s+/g, ' ').trim();
  const fill = (text, values) => {
    let next = 0;
    return text.replace(/\{(\d*)\}/g, (_, at) => values[at === '' ? next++ : Number(at)] ?? '');
  };

  // A text as it is, then with {} for its numbers, then by a pattern with {name} for other parts.
  const looked = new Map();
  const whole = (text) => {
    if (looked.size > 20000) looked.clear();
    if (!looked.has(text)) looked.set(text, lookUp(text));
    return looked.get(text);
  };
  const exact = (text) => {
    if (texts.has(text)) return texts.get(text);
    const template = text.replace(NUMBER, '{}');
    return texts.has(template) ? fill(texts.get(template), text.match(NUMBER) || []) : null;
  };
  const lookUp = (text) => {
    const same = exact(text);
    if (same !== null || text.length > LONGEST) return same;
    for (const { form, literal, to } of patterns) {
      const found = text.includes(literal) && form.exec(text)?.groups;
      if (found) {
        const next = Object.entries(found).filter(([name]) => name.startsWith('n_'));
        const inner = (_, name) => translated(found[name]) ?? found[name];
        return fill(to, next.map(([, value]) => value)).replace(/\{([a-z]\w*)\}/g, inner);
      }
    }
    return null;
  };
  const lettered = (text) => /\p{L}{2}/u.test(text);
  // Else by its sentences, of which some may stay English, or by the parts of a list, all or none.
  const find = (text) => {
    const found = whole(text);
    if (found !== null) return found;
    const sentences = text.split(/(?<=[.!?:;]) (?=[\p{Lu}"“])/u);
    if (sentences.length > 1) {
      const each = sentences.map((one) => (lettered(one) ? translated(one) : one));
      if (each.some((one, i) => one !== null && lettered(sentences[i]))) {
        each.forEach((one, i) => { if (one === null) missing.add(sentences[i]); });
        return each.map((one, i) => one ?? sentences[i]).join(' ');
      }
    }
    return listed(text.split(SEPARATORS));
  };
  const SEPARATORS = /(; |, | · |: | → | − | × |\(|\)|\[|\]| \/ |\. (?=\p{Ll})|[.;]$)/u;
  const TOGETHER = 9; // parts of a list, separators among them, that may be one text
  const TAIL = /^(?!.*[.,]$)(.*?\p{L}.*?) ([-−]?\d[\d.,]*(?: to [-−]?\d[\d.,]*)?(?: ?[%°])?)$/u;
  const part = (text, look) => {
    const [, head, tail] = TAIL.exec(text) ?? [];
    const named = head && look(head); // what a figure says of a value, then the value
    return look(text) ?? (named ? `${named} ${exact(tail) ?? tail}` : null);
  };
  // The longest text of the catalogue that begins at a part, and the next part's number.
  const longest = (parts, at) => {
    for (let end = Math.min(at + TOGETHER, parts.length); end > at; end -= 2) {
      const some = parts.slice(at, end).join('');
      const found = part(some.trim(), end === at + 1 ? whole : exact);
      if (found !== null) return [found + /\s*$/.exec(some)[0], end];
    }
    return [null, parts.length];
  };
  const listed = (parts) => {
    const done = [];
    for (let at = 0, next; at < parts.length && next !== null; done.push(next)) {
      [next, at] = lettered(parts[at]) ? longest(parts, at) : [parts[at], at + 1];
    }
    return done.includes(null) ? null : done.join('');
  };
  const known = new Map();
  const translated = (text) => {
    if (!known.has(text)) {
      if (known.size > 5000) known.clear();
      known.set(text, find(text));
    }
    return known.get(text);
  };
  // 6,562 and 0.72 as the language writes them; not in names such as CC BY 4.0 or arXiv 1911.11834,
  // nor where a script writes numbers in the language by itself.
  const FIGURE = /(?<![\p{L}\d.,/_]|[\p{L}\d]-)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(?![\p{L}\d_/]|[.,]\d)/gu;
  const NAMED = /(?:CC|BY|BY-NC|arXiv|Apache|Python|[Vv]ersion)[ -]$/;
  const OWN = '#instrument, [data-instrument], #lecture';
  let signs = { group: ',', decimal: '.' };
  const numbers = (text, element) => (element?.closest(OWN) ? text
    : text.replace(FIGURE, (same, whole, part, at) => (NAMED.test(text.slice(0, at)) ? same
      : whole.replaceAll(',', signs.group) + (part ?? '').replace('.', signs.decimal)))
      .replace(/(\d,\d+), (?=[-−+]?\d+,\d)/g, '$1; ')); // two such numbers in a row
  const changed = (before, element) => {
    const text = plain(before);
    const found = lettered(text) ? translated(text) : null;
    if (found === null && lettered(text)) [text, numbers(text)].forEach((each) => missing.add(each));
    const [, head, tail] = /^(\s*)[^]*?(\s*)$/.exec(before);
    const after = numbers(found === null ? before : head + found + tail, element);
    return after === before ? null : after;
  };

  // A drawing breaks its texts into lines, each a node: several may be one text of the catalogue.
  const DRAWN = 'svg.main-svg text, figure svg';
  const drawn = (container) => {
    const walker = document.createTreeWalker(container, NodeFilter.SHOW_TEXT);
    const nodes = [];
    while (walker.nextNode()) {
      const { currentNode: node } = walker;
      if (node.parentElement.closest('title')) continue;
      if (lettered(node.data)) nodes.push(node);
      else alone(node); // a tick of an axis
    }
    for (let at = 0; at < nodes.length; at += 1) {
      for (let end = Math.min(at + 6, nodes.length); end > at + 1; end -= 1) {
        const some = nodes.slice(at, end);
        if (some.some((node) => written.get(node) === node.data)) continue;
        // a pattern could take lines of different texts together
        const found = exact(plain(some.map(({ data }) => data).join(' ')));
        if (found === null) continue;
        spread(numbers(found, some[0].parentElement), some);
        at = end - 1;
        break;
      }
      if (written.get(nodes[at]) !== nodes[at].data) alone(nodes[at]);
    }
  };
  // As many lines as before, of about equal length.
  const spread = (text, nodes) => {
    const words = text.split(' ');
    nodes.forEach((node, index) => {
      const left = words.join(' ').length / (nodes.length - index);
      let line = words.shift() ?? '';
      const last = index === nodes.length - 1;
      while (words.length && (last || line.length + words[0].length / 2 < left)) {
        line += ` ${words.shift()}`;
      }
      written.set(node, line);
      node.data = line;
    });
  };
  const drawings = new Set();
  const onText = (node) => {
    if (written.get(node) === node.data || node.parentElement?.closest(LEFT_ALONE)) return;
    const container = node.parentElement?.closest(DRAWN);
    if (!container || node.parentElement.closest('title')) {
      alone(node);
    } else if (!drawings.size) { // its lines appear one by one: once, when all are there
      drawings.add(container);
      queueMicrotask(() => {
        const all = [...drawings];
        drawings.clear();
        all.forEach(drawn);
      });
    } else {
      drawings.add(container);
    }
  };
  const alone = (node) => {
    const text = changed(node.data, node.parentElement);
    if (text === null) return;
    written.set(node, text);
    node.data = text;
  };
  const onAttribute = (element, name) => {
    const value = element.getAttribute(name);
    const mine = written.get(element) || {};
    if (!value || mine[name] === value || element.closest(OTHERS)) return;
    const text = changed(value, element);
    if (text === null) return;
    written.set(element, { ...mine, [name]: text });
    element.setAttribute(name, text);
  };
  let spent = 0; // ms
  const onTree = (root) => {
    const begun = performance.now();
    walk(root);
    spent += performance.now() - begun;
  };
  const walk = (root) => {
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
      let count = 0;
      const form = escaped.replace(/\{([a-z]\w*)\}/g, '(?<$1>.+?)')
        .replace(/\{\}/g, () => `(?<n_${count++}>[-−+]?\\d(?:[\\d.,]*\\d)?)`);
      const literal = key.split(/\{\w*\}/).reduce((a, b) => (b.length > a.length ? b : a));
      patterns.push({ form: new RegExp(`^${form}$`, 'u'), literal, to: value });
    }
    document.documentElement.lang = catalogue.language;
    const parts = new Intl.NumberFormat(catalogue.language).formatToParts(12345.6);
    signs = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
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
  window.explorerLocale = {
    missing: () => [...missing],
    spent: () => spent,
    text: (english) => translated(plain(english)) ?? english, // for what no element of the page says
  };
  if (!language || !/^[a-z]{2}$/.test(language) || language === 'en') return;
  fetch(`locale/${language}.json`)
    .then((answer) => (answer.ok ? answer.json().then(start) : null))
    .catch(() => null); // the page stays English
}
