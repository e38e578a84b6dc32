// The address bar holds what the page shows, and a button copies it; see address.py.
() => {
  const own = new Set(); // parts of the page that show files of the visitor's
  let shown = ''; // the chapter or card that a link asked for, once it was scrolled to

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
    here();
  };
  const asks = (name) => new URL(window.location.href).searchParams.get(name) || '';
  const view = () => asks('view') || 'explore';
  const asking = (id) => (id === 'explore' ? '' : `view=${id}`);
  const tab = (which) => document.querySelector(`#views [role=tab]${which}`);
  const open = (id) => tab(`[data-tab-id="${id}"]`)?.click();
  const here = () => document.querySelectorAll('a[data-place]').forEach((link) => {
    if (link.dataset.place === view()) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  });
  window.explorerAddress = {
    view: (id) => {
      // Gradio tells late: after two quick steps back, of a place that was left again
      if (tab('[aria-selected=true]')?.dataset.tabId !== id) return;
      // what a link asked for may still stand in the address
      const said = new URLSearchParams(saying('page')?.dataset.query).get('view') || 'explore';
      if (id !== said) set('page', asking(id), true);
    },
    // Some parameters of a part, the others stay; an empty value takes one out.
    choose: (part, values) => {
      const query = new URLSearchParams(saying(part)?.dataset.query);
      for (const [name, value] of Object.entries(values)) {
        if (value) query.set(name, value); else query.delete(name);
      }
      set(part, query.toString());
    },
  };
  window.addEventListener('popstate', () => {
    const chapter = asks('chapter') && `chapter=${asks('chapter')}`;
    // before the tab is there, or it is written over
    saying('page').dataset.query = [asking(view()), chapter].filter(Boolean).join('&');
    open(view());
    here();
  });

  // What a link leads to comes into sight, and stays there while what is above it is drawn.
  const USED = ['wheel', 'touchstart', 'pointerdown', 'keydown'];
  const goTo = (element) => {
    if (element.matches('footer')) unfold(element);
    for (let up = element; up; up = up.parentElement) if (up.matches('details')) up.open = true;
    element.scrollIntoView();
    const again = new ResizeObserver(() => element.scrollIntoView());
    const leave = () => {
      again.disconnect();
      USED.forEach((kind) => window.removeEventListener(kind, leave));
    };
    again.observe(document.body);
    USED.forEach((kind) => window.addEventListener(kind, leave, { passive: true }));
    setTimeout(leave, 5000);
  };
  const unfold = (element) => element.querySelectorAll('details')
    .forEach((each) => { each.open = true; });
  const lead = () => {
    const card = asks('card') && `audit-${asks('card')}`;
    for (const id of [asks('chapter'), card]) {
      const element = id && id !== shown && document.getElementById(id);
      if (element && element.offsetParent) {
        shown = id;
        goTo(element);
      }
    }
  };

  let due = false;
  new MutationObserver(() => {
    if (due) return;
    due = true;
    setTimeout(() => { due = false; sync(); here(); lead(); }, 50);
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
    const link = event.target.closest('a[data-card], a[data-place], a[data-chapter]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const { card, place, chapter } = link.dataset;
    if (place) {
      open(place);
      window.scrollTo(0, 0);
    } else if (chapter) {
      goTo(document.getElementById(chapter));
      document.getElementById(chapter).focus({ preventScroll: true });
    } else {
      shown = `audit-${card}`;
      window.explorerAddress.choose('card', { card });
      copy();
    }
  });
}
