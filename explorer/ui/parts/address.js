// The address bar holds what the page shows, and a button copies it; see address.py.
() => {
  const own = new Set(); // parts of the page that show files of the visitor's
  let shown = ''; // the audit card that a link asked for, once it was scrolled to

  // Every fragment replaces its own parameters; those of others (mode, lang, theme) stay.
  const wanted = () => {
    const url = new URL(window.location.href);
    for (const { dataset } of document.querySelectorAll('[data-address]')) {
      if ('own' in dataset) own.add(dataset.address); else own.delete(dataset.address);
      dataset.names.split(' ').forEach((name) => url.searchParams.delete(name));
      for (const [name, value] of new URLSearchParams(dataset.query)) {
        url.searchParams.set(name, value);
      }
    }
    return url;
  };
  const sync = (push = false) => {
    const url = wanted();
    if (url.href === window.location.href) return;
    window.history[push ? 'pushState' : 'replaceState'](window.history.state, '', url);
  };
  const saying = (part) => document.querySelector(`[data-address=${part}]`);
  const set = (part, query, push) => {
    const said = saying(part);
    if (!said || said.dataset.query === query) return;
    said.dataset.query = query;
    sync(push);
  };
  const view = () => new URL(window.location.href).searchParams.get('view') || 'lesion';
  const asking = (id) => (id === 'lesion' ? '' : `view=${id}`);
  window.explorerAddress = { view: (id) => set('page', asking(id), id !== view()) };
  window.addEventListener('popstate', () => {
    saying('page').dataset.query = asking(view()); // before the tab is there, or it is written over
    document.querySelector(`#views [role=tab][data-tab-id="${view()}"]`)?.click();
  });

  // A card of the audit that is linked to comes into sight once it is there.
  const showCard = () => {
    const key = new URL(window.location.href).searchParams.get('card');
    const card = key && key !== shown && document.getElementById(`audit-${key}`);
    if (!card || !card.offsetParent) return;
    shown = key;
    card.scrollIntoView();
  };

  let due = false;
  new MutationObserver(() => {
    if (due) return;
    due = true;
    setTimeout(() => { due = false; sync(); showCard(); }, 50);
  }).observe(document.body, { childList: true, subtree: true });

  const copy = async () => {
    const { dataset } = document.getElementById('copy-link');
    const [field, note] = ['link-text', 'copy-note'].map((id) => document.getElementById(id));
    field.value = wanted().href;
    let said = dataset.copied;
    try {
      await navigator.clipboard.writeText(field.value);
      field.hidden = true;
    } catch {
      said = dataset.byHand;
      field.hidden = false;
      field.select();
    }
    note.textContent = own.size ? `${said} ${dataset.own}` : said;
  };
  document.addEventListener('click', (event) => {
    if (event.target.closest('#copy-link')) copy();
    const card = event.target.closest('a[data-card]');
    if (!card) return;
    event.preventDefault();
    shown = card.dataset.card;
    set('card', `card=${shown}`);
    copy();
  });
}
