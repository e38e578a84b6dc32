// What leaves the page: a link, a file; and the small things that open on a tap.

const LINKED = ['rule', 'cutoff', 'target', 'transform', 'scope'];

// What the address should hold: what differs from the first look (LesionChoice in
// ui/lesion/state.py reads it); a target says by which transform.
const asQuery = ({ table, skin, rule, cutoff, published }, usual) => {
  const query = new URLSearchParams();
  const { key, scope } = table.transform;
  const moved = skin !== table.own;
  if (rule !== published) query.set('rule', rule);
  if (cutoff !== 'own') query.set('cutoff', cutoff);
  if (moved) query.set('target', String(Math.round(table.skins[skin].target * 10) / 10));
  if (moved || key !== usual.transform) query.set('transform', key);
  if (moved || scope !== usual.scope) query.set('scope', scope);
  return query;
};

const makeShare = (element, part, state, usual) => {
  const fragment = element.querySelector('[data-address]');
  let due = 0;

  // After a drag, not during it: browsers limit how often an address may change.
  const remember = () => {
    clearTimeout(due);
    if (fragment) due = setTimeout(written, 300);
  };
  const written = () => {
    if (!state.table) return;
    fragment.dataset.names = LINKED.join(' ');
    fragment.dataset.query = asQuery(state, usual).toString();
    fragment.textContent = fragment.dataset.query; // address.js looks at what is added
  };

  const link = () => {
    const url = new URL(window.location.href);
    LINKED.forEach((name) => url.searchParams.delete(name));
    asQuery(state, usual).forEach((value, name) => url.searchParams.set(name, value));
    return url.href;
  };
  const copy = async (text, said, more = '') => {
    const field = part('link');
    field.value = text;
    try {
      await navigator.clipboard.writeText(text);
      field.hidden = true;
      put(part('told'), `${said}${more}`);
    } catch {
      field.hidden = false;
      field.select();
      put(part('told'), `This browser does not let the page copy: copy it from this field.${more}`);
    }
  };
  const copyLink = () => copy(link(), 'Link copied.', state.table?.owned ? ' Your picture is not in it.' : '');
  const copyStatement = () => copy(
    state.table.rule(state.rule, state.cutoff).statement, 'Statement copied.');

  // The empty file comes from the same server; what is shown is put in here, in the browser.
  const save = async (pictured) => {
    const { table, value, pictures, skin, rule, cutoff } = state;
    const shown = pictured ? value : withoutPicture(value);
    const data = {
      table: shown,
      pictures: pictured ? pictures : { id: shown.id },
      asked: { rule, cutoff, target: table.skins[skin].target },
    };
    const answer = await fetch('instrument.html');
    if (!answer.ok) return put(part('told'), 'The file could not be made: the server did not answer.');
    const text = JSON.stringify(data).replaceAll('<', '\\u003c');
    const empty = await answer.text();
    const full = empty.replace(/(<script type="application\/json"[^>]*>)null/, (_, tag) => tag + text);
    const url = URL.createObjectURL(new Blob([full], { type: 'text/html' }));
    make('a', { href: url, download: `${fileName(shown.name)}-every-skin.html` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
    return put(part('told'), 'The file works offline: open it with a double click.');
  };
  // Nor its name, nor what was made of its pixels.
  const withoutPicture = (value) => {
    const name = 'picture left out';
    const rules = value.rules.map((rule) => ({
      ...rule, statement: rule.statement.replaceAll(value.name, name),
    }));
    return { ...value, id: 'left-out', name, caption: 'Picture left out', rules };
  };
  const fileName = (name) => name.replace(/\.\w+$/, '').replace(/[^\w-]+/g, '-') || 'lesion';
  const download = () => {
    if (!state.table.owned) return save(true);
    part('ask').returnValue = '';
    return part('ask').showModal();
  };

  if (fragment) {
    part('copy').addEventListener('click', copyLink);
    part('quote').addEventListener('click', copyStatement);
    part('download').addEventListener('click', download);
    part('ask').addEventListener('close', () => {
      const { returnValue } = part('ask');
      if (returnValue) save(returnValue === 'with');
    });
    part('lecture').addEventListener('click', () => {
      document.dispatchEvent(new CustomEvent('lecture:start'));
    });
  }
  return { remember };
};

// A word's meaning stands by the word, inside the window.
const placePopovers = () => {
  let by = null;
  document.addEventListener('click', (event) => { by = event.target.closest('[popovertarget]') ?? by; }, true);
  document.addEventListener('toggle', ({ target, newState }) => {
    if (newState !== 'open' || !by || by.getAttribute('popovertarget') !== target.id) return;
    const { left, top, bottom } = by.getBoundingClientRect();
    const { width, height } = target.getBoundingClientRect();
    const below = bottom + 6 + height < window.innerHeight;
    target.style.left = `${Math.max(8, Math.min(left, window.innerWidth - width - 8))}px`;
    target.style.top = `${below ? bottom + 6 : Math.max(8, top - height - 6)}px`;
  }, true);
};
