// P(malignant), or the log-odds, over all skins: computed stops and straight lines between them,
// the line where the decision turns, its flips, the picture's own skin, and a dot that moves.

const EDGE = { left: 34, right: 12, top: 20, bottom: 30 };
const TICK = { p: [0, 0.5, 1] };

// Digits behind the point of a probability that may be small.
const precise = (p) => (Math.min(p, 1 - p) < 0.1 ? 3 : 2);

const makeCurve = (part, choose) => {
  const svg = part('curve');
  const layers = Object.fromEntries(['area', 'tones', 'axes', 'band', 'line', 'flips', 'own', 'now']
    .map((name) => [name, drawing('g', { class: `in-${name}` })]));
  const guide = drawing('line', { class: 'in-guide' });
  const dot = drawing('g', { class: 'in-dot' });
  layers.now.append(guide, dot);
  const hatched = hatch('in-hatch');
  svg.append(hatched.defs, ...Object.values(layers));
  let shown = null; // {table, rule, axis, x, y, width, height, half}

  const scales = (table, rule, axis) => {
    const { width, height } = svg.getBoundingClientRect();
    const targets = table.skins.map(({ target }) => target);
    const [light, dark] = [targets[0], targets[targets.length - 1]];
    const values = rule[axis].filter((value) => value !== null);
    const { p, log_odds: odds } = rule.cutoff;
    const reach = axis === 'p' ? [0, 1]
      : [Math.min(odds - 1, ...values), Math.max(odds + 1, ...values)];
    const spare = axis === 'p' ? 0 : (reach[1] - reach[0]) * 0.06;
    const [low, high] = [reach[0] - spare, reach[1] + spare];
    const inner = { width: width - EDGE.left - EDGE.right, height: height - EDGE.top - EDGE.bottom };
    return {
      width,
      height,
      half: axis === 'p' ? p : odds,
      ticks: TICK[axis] ?? ticks(low, high),
      x: (target) => EDGE.left + (inner.width * (light - target)) / (light - dark || 1),
      y: (value) => EDGE.top + (inner.height * (high - value)) / (high - low),
    };
  };
  const ticks = (low, high) => {
    const step = [1, 2, 5, 10, 20, 50, 100].find((each) => (high - low) / each <= 6) ?? 200;
    const first = Math.ceil(low / step);
    return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
  };

  const draw = (table, rule, axis) => {
    shown = { table, rule, axis, ...scales(table, rule, axis) };
    const { width, height } = shown;
    if (!width || !height) return;
    if (table.skins.length < 2) return alone();
    svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
    drawAxes();
    drawLine();
    drawFlips();
    describe();
    return flat();
  };

  // No skin was found in the picture: there is no other skin to go to.
  const alone = () => {
    Object.values(layers).forEach((layer) => layer !== layers.now && layer.replaceChildren());
    dot.replaceChildren();
    part('flat').hidden = false;
    put(part('flat'), 'No skin was found in this picture, so there is no other skin to show.');
  };

  const drawAxes = () => {
    const { table, axis, x, y, width, height, half, ticks: marks } = shown;
    const [left, right, bottom] = [EDGE.left, width - EDGE.right, height - EDGE.bottom];
    const middle = y(half);
    layers.area.replaceChildren(
      drawing('rect', { x: left, y: EDGE.top, width: right - left, height: middle - EDGE.top, fill: hatched.fill }),
      ...[['malignant', EDGE.top + 16, middle - 8], ['benign', bottom - 8, middle + 18]]
        .filter(([word]) => (word === 'benign' ? bottom - middle : middle - EDGE.top) > 24)
        .map(([word, far, near]) => drawing('text', {
          x: right - 6, y: crossed(far) ? near : far, 'text-anchor': 'end',
        }, `${SIGNS[word]} ${word}`)));
    const { skins } = table;
    const edges = skins.map(({ target }, at) => x((target + (skins[at - 1] ?? skins[at]).target) / 2));
    layers.tones.replaceChildren(...skins.map(({ css }, at) => drawing('rect', {
      x: edges[at], y: bottom + 1, height: 8, fill: css,
      width: (edges[at + 1] ?? right) - edges[at] + 0.5,
    })));
    const lines = marks.map((value) => drawing('line', {
      x1: left, x2: right, y1: y(value), y2: y(value), class: value === half ? 'in-half' : 'in-rung',
    }));
    const labels = marks.map((value) => drawing('text', {
      x: left - 6, y: y(value) + 4, 'text-anchor': 'end',
    }, number(value, axis === 'p' && value === 0.5 ? 1 : 0)));
    if (!marks.includes(half)) { // a cut-off that is no round number
      const text = `cut-off ${number(half, axis === 'p' ? precise(half) : 1)}`;
      lines.push(drawing('line', { x1: left, x2: right, y1: middle, y2: middle, class: 'in-half' }));
      labels.push(drawing('text', { x: left + 6, y: middle + (roomAbove(middle) ? -6 : 16) }, text));
    }
    const inside = ({ target }) => x(target) > left + 10 && x(target) < right - 10;
    const tens = [60, 40, 20, 0, -20, -40, -60].filter((target) => inside({ target })
      && target < skins[0].target && target > skins[skins.length - 1].target);
    layers.axes.replaceChildren(...lines, ...labels, ...tens.map((target) => drawing('text', {
      x: x(target), y: bottom + 23, 'text-anchor': 'middle',
    }, `${degrees(target)}°`)));
  };

  // Whether a name fits above a level: below the top, and not on that of the picture's own skin.
  const roomAbove = (level) => {
    const { table, rule, axis, x, y } = shown;
    const own = y(rule[axis][table.own] ?? Infinity);
    const near = x(table.skins[table.own].target) < 150 && own < level + 8 && own > level - 36;
    return level - EDGE.top > 24 && !near;
  };

  // Whether the line runs through a word at the right end, at this height.
  const crossed = (height) => {
    const { table, rule, axis, x, y, width } = shown;
    return table.skins.some(({ target }, at) => rule[axis][at] !== null
      && x(target) > width - 120 && Math.abs(y(rule[axis][at]) - height + 5) < 16);
  };

  const drawLine = () => {
    const { table, rule, axis, x, y, height } = shown;
    const at = table.skins.map(({ target }, skin) => [x(target), rule[axis][skin]]);
    const done = at.filter(([, value]) => value !== null);
    const path = done.map(([px, value], i) => `${i ? 'L' : 'M'}${px} ${y(value)}`).join('');
    layers.line.replaceChildren(
      drawing('path', { d: path, class: table.complete ? 'in-path' : 'in-path in-coarse' }),
      ...done.map(([px, value]) => drawing('circle', { cx: px, cy: y(value), r: 2.2 })),
      ...at.filter(([, value]) => value === null).map(([px]) => drawing('line', {
        x1: px, x2: px, y1: height - EDGE.bottom - 6, y2: height - EDGE.bottom, class: 'in-missing',
      })));
    const { controls } = table.columns;
    const band = controls?.[rule.key]?.[axis];
    layers.band.replaceChildren(...(band ? [drawing('path', { d: around(band) })] : []));
  };
  // A closed path around [low, high] at every skin, without those that are not there.
  const around = (band) => {
    const { table, x, y } = shown;
    const there = band.map((ends, skin) => ends && [x(table.skins[skin].target), ...ends])
      .filter(Boolean);
    const upper = there.map(([px, , high]) => `${px} ${y(high)}`);
    const lower = there.map(([px, low]) => `${px} ${y(low)}`).reverse();
    return `M${[...upper, ...lower].join('L')}Z`;
  };

  const drawFlips = () => {
    const { table, rule, axis, x, y, width, height } = shown;
    let last = -Infinity;
    layers.flips.replaceChildren(...rule.flips.flatMap((target) => {
      const px = x(target);
      const row = px - last < 36 ? 1 : 0;
      last = row ? -Infinity : px;
      return [
        drawing('line', { x1: px, x2: px, y1: EDGE.top, y2: height - EDGE.bottom }),
        drawing('text', {
          x: Math.min(Math.max(px, EDGE.left + 14), width - 16), y: EDGE.top - 6 + 16 * row,
          'text-anchor': 'middle',
        }, `${degrees(target)}°`),
      ];
    }));
    drawOwn();
  };
  // A diamond at the picture as it is; its name above, on the side to which the line falls.
  const drawOwn = () => {
    const { table, rule, axis, x, y, width } = shown;
    const value = rule[axis][table.own];
    const px = x(table.skins[table.own].target);
    const next = rule[axis][table.own + 1] ?? value;
    const start = px < 90 || (px < width - 90 && next <= value);
    layers.own.replaceChildren(...(value === null ? [] : [
      drawing('path', { d: `M${px} ${y(value) - 8}l7 8l-7 8l-7 -8z` }),
      drawing('text', {
        x: px + (start ? 8 : -8), 'text-anchor': start ? 'start' : 'end',
        y: Math.max(y(value) - 12, EDGE.top + 14),
      }, 'as it is'),
    ]));
  };

  const describe = () => {
    const { table, rule } = shown;
    const known = rule.p.filter((value) => value !== null);
    if (!known.length) return;
    const ends = `${chance(Math.min(...known))} to ${chance(Math.max(...known))}`;
    const turns = rule.flips.map((target) => `${degrees(target)}°`).join(', ');
    const flips = turns ? `The decision flips at ${turns}.` : 'The decision never flips.';
    setting(svg, 'aria-label',
      `${rule.name}: P(malignant) from ${ends} over ${known.length} skins. ${flips}`);
    setting(svg, 'data-id', table.id);
  };

  // A flat line is not fairness: where a rule is saturated the page says so.
  const flat = () => {
    const { table, rule, axis } = shown;
    const values = rule.log_odds.filter((value) => value !== null);
    const told = table.complete && rule.saturated && (axis === 'p' || isOwn(rule.cutoff));
    part('flat').hidden = !told;
    if (!told) return;
    const [p] = rule.p.filter((value) => value !== null);
    const ends = [Math.min(...values), Math.max(...values)].map((value) => number(value, 1));
    put(part('flat'), axis === 'p'
      ? `Flat at ${number(p, 3)}: this is saturation, not fairness. The log-odds move.`
      : `Log-odds from ${ends[0]} to ${ends[1]}: they move, P cannot. Saturation, not fairness.`);
    part('flat').dataset.below = String(p > 0.5);
  };

  const move = (skin) => {
    const { table, rule, axis, x, y, width, height } = shown;
    if (!width || table.skins.length < 2 || rule[axis][skin] === null) return;
    const [px, py] = [x(table.skins[skin].target), y(rule[axis][skin])];
    for (const [name, value] of Object.entries({
      x1: px, x2: px, y1: EDGE.top, y2: height - EDGE.bottom,
    })) guide.setAttribute(name, value);
    dot.setAttribute('transform', `translate(${px} ${py})`);
    if (dot.dataset.decision !== called(rule.malignant[skin])) {
      dot.dataset.decision = called(rule.malignant[skin]);
      dot.replaceChildren(rule.malignant[skin]
        ? drawing('path', { d: 'M0 -11L10 7L-10 7Z' }) : drawing('circle', { r: 8.5 }));
    }
  };

  const pick = ({ clientX }) => {
    const { table, x } = shown;
    const px = clientX - svg.getBoundingClientRect().left;
    const far = table.skins.map(({ target }, at) => (table.known(at) ? Math.abs(x(target) - px) : Infinity));
    choose({ skin: far.indexOf(Math.min(...far)) });
  };
  dragging(svg, pick, () => shown && stopNear(shown.table, 0) >= 0);

  new ResizeObserver(() => {
    if (shown) choose({ resized: true });
  }).observe(svg);
  return { draw, move };
};

// A hatching of its own for each drawing: one that is shared is gone when its owner is hidden.
let hatches = 0;
const hatch = (name) => {
  const id = `in-hatch-${(hatches += 1)}`;
  const lines = drawing('pattern', {
    id, width: 7, height: 7, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)', class: name,
  }, drawing('rect', { width: 7, height: 7 }), drawing('line', { y2: 7 }));
  return { defs: drawing('defs', {}, lines), fill: `url(#${id})` };
};
