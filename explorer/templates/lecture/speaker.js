// The speaker's notes in a window of their own (notes.html), told over a channel what is shown.

const CHANNEL = `lecture-${crypto.randomUUID?.() ?? Math.random().toString(36).slice(2)}`;

/** `deck` has {now(), press(key), blocked()}; returns {open, begin, tell, end}. */
export const speaker = (texts, deck) => {
  const channel = new BroadcastChannel(CHANNEL);
  let began = 0;
  let said = '';

  const told = () => {
    const { at, keys, title, slide } = deck.now();
    const following = texts.slides.find(({ key }) => key === keys[at + 1]);
    const { ask, sources, notes } = slide;
    return {
      kind: 'slide',
      language: texts.language,
      words: texts.words,
      dark: document.body.classList.contains('dark'),
      progress: texts.say('progress', { at: at + 1, all: keys.length }),
      next: following ? following.titles.unknown : '',
      began, title, notes, ask, sources,
    };
  };
  const tell = (again = false) => {
    const message = told();
    const text = JSON.stringify(message);
    if (!again && text === said) return;
    said = text;
    channel.postMessage(message);
  };
  channel.addEventListener('message', ({ data }) => {
    if (data.kind === 'ready') tell(true);
    if (data.kind === 'key') deck.press(data.key);
  });

  const open = () => {
    const address = `${new URL('notes.html', import.meta.url).href}#${CHANNEL}`;
    const opened = window.open(address, CHANNEL, 'popup,width=760,height=820');
    if (!opened) deck.blocked();
  };
  return {
    open,
    tell: () => tell(),
    begin: () => { began = Date.now(); },
    end: () => channel.postMessage({ kind: 'over', words: texts.words }),
  };
};
