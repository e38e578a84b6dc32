// The window of the speaker's notes: it shows what the lecture says, and passes its keys on.

const channel = new BroadcastChannel(window.location.hash.slice(1));
const part = (id) => document.getElementById(id);
const LABELLED = ['ask', 'next', 'sources'];
let began = 0;

const tick = () => {
  const seconds = began ? Math.floor((Date.now() - began) / 1000) : 0;
  part('clock').textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
};
const paragraph = (text) => Object.assign(document.createElement('p'), { textContent: text });
const label = (text) => Object.assign(document.createElement('b'), { textContent: `${text}: ` });

const show = ({ words, title, notes, ask, sources, next, progress, language, dark, ...said }) => {
  document.documentElement.lang = language;
  document.documentElement.toggleAttribute('data-dark', dark);
  document.title = words.presenter;
  began = said.began;
  part('since').textContent = words.clock;
  part('progress').textContent = progress;
  part('title').textContent = title;
  part('notes').replaceChildren(...notes.map(paragraph));
  part('ask').replaceChildren(label(words.ask), ask);
  part('next').replaceChildren(...(next ? [label(words.then), next] : [words.last]));
  part('sources').replaceChildren(label(words.sources), `${sources.join('; ')}.`);
  tick();
};
const over = ({ words }) => {
  began = 0;
  part('title').textContent = words.over;
  ['notes', ...LABELLED].forEach((id) => part(id).replaceChildren());
};

channel.addEventListener('message', ({ data }) => {
  if (data.kind === 'slide') show(data);
  if (data.kind === 'over') over(data);
});
const KEYS = ['ArrowRight', ' ', 'PageDown', 'ArrowLeft', 'PageUp', 'Escape'];
document.addEventListener('keydown', (event) => {
  if (!KEYS.includes(event.key) || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  channel.postMessage({ kind: 'key', key: event.key });
});
setInterval(tick, 250);
channel.postMessage({ kind: 'ready' });
