// What the instrument's parts share: texts that are written only when they change, numbers in the
// page's language, and the table as it is read from JSON.

const SIGNS = { malignant: '▲', benign: '●' };

const written = new WeakMap();
// The page's translation changes a text after it was put, so the last English one is remembered.
const put = (node, text) => {
  if (written.get(node) === text) return;
  written.set(node, text);
  node.textContent = text;
};
const setting = (node, name, value) => {
  const known = written.get(node) || written.set(node, {}).get(node);
  if (known[name] === value) return;
  known[name] = value;
  node.setAttribute(name, value);
};

const formats = new Map();
const number = (value, digits) => {
  const { lang } = document.documentElement;
  const key = `${lang} ${digits}`;
  if (!formats.has(key)) {
    const each = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    formats.set(key, new Intl.NumberFormat(lang || 'en', { ...each, useGrouping: false }));
  }
  return formats.get(key).format(value).replace('−', '-').replace(/^-(0([.,]0*)?)$/, '$1');
};
// Two digits, three where two would hide on which side of a half or how near to an end it is.
const chance = (p) => {
  const close = Math.min(p, 1 - p, Math.abs(p - 0.5));
  return number(p, close < 0.005 ? 3 : 2);
};
const degrees = (target) => number(target ?? 0, 0);
const called = (malignant) => (malignant ? 'malignant' : 'benign');

const pictureLabel = ({ name, target }) => (
  name ? `The lesion on ${name} skin, ${degrees(target)} degrees` : 'The lesion as it is');

const drawing = (tag, attributes = {}, ...children) => {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
};
const make = (tag, attributes = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
};

const bytes = (base64) => Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));

// The table as it came, or null; Gradio says '' for none. The optional columns of other analyses
// (evidence maps, negative controls, refusals) are read here and nowhere else: null draws nothing.
// controls: by rule and axis ('p', 'log_odds') a pair [low, high] or null per skin, drawn as a band.
// A rule is looked up as it is, or at its cut-off for the same sensitivity where it has one.
const readTable = (value) => {
  if (!value || !value.skins) return null;
  const { evidence = null, controls = null, refusal = null } = value.columns ?? {};
  const rules = value.rules.map((rule) => ({
    ...rule, parts: rule.parts ?? (rule.sums_logits ? value.logits : value.joint), // by weights of 1
  }));
  const same = rules.map((rule) => (rule.same ? {
    ...rule,
    ...rule.same,
    statement: rule.statement.replace(rule.decided, () => rule.same.decided)
      .replace(rule.finding, () => rule.same.finding),
  } : rule));
  const found = (all, key) => all.find((rule) => rule.key === key) ?? all[0];
  return {
    ...value,
    rules,
    columns: { evidence, controls, refusal },
    bytes: value.tables ? bytes(value.tables) : null,
    rule: (key, cutoff) => found(cutoff === 'same' ? same : rules, key),
    known: (index) => Boolean(value.logits[index]),
  };
};

// What a rule says at one skin.
const verdictOf = (table, rule, skin) => ({
  p: rule.p[skin], // null where nothing was computed, or the rule needs a tone and there is none
  malignant: rule.malignant[skin],
  decision: called(rule.malignant[skin]),
  logOdds: rule.log_odds[skin],
  scores: rule.scores[skin],
  parts: rule.parts[skin],
  factors: typeof rule.factors?.[0] === 'number' ? rule.factors : rule.factors?.[skin] ?? null,
  numbers: rule.sums_logits ? table.logits[skin] : table.joint[skin],
});

// The computed stop nearest to a wanted one; going one way, the next on that way if there is one.
const stopNear = (table, wanted, way = 0) => {
  const last = table.skins.length - 1;
  const from = Math.min(Math.max(wanted, 0), last);
  if (way) {
    for (let at = from; at >= 0 && at <= last; at += way) if (table.known(at)) return at;
  }
  for (let far = 0; far <= last; far += 1) {
    for (const at of [from - far, from + far]) {
      if (at >= 0 && at <= last && table.known(at)) return at;
    }
  }
  return -1;
};
const stopAt = (table, target) => {
  const far = table.skins.map((skin) => Math.abs(skin.target - target));
  return far.indexOf(Math.min(...far));
};
