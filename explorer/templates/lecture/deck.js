// Lecture mode: eight slides over the page, or three of them in five minutes. One slide is one
// figure, one control and one verdict; the notes have a window of their own (speaker.js).
import { loadDeck, loadTexts, fill, make } from './words.js';
import { NEED, SLIDES } from './slides.js';
import { choose, now } from './lesion.js';
import { speaker } from './speaker.js';

const texts = await loadTexts();
const { words } = texts;
const VERSIONS = { full: texts.slides.map(({ key }) => key), short: texts.short };
/** What a slide is called in links: 3, or short-3. */
const placed = ({ version, at }) => (version === 'short' ? `short-${at + 1}` : String(at + 1));
const parsed = (place) => {
  const version = place.startsWith('short') ? 'short' : 'full';
  const asked = Number(place.replace('short-', '')) || 1;
  const at = Math.min(Math.max(Math.round(asked), 1), VERSIONS[version].length) - 1;
  return { version, at };
};

const state = { version: 'full', at: 0, slide: null, entered: false, opener: null };
let deck = null;
const keys = () => VERSIONS[state.version];
const texted = (key) => texts.slides.find((each) => each.key === key);

// ---- the sheet that all slides are written on

const button = (name, text, click) => {
  const made = make('button', { type: 'button', class: `lecture-${name}`, translate: 'no' }, text);
  made.addEventListener('click', click);
  return made;
};
const title = make('h2', { id: 'lecture-title', tabindex: '-1', translate: 'no' });
const progress = make('p', { class: 'progress', translate: 'no' });
const figure = make('div', { class: 'shown' });
const verdict = make('div', { class: 'verdict', role: 'status' });
const control = make('div', { class: 'control' });
const told = make('p', { class: 'told', role: 'status', translate: 'no' });
const previous = button('previous', `‹ ${words.previous}`, () => go(state.at - 1));
const next = button('next', `${words.next} ›`, () => go(state.at + 1));
const sheet = make('div', { class: 'sheet' }, figure, verdict, control);
const bar = make('nav', { 'aria-label': words.slides, translate: 'no' }, previous, progress, next,
  make('p', { class: 'hint', translate: 'no' }, words.hint), told,
  button('notes', words.notes, () => notes.open()), button('end', words.end, () => end()));
const dialog = make('dialog', { id: 'lecture', 'aria-labelledby': 'lecture-title' },
  title, sheet, bar);
document.head.append(make('link', {
  rel: 'stylesheet', href: new URL('deck.css', import.meta.url).href,
}));
document.body.append(dialog);

/** What a slide may do to the sheet. */
const page = {
  title: (key, values = {}) => {
    title.textContent = fill(texted(keys()[state.at]).titles[key], values);
  },
  wait: () => {
    dialog.dataset.state = 'waiting';
    verdict.dataset.decision = '';
    verdict.replaceChildren(make('p', { translate: 'no' }, words.waiting));
  },
  verdict: ({ key = '', sign = '', word, lines }) => {
    dialog.dataset.state = 'ready';
    verdict.dataset.decision = key;
    verdict.replaceChildren(
      make('p', { class: 'word', translate: 'no' }, make('i', { 'aria-hidden': 'true' }, sign),
        make('b', {}, word)),
      ...lines);
  },
};

/** Smaller type, in steps, until all of a slide is in sight; a phone scrolls instead. */
const fit = () => {
  sheet.style.removeProperty('--fit');
  if (matchMedia('(max-width: 900px)').matches) return;
  const over = (each) => each.scrollHeight > each.clientHeight + 1
    || each.scrollWidth > each.clientWidth + 1;
  for (let size = 0.95; size >= 0.5 && [sheet, figure, verdict, control].some(over); size -= 0.05) {
    sheet.style.setProperty('--fit', size.toFixed(2));
  }
};

// ---- one slide

const build = () => {
  const key = keys()[state.at];
  dialog.dataset.slide = key;
  state.slide = null;
  if (NEED.includes(key) && !deck) {
    [figure, control].forEach((each) => each.replaceChildren());
    page.title('unknown');
    page.wait();
    return;
  }
  state.slide = SLIDES[key](texts, deck);
  figure.replaceChildren(state.slide.figure);
  control.replaceChildren(state.slide.control.element);
  draw();
};

