// The lesion of the page on the slides: its table as the instrument shows it, and the instrument's
// own drawings (instrument.js here is made of its scripts).
import { EDGE, bars, makeCurve, stopNear, verdictOf } from './instrument.js';
import { make } from './words.js';

/** Width of the curve's plot without its edges; deck.css leaves .7em beside it. */
const ROOM = `(100% - .7em - ${EDGE.left + EDGE.right}px)`;
const SVG = 'http://www.w3.org/2000/svg';

/** What is shown now, or null until the own skin is there. */
export const now = () => {
  const { instrument } = window;
  const table = instrument?.table;
  if (!table || !table.known(instrument.skin)) return null;
  const rule = table.rule(instrument.rule);
  return { table, rule, skin: instrument.skin, says: verdictOf(table, rule, instrument.skin) };
};

export const choose = (wish) => {
  const table = window.instrument?.table;
  if (!table) return;
  const skin = wish.skin === undefined ? undefined : nearest(table, wish.skin);
  window.instrument.choose({ ...wish, skin, cutoff: 'own' }); // what the slides tell of is at 0.5
};

// The next skin on the way that is computed, so that a step always moves.
const nearest = (table, wanted) => {
  const way = Math.sign(wanted - window.instrument.skin);
  return stopNear(table, Math.min(Math.max(wanted, 0), table.skins.length - 1), way);
};

/** Stops of the published rule: `other`, the first darker one where the word is another than on
 * the own skin, and `back`, the next one where it is the same again; -1 where there is none. */
export const turns = ({ table }) => {
  const [{ malignant }] = table.rules;
  const from = malignant[table.own];
  const next = (after, word) => malignant.findIndex((each, at) => at > after && each === word);
  const other = next(table.own, !from);
  return { other, back: other < 0 ? -1 : next(other, from) };
};

/** The skin closest to the own one on which rules disagree; the own one where none is. */
export const disputed = ({ table }) => {
  const split = (at) => new Set(table.rules.map((rule) => rule.malignant[at])
    .filter((each) => each !== null)).size > 1;
  const all = table.skins.map((_, at) => at).filter(split);
  const far = (at) => Math.abs(at - table.own);
  return all.length ? all.reduce((a, b) => (far(b) < far(a) ? b : a)) : table.own;
};

/** A figure that the instrument fills and keeps up to date by itself. */
export const figure = (kind) => make('div', { 'data-instrument': kind });

/** The page has the same hatching under the same name; deck.css fills with this one. */
const ownPattern = (svg) => svg.querySelector('pattern').setAttribute('id', 'lecture-hatch');

/** The curve over all skins and its film strip: {element, draw(look)}. */
export const curve = () => {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('role', 'img');
  const flat = make('p', { class: 'in-small in-flat', hidden: '' });
  const film = make('canvas', { class: 'film', 'aria-hidden': 'true' });
  const element = make('div', { class: 'curve' },
    make('div', { class: 'in-plot' }, svg, flat), film);
  const parts = { curve: svg, flat };
  let last = null;
  const curved = makeCurve((name) => parts[name], (wish) => {
    if (wish.resized && last) draw(last);
    else choose(wish);
  });
  ownPattern(svg);
  const draw = (look) => {
    last = look;
    curved.draw(look.table, look.rule, 'p');
    curved.move(look.skin);
    const strip = document.querySelector('#instrument [data-part=strip]');
    if (!strip?.width) return;
    Object.assign(film, { width: strip.width, height: strip.height });
    film.getContext('2d').drawImage(strip, 0, 0);
    const gaps = look.table.skins.length - 1; // a cell's middle stands below its point
    film.style.width = `calc(${ROOM} * ${(gaps + 1) / gaps})`;
    film.style.marginLeft = `calc(${EDGE.left}px - ${ROOM} / ${2 * gaps})`;
  };
  return { element, draw };
};

/** Eight parts and two sums under the chosen rule: {element, draw(look)}. */
export const sums = () => {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('role', 'img');
  return {
    element: make('div', { class: 'in-bars' }, svg),
    draw: ({ table, rule, says }) => {
      bars(svg, table, rule, says);
      ownPattern(svg);
    },
  };
};
