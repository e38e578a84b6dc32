// Figures of the instrument elsewhere on the page: [data-instrument="picture|pair|bars|rule|
// decision|strip"]. Those in sight follow at once, the others when they come into sight.

const FIGURES = {
  picture: {
    make: () => [pictureOf('now')],
    show: (node, look, painter) => paintOne(node, 'now', look, look.skin, painter),
  },
  pair: {
    make: () => [pictureOf('own'), pictureOf('now')],
    show: (node, look, painter) => {
      paintOne(node, 'own', look, look.table.own, painter);
      paintOne(node, 'now', look, look.skin, painter);
    },
  },
  bars: {
    make: () => [gridOf('Eight numbers, one per tone group and class', ['Tone group', 'benign', 'malignant'])],
    show: (node, look) => eight(node, look, ({ numbers }) => numbers),
  },
  rule: {
    make: () => [gridOf('Each number times its weight, then summed', ['Tone group', 'benign', 'malignant'], true)],
    show: (node, look) => {
      eight(node, look, ({ parts }) => parts, ({ numbers, factors }, at) => (
        `${number(numbers[at], 3)} × ${number(factors[at], factors[at] >= 10 ? 0 : 2)}`));
      look.verdict.scores.forEach((score, at) => {
        put(slot(node, `sum${at}`), number(score, digitsOf(Math.abs(score))));
      });
    },
  },
  decision: {
    make: () => [make('p', { class: 'in-decision' }, make('i', { 'data-slot': 'sign', 'aria-hidden': 'true' }),
      ' ', make('b', { 'data-slot': 'decision' }), ' ', make('span', { 'data-slot': 'p' })),
    make('p', { 'data-slot': 'because' }), make('p', {}, make('span', { 'data-slot': 'by' }), '; ',
      make('span', { 'data-slot': 'weights' }))],
    show: (node, { table, rule, verdict }) => {
      sayVerdict(node, verdict);
      put(slot(node, 'by'), rule.name);
      put(slot(node, 'weights'), table.weights.label);
      if (!isOwn(rule.cutoff)) {
        put(slot(node, 'because'), because(rule, verdict));
        return;
      }
      const digits = digitsOf(Math.max(...verdict.scores.map(Math.abs)));
      const [benign, malignant] = verdict.scores.map((score) => number(score, digits));
      put(slot(node, 'because'), verdict.malignant
        ? `${malignant} for malignant is more than ${benign} for benign.`
        : `${malignant} for malignant is not more than ${benign} for benign.`);
    },
  },
  strip: {
    make: () => [make('canvas', { 'data-slot': 'now', 'aria-hidden': 'true' }),
      make('span', { 'data-slot': 'skin' }),
      make('span', {}, make('i', { 'data-slot': 'sign', 'aria-hidden': 'true' }), ' ',
        make('b', { 'data-slot': 'decision' })),
      make('span', { 'data-slot': 'p' }), make('span', { 'data-slot': 'rule' })],
    show: (node, { table, rule, skin, verdict }, painter) => {
      painter.onto(slot(node, 'now'), skin);
      sayVerdict(node, verdict);
      const { name, target } = table.skins[skin];
      put(slot(node, 'skin'), name ? `${name}, ${degrees(target)}°` : 'no skin found');
      put(slot(node, 'rule'), rule.name);
    },
  },
};

const slot = (node, name) => node.querySelector(`[data-slot="${name}"]`);
const pictureOf = (name) => make('figure', {},
  make('canvas', { 'data-slot': name, role: 'img', 'aria-label': 'The lesion' }),
  make('figcaption', { 'data-slot': `${name}-skin` }));
const paintOne = (node, name, { table }, skin, painter) => {
  painter.onto(slot(node, name), skin);
  const { name: tone, target } = table.skins[skin];
  const told = tone ? `${tone}, ${degrees(target)}°` : 'no skin found';
  put(slot(node, `${name}-skin`), skin === table.own ? `${told}, as it is` : told);
  setting(slot(node, name), 'aria-label', pictureLabel(table.skins[skin]));
};
const sayVerdict = (node, { p, decision }) => {
  node.dataset.decision = decision;
  put(slot(node, 'sign'), SIGNS[decision]);
  put(slot(node, 'decision'), decision);
  put(slot(node, 'p'), `P = ${chance(p)}`);
};

// A table of four tone groups by two classes, each number with a bar.
const gridOf = (caption, heads, sums = false) => {
  const cells = (group) => [0, 1].map((y) => make('td', {},
    make('i', { class: `in-length ${called(y)}`, 'data-slot': `bar${2 * group + y}` }),
    make('small', { 'data-slot': `how${2 * group + y}` }),
    make('span', { 'data-slot': `number${2 * group + y}` })));
  const rows = [0, 1, 2, 3].map((group) => make('tr', {},
    make('th', { scope: 'row', 'data-slot': `group${group}` }), ...cells(group)));
  const total = make('tr', { class: 'in-total' }, make('th', { scope: 'row' }, 'Sum'),
    ...[0, 1].map((y) => make('td', {}, make('b', { 'data-slot': `sum${y}` }))));
  return make('table', { class: 'in-grid' }, make('caption', {}, caption),
    make('thead', {}, make('tr', {}, ...heads.map((head) => make('th', { scope: 'col' }, head)))),
    make('tbody', {}, ...rows, ...(sums ? [total] : [])));
};
const eight = (node, { table, verdict }, values, how = () => '') => {
  const all = values(verdict);
  const most = Math.max(...all.map(Math.abs)) || 1;
  table.groups.forEach((name, group) => put(slot(node, `group${group}`), name));
  all.forEach((value, at) => {
    slot(node, `bar${at}`).style.width = `${(100 * Math.abs(value)) / most}%`;
    put(slot(node, `how${at}`), how(verdict, at));
    put(slot(node, `number${at}`), number(value, digitsOf(Math.abs(value))));
  });
};

const makeFigures = (painter, section) => {
  let look = null;
  const near = new Set();
  const shown = new WeakMap(); // what each figure shows
  const fill = (node) => {
    if (!look || look.verdict.p === null || shown.get(node) === look) return;
    const figure = FIGURES[node.dataset.instrument];
    if (!figure) return;
    if (!node.firstElementChild) node.replaceChildren(...figure.make());
    figure.show(node, look, painter);
    shown.set(node, look);
  };
  const watching = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) near.add(target); else near.delete(target);
      if (isIntersecting) fill(target);
    }
  }, { rootMargin: '300px' });
  const seen = new WeakSet();
  const find = () => {
    document.querySelectorAll('[data-instrument]').forEach((node) => {
      if (seen.has(node)) return;
      seen.add(node);
      watching.observe(node);
    });
  };
  let due = 0; // Gradio writes parts of the page anew at any time
  new MutationObserver(() => {
    due ||= setTimeout(() => { due = 0; find(); }, 60);
  }).observe(document.body, { childList: true, subtree: true });
  find();

  // The strip appears where the instrument has been scrolled past.
  new IntersectionObserver(([{ isIntersecting, boundingClientRect: { bottom, height } }]) => {
    document.body.classList.toggle('past-instrument', !isIntersecting && height > 0 && bottom < 1);
  }).observe(section);

  const show = (now) => {
    if (!look) setTimeout(() => document.querySelectorAll('[data-instrument]').forEach(fill)); // once
    look = now;
    near.forEach((node) => (node.isConnected ? fill(node) : near.delete(node)));
  };
  return { show };
};
