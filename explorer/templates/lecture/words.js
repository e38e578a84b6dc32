// Texts of a lecture in the page's language, and numbers as that language writes them.

const load = async (name) => {
  const answer = await fetch(new URL(name, import.meta.url));
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return answer.json();
};

/** Words, names and slides of one language, with what writes them. */
export const loadTexts = async () => {
  const all = await load('texts.json');
  const asked = new URLSearchParams(window.location.search).get('lang');
  const found = all[asked] || all.en;
  const { language, words, names } = found;

  const number = (value, digits = 0) => new Intl.NumberFormat(language, {
    minimumFractionDigits: digits, maximumFractionDigits: digits,
  }).format(value).replace('-', '−').replace(/^−(0([.,]0*)?)$/, '$1');
  return {
    ...found,
    number,
    name: (each) => names[each] ?? each,
    degrees: (value) => `${number(value)}°`,
    share: (value) => new Intl.NumberFormat(language, { style: 'percent' }).format(value),
    // Two digits; three where two would hide on which side of a half, or how near to an end.
    chance: (p) => number(p, Math.min(p, 1 - p, Math.abs(p - 0.5)) < 0.005 ? 3 : 2),
    // p-values come as text: "p = 0.17".
    local: (text) => (language === 'en' ? text : text.replace(/(\d)\.(\d)/g, '$1,$2')),
    say: (key, values = {}) => fill(words[key], values),
  };
};

/** What does not depend on the visitor; the server computes it when it is first asked for. */
export const loadDeck = () => load('deck.json');

export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');

/** An element; attributes that are null or false are left out. */
export const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  Object.entries(attributes).forEach(([name, value]) => {
    if (value !== null && value !== false) element.setAttribute(name, value);
  });
  element.append(...children);
  return element;
};

/** A sentence that is in the page's language already. */
export const plain = (text) => make('p', { translate: 'no' }, text);
