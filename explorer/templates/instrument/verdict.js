// The verdict in big words, the rule switch, and the way from eight numbers to two sums.

const FEW = 3; // rules that are always seen; "more" shows the others

const makeVerdict = (part, choose) => {
  let drawn = '';

  const switches = (table) => {
    const keys = table.rules.map(({ key }) => key).join(' ');
    if (keys === drawn) return;
    drawn = keys;
    const [few, others] = split(table.rules);
    const more = make('button', { type: 'button', class: 'in-more', 'aria-expanded': 'false' }, 'more');
    more.addEventListener('click', () => open(more.getAttribute('aria-expanded') === 'false'));
    part('rules').replaceChildren(...few.map(option), more, ...others.map(option));
    others.forEach(({ key }) => { choice(key).parentElement.dataset.other = ''; });
    open(false);
  };
  // The published rule, the raw one and the one without tones first, whatever the table's order.
  const split = (rules) => {
    const first = ['discriminative_prior_shift', 'discriminative', 'independent']
      .flatMap((key) => rules.filter((rule) => rule.key === key));
    const few = first.length === FEW ? first : rules.slice(0, FEW);
    return [few, rules.filter((rule) => !few.includes(rule))];
  };
  const option = ({ key, name }) => {
    const input = make('input', { type: 'radio', name: 'in-rule', value: key });
    input.addEventListener('change', () => choose({ rule: key }));
    return make('label', {}, input, make('span', {}, name));
  };
  const choice = (key) => part('rules').querySelector(`input[value="${key}"]`);
  const open = (all) => {
    const more = part('rules').querySelector('.in-more');
    more.setAttribute('aria-expanded', String(all));
    put(more, all ? 'fewer' : 'more');
    part('rules').querySelectorAll('[data-other]').forEach((label) => { label.hidden = !all; });
  };

  const draw = (table, rule) => {
    switches(table);
    const input = choice(rule.key);
    if (!input.checked) { // chosen by a link or a key; a later drawing opens nothing again
      input.checked = true;
      if (input.parentElement.hidden) open(true);
    }
    put(part('says'), rule.says);
    put(part('term'), rule.term);
    part('why').hidden = rule.key !== table.rules[0].key;
    put(part('weights'), table.weights.label || '…');
    const done = table.skins.filter((_, at) => table.known(at)).length;
    put(part('finding'), table.complete ? rule.finding : `${done} of ${table.skins.length} skins are computed …`);
  };

  const move = (table, rule, skin, cutoff) => {
    const says = verdictOf(table, rule, skin);
    part('verdict').dataset.decision = says.p === null ? '' : says.decision;
    const none = table.known(skin) ? 'no answer' : 'not computed yet';
    put(part('sign'), says.p === null ? '' : SIGNS[says.decision]);
    put(part('decision'), says.p === null ? none : says.decision);
    put(part('probability'), says.p === null ? '' : `P = ${chance(says.p)}`);
    put(part('range'), ranged(table, rule, skin));
    const published = table.rule(table.rules[0].key, cutoff);
    const first = verdictOf(table, published, skin);
    const beside = first.p === null ? '' : `Published rule: ${first.decision}, P = ${chance(first.p)}`;
    put(part('beside'), rule === published ? 'This is the study’s own rule.' : beside);
    part('beside').dataset.differs = String(rule !== published && first.malignant !== says.malignant);
    bars(part('bars'), table, rule, says);
  };
  // The eight orientations were computed for the picture as it is.
  const ranged = (table, rule, skin) => {
    if (table.known(skin) && rule.p[skin] === null) return 'This rule needs the tone of the skin, and none was found.';
    const [low, high] = table.range?.[rule.key] ?? [];
    if (low === undefined) return '';
    if (skin !== table.own) return `Range: computed at ${degrees(table.skins[table.own].target)}° only`;
    return `${chance(low)} to ${chance(high)} over n = 8 orientations`;
  };

  const spoken = (table, rule, skin) => {
    const { decision, p } = verdictOf(table, rule, skin);
    if (p !== null) put(part('spoken'), `${rule.name}: ${decision}, ${chance(p)}`);
  };
  return { draw, move, spoken };
};

// Eight parts, a pair per tone group, then their two sums; logits may be below zero.
const BARS = { width: 344, height: 150, top: 16, bottom: 22, pair: 64, sums: [288, 324] };
const bars = (svg, table, rule, { parts, scores }) => {
  if (!svg.firstChild) makeBars(svg, table);
  svg.dataset.empty = String(!parts);
  if (!parts) return;
  const [high, low] = [Math.max(0, ...parts, ...scores), Math.min(0, ...parts, ...scores)];
  const room = BARS.height - BARS.top - BARS.bottom;
  const digits = digitsOf(Math.max(...scores.map(Math.abs)));
  const y = (value) => BARS.top + (room * (high - value)) / (high - low || 1);
  [...parts, ...scores].forEach((value, at) => {
    const bar = svg.querySelector(`[data-bar="${at}"]`);
    const [from, to] = [Math.min(y(0), y(value)), Math.max(y(0), y(value))];
    bar.setAttribute('y', from);
    bar.setAttribute('height', Math.max(to - from, 0.75));
    if (at < 8) return;
    const label = svg.querySelector(`[data-sum="${at}"]`);
    put(label, number(value, digits));
    label.setAttribute('y', Math.max(from - 3, 10));
  });
  const line = svg.querySelector('.in-zero');
  line.setAttribute('y1', y(0));
  line.setAttribute('y2', y(0));
  const [benign, malignant] = scores.map((value) => number(value, digits));
  setting(svg, 'aria-label',
    `Eight numbers, one benign and one malignant per tone group, sum to benign ${benign}, malignant ${malignant}`);
};
// Three digits behind the point of a small number, none of a large one.
const digitsOf = (value) => [1, 10, 100].filter((each) => value < each).length;
const makeBars = (svg, { groups }) => {
  svg.setAttribute('viewBox', `0 0 ${BARS.width} ${BARS.height}`);
  const base = BARS.height - BARS.bottom;
  const hatched = hatch('in-hatch-strong');
  const bar = (at, x, width) => drawing('rect', {
    'data-bar': at, x, width, y: base, height: 1, class: `in-bar ${called(at % 2)}`,
    ...(at % 2 ? { fill: hatched.fill } : {}),
  });
  const pairs = Array.from({ length: 8 }, (_, at) => (
    bar(at, BARS.pair * Math.floor(at / 2) + (at % 2 ? 33 : 11), 20)));
  const label = (x, text, attributes = {}) => drawing('text', {
    x, y: base + 15, 'text-anchor': 'middle', ...attributes,
  }, text);
  svg.append(hatched.defs, ...pairs,
    label(262, '→', { y: base - 40, class: 'in-arrow' }),
    ...BARS.sums.map((x, at) => bar(8 + at, x - 14, 28)),
    drawing('line', { x1: 0, x2: BARS.width, class: 'in-zero' }),
    ...BARS.sums.map((x, at) => label(x, '', { 'data-sum': 8 + at, class: 'in-sum' })),
    ...groups.map((name, group) => label(32 + BARS.pair * group, name.replace(/, .* and /, '–'))),
    ...BARS.sums.map((x, at) => label(x, `${SIGNS[called(at)]}`)),
    label(0, 'Each tone group’s part, then the sums', { y: 10, 'text-anchor': 'start' }));
};