const draw = () => {
  if (!state.slide) return;
  state.slide.draw(page);
  enter();
  fit();
  notes.tell();
};

/** The lesion is set as the slide begins, once all that this needs to know is computed. */
const enter = () => {
  const look = state.slide.enter && !state.entered && now();
  if (!look || !look.table.complete) return;
  state.entered = true;
  choose(state.slide.enter(look));
};

const go = (at, entered = false) => {
  state.at = Math.min(Math.max(at, 0), keys().length - 1);
  state.entered = entered;
  progress.textContent = texts.say('progress', { at: state.at + 1, all: keys().length });
  previous.disabled = state.at === 0;
  next.disabled = state.at === keys().length - 1;
  told.textContent = '';
  remember(placed(state));
  build();
  dialog.scrollTop = 0;
  title.focus({ preventScroll: true });
};

const remember = (place) => {
  const url = new URL(window.location.href);
  ['lecture', 'mode', 'stop'].forEach((name) => url.searchParams.delete(name));
  if (place) url.searchParams.set('lecture', place);
  window.history.replaceState(window.history.state, '', url);
};

// ---- beginning and end

const fetched = () => loadDeck().then((found) => {
  deck = found;
  if (dialog.open) build();
}, () => { told.textContent = words.problem; });

/** The lesion is on Explore, which is not there before it was opened once. */
const seeLesion = () => {
  if (window.instrument) return;
  document.querySelector('#views [role=tab][data-tab-id=explore]')?.click();
};

export const begin = (place, { linked = false } = {}) => {
  if (dialog.open) return;
  state.opener = document.activeElement;
  Object.assign(state, parsed(place));
  seeLesion();
  dialog.showModal();
  notes.begin();
  const query = new URLSearchParams(window.location.search);
  // a link may say which skin and rule
  go(state.at, linked && (query.has('target') || query.has('rule')));
  if (!deck) fetched();
};

const end = () => {
  if (!dialog.open) return;
  dialog.close();
  remember('');
  notes.end();
  state.slide = null;
  state.opener?.focus?.();
};

// ---- keys: a lecture's own win over whatever has the focus

const step = (way) => {
  state.entered = true;
  state.slide?.control.step(way);
};
const KEYS = {
  ArrowRight: () => go(state.at + 1),
  ' ': () => go(state.at + 1),
  PageDown: () => go(state.at + 1),
  ArrowLeft: () => go(state.at - 1),
  PageUp: () => go(state.at - 1),
  Home: () => go(0),
  End: () => go(keys().length - 1),
  ArrowDown: () => step(1),
  ArrowUp: () => step(-1),
  Escape: () => end(),
  n: () => notes.open(),
  N: () => notes.open(),
};
const press = (key) => KEYS[key]?.();
const pressed = (event) => {
  if (!dialog.open || event.ctrlKey || event.altKey || event.metaKey || !KEYS[event.key]) return;
  event.preventDefault();
  event.stopPropagation();
  if (event.type === 'keydown') press(event.key);
};
const notes = speaker(texts, {
  press,
  blocked: () => { told.textContent = words.blocked; },
  now: () => ({
    at: state.at, keys: keys(), title: title.textContent, slide: texted(keys()[state.at]),
  }),
});

['keydown', 'keyup'].forEach((kind) => window.addEventListener(kind, pressed, true));
dialog.addEventListener('cancel', (event) => { // the way back of a phone
  event.preventDefault();
  end();
});
control.addEventListener('pointerdown', () => { state.entered = true; });
document.addEventListener('instrument:change', () => {
  if (dialog.open && state.slide?.enter) draw();
});

// What makes a slide larger or smaller: the window, and texts that a translation or a later answer
// puts in.
let due = 0;
const fitSoon = () => {
  due ||= requestAnimationFrame(() => {
    due = 0;
    if (dialog.open) fit();
  });
};
new MutationObserver(fitSoon).observe(sheet, { childList: true, characterData: true, subtree: true });
window.addEventListener('resize', fitSoon);
