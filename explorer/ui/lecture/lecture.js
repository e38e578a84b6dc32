// Lecture mode (?mode=lecture) and the guided tour (?mode=tour): one stop at a time.
// `languages` is what script.py reads from lecture.json and its translations, `style`
// is lecture.css.
(languages, style) => {
  const asked = () => new URLSearchParams(location.search);
  const texts = languages[asked().get('lang') || document.documentElement.lang] || languages.en;
  const { words, stops } = texts;
  const MODES = ['lecture', 'tour'];
  // ``settle``: until when (ms) a tour insists on its view, because others may restore theirs.
  const state = { mode: '', at: 0, opener: null, settle: 0, shown: [], scrolled: true };
  const acted = new Set();
  const find = (selector) => document.querySelector(selector);

  // ---- the panel: what is said, the notes, the bar

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
    element.append(...children);
    return element;
  };
  const button = (name, text, click, attributes = {}) => {
    const made = make('button', { type: 'button', class: `lecture-${name}`, ...attributes }, text);
    made.addEventListener('click', click);
    return made;
  };

  const name = make('h1', { class: 'alt' }, document.title); // while the page's own is hidden
  const title = make('h2', { tabindex: '-1', id: 'lecture-title' });
  const says = make('p', { id: 'lecture-text' });
  const notes = make('div', {
    id: 'lecture-notes', role: 'region', tabindex: '0', 'aria-label': words.notes, hidden: '',
  });
  const progress = make('span', { class: 'lecture-progress', 'aria-live': 'polite' });
  const previous = button('previous', `‹ ${words.previous}`, () => go(state.at - 1));
  const next = button('next', `${words.next} ›`, () => go(state.at + 1));
  const note = button('notes', words.notes, () => toggleNotes(), {
    'aria-expanded': 'false', 'aria-controls': 'lecture-notes',
  });
  const help = button('keys', words.keys, () => toggleKeys());
  const more = make('span', { class: 'lecture-more', 'aria-hidden': 'true' }, `↓ ${words.more}`);
  const exit = button('leave', words.leave, () => leave());
  const bar = make('nav', { id: 'lecture-bar', 'aria-label': words.steps },
    previous, progress, next, more, note, help, exit);
  const panel = make('section', { id: 'lecture', 'aria-labelledby': 'lecture-title', hidden: '' },
    name, make('div', { class: 'lecture-says' }, title, says), notes, bar);

  const keyList = () => {
    const list = make('dl');
    texts.keys.forEach(([key, text]) => list.append(make('dt', {}, key), make('dd', {}, text)));
    return list;
  };
  const dialog = make('dialog', { id: 'lecture-keys', 'aria-label': words.keys }, keyList(),
    button('close', words.close, () => dialog.close()));

  const write = (stop) => {
    const at = words.progress.replace('{at}', state.at + 1).replace('{all}', stops.length);
    title.textContent = stop.title;
    says.textContent = stop.text;
    progress.replaceChildren(at, make('span', { class: 'alt' }, `: ${stop.title}`));
    previous.disabled = state.at === 0;
    next.disabled = state.at === stops.length - 1;
    notes.replaceChildren(
      ...stop.notes.map((text) => make('p', {}, text)),
      make('p', {}, make('b', {}, `${words.ask}: `), stop.ask),
      make('p', { class: 'lecture-sources' }, `${words.sources}: ${stop.sources.join('; ')}.`));
    notes.scrollTop = 0;
  };

  const toggleNotes = () => {
    notes.hidden = !notes.hidden;
    note.setAttribute('aria-expanded', String(!notes.hidden));
  };
  const toggleKeys = () => (dialog.open ? dialog.close() : dialog.showModal());

  // ---- the page: which elements a stop shows

  const targets = () => stops[state.at].show.flatMap(
    (each) => [...document.querySelectorAll(each)]);

  /** Attributes, not classes: Gradio writes its classes anew. */
  const mark = (wanted) => {
    document.querySelectorAll('[data-stop]').forEach((each) => each.removeAttribute('data-stop'));
    wanted.forEach((each) => {
      for (let up = each.parentElement; up && up !== document.body; up = up.parentElement) {
        up.setAttribute('data-stop', 'path');
      }
    });
    wanted.forEach((each) => each.setAttribute('data-stop', 'shown'));
    const same = wanted.length === state.shown.length
      && wanted.every((each, index) => each === state.shown[index]);
    state.shown = wanted;
    if (!same) setTimeout(() => window.dispatchEvent(new Event('resize')), 50); // plots fit anew
  };

  const openView = ({ view }) => {
    if (state.mode === 'tour' && performance.now() > state.settle) return;
    const tab = find(`#views button[role=tab][data-tab-id="${view}"]`);
    if (tab && tab.getAttribute('aria-selected') !== 'true') tab.click();
  };

  /**
   * A stop's own clicks and values, once per visit: what the lecturer sets later stays. They wait
   * for what they come `after`: on opening, the page sets its controls as the link asks.
   */
  const act = (stop) => {
    if ((stop.after || []).some((each) => !find(each))) return;
    const parts = (stop.do || []).map((each) => [each, find(each.click || each.set)]);
    if (acted.has(stop.key) || parts.some(([, element]) => !element)) return;
    acted.add(stop.key);
    parts.forEach(([each, element]) => {
      if (each.click && !element.checked) element.click();
      if (each.set) {
        element.value = each.value;
        ['input', 'change', 'blur'].forEach((kind) => {
          element.dispatchEvent(new Event(kind, { bubbles: true }));
        });
      }
    });
  };

  const scroll = () => {
    if (state.mode !== 'tour' || state.scrolled || !state.shown.length) return;
    state.scrolled = true;
    const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
    state.shown[0].scrollIntoView({ behavior: calm ? 'auto' : 'smooth', block: 'start' });
  };

  const tellMore = () => {
    const { scrollHeight, clientHeight, scrollTop } = document.documentElement;
    more.hidden = state.mode !== 'lecture' || scrollHeight - clientHeight - scrollTop < 24;
  };

  const refresh = () => {
    if (!state.mode) return;
    const stop = stops[state.at];
    openView(stop);
    mark(targets());
    act(stop);
    scroll();
    tellMore();
  };

  // ---- entering, turning, leaving

  const remember = () => {
    const url = new URL(location);
    if (state.mode) {
      url.searchParams.set('mode', state.mode);
      url.searchParams.set('stop', state.at + 1);
    } else {
      ['mode', 'stop'].forEach((name) => url.searchParams.delete(name));
    }
    history.replaceState(history.state, '', url);
  };

  const go = (at) => {
    state.at = Math.min(Math.max(at, 0), stops.length - 1);
    state.settle = performance.now() + 3000;
    state.scrolled = false;
    write(stops[state.at]);
    remember();
    refresh();
    if (state.mode === 'lecture') window.scrollTo(0, 0);
    if (document.activeElement.disabled) title.focus({ preventScroll: true });
  };

  const enter = (mode, at = 0) => {
    state.opener = document.activeElement;
    state.mode = mode;
    document.body.dataset.lecture = mode;
    name.hidden = mode !== 'lecture';
    panel.hidden = false;
    go(at);
    title.focus({ preventScroll: true });
  };

  const leave = () => {
    const last = state.shown[0];
    state.mode = '';
    mark([]);
    delete document.body.dataset.lecture;
    panel.hidden = true;
    if (dialog.open) dialog.close();
    remember();
    const back = state.opener?.isConnected && state.opener !== document.body;
    (back ? state.opener : find('.lecture-start button'))?.focus();
    last?.scrollIntoView({ block: 'center' });
  };

  // ---- keys

  const TYPING = 'textarea, select, [contenteditable=true], [role=combobox], [role=listbox], '
    + 'input:not([type=range], [type=radio], [type=checkbox])';
  const STEPS = {
    ArrowRight: 1, PageDown: 1, ' ': 1, ArrowLeft: -1, PageUp: -1, Home: -1e3, End: 1e3,
  };

  /** Whether a key belongs to the control that has the focus; a presenter's Page keys never do. */
  const taken = ({ key, target }) => {
    if (!target.closest || target.closest(TYPING)) return true;
    if (key.startsWith('Page')) return false;
    if (key === ' ' && target.closest('button, summary, a')) return true;
    const wide = target.closest('[tabindex]');
    const scrolls = wide && wide !== panel && wide.scrollWidth > wide.clientWidth + 1;
    return Boolean(target.closest('input, [role=tab], [role=slider]') || scrolls);
  };

  const escape = (event) => {
    if (dialog.open) return; // the browser closes it
    if (event.target.closest?.(TYPING)) event.target.blur();
    else leave();
  };

  const press = (event) => {
    const { key, target } = event;
    if (!state.mode || event.ctrlKey || event.altKey || event.metaKey) return;
    if (key === 'Escape') { escape(event); return; }
    if (dialog.open || (state.mode === 'tour' && !panel.contains(target))) return;
    if (key in STEPS && !taken(event)) {
      event.preventDefault();
      go(state.at + STEPS[key]);
    } else if (!target.closest?.(TYPING) && 'nN?'.includes(key)) {
      (key === '?' ? toggleKeys : toggleNotes)();
    }
  };

  // ---- start

  const offer = () => {
    const header = find('gradio-app header');
    if (!header || header.querySelector('.lecture-start')) return;
    header.append(make('p', { class: 'lecture-start', role: 'group', 'aria-label': words.start },
      button('tour', words.tour, () => enter('tour')),
      button('mode', words.lecture, () => enter('lecture'))));
  };

  // Plotly writes the page's address into its figures where there is a <base>: a pattern would be
  // lost when the address changes. Gradio's says "./", which is what holds without it.
  find('base[href="./"]')?.remove();
  let waiting = 0;
  const changed = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { offer(); refresh(); }, 60);
  };
  document.head.append(make('style', {}, style));
  document.body.prepend(panel);
  document.body.append(dialog);
  document.addEventListener('keydown', press);
  ['scroll', 'resize'].forEach((kind) => window.addEventListener(kind, tellMore));
  new MutationObserver(changed).observe(find('gradio-app'), { childList: true, subtree: true });
  offer();
  const mode = asked().get('mode');
  if (MODES.includes(mode)) enter(mode, (Number(asked().get('stop')) || 1) - 1);
}
