// What Gradio's own markup leaves out for keyboards and screen readers: landmarks, group names,
// states, and the words for figures. Set as elements appear; texts are those of the page.
() => {
  let made = 0;
  const all = (selector) => document.querySelectorAll(selector);
  const set = (element, name, value) => {
    if (element.getAttribute(name) !== value) element.setAttribute(name, value);
  };
  const nameOf = (element) => {
    if (!element.id) element.id = `name-${made += 1}`;
    return element.id;
  };
  const namedBy = (element, name, attribute) => {
    if (element && name) set(element, attribute, nameOf(name));
  };

  // Gradio puts everything into its <main>: there a header and a footer would be no landmarks.
  const landmarks = () => {
    all('gradio-app main header').forEach((header) => header.closest('main').before(header));
    const views = document.querySelector('#views');
    if (!views) return;
    set(views, 'tabindex', '-1'); // where the skip link goes
    all('gradio-app main footer').forEach((footer) => footer.closest('main').after(footer));
  };

  // A set of radio buttons or boxes, and a place for a file, go by the label above them.
  const groups = () => {
    all('fieldset.block').forEach((group) => {
      if (group.querySelector('input[type=radio]')) set(group, 'role', 'radiogroup');
      namedBy(group, group.querySelector('[data-testid=block-info]'), 'aria-labelledby');
    });
    all('.block > label[data-testid=block-label]').forEach((label) => namedBy(
      label.parentElement.querySelector('button.upload-container'), label, 'aria-describedby'));
  };

  const states = () => {
    all('button.label-wrap').forEach((button) => {
      set(button, 'aria-expanded', String(button.nextElementSibling?.style.display !== 'none'));
    });
    all('.empty[aria-label]:not([role])').forEach((empty) => set(empty, 'role', 'img'));
    all('.toast-header[role=button]').forEach((head) => { // it holds the button that closes it
      head.setAttribute('role', 'group');
      head.removeAttribute('tabindex');
    });
  };

  // A figure is one picture with a text, which explorer/plots puts into layout.meta.alt.
  const told = new WeakMap(); // what was set, which a translation may have replaced since
  const figures = () => all('.js-plotly-plot').forEach((plot) => {
    const alt = plot.layout?.meta?.alt;
    if (!alt || told.get(plot) === alt) return;
    told.set(plot, alt);
    plot.setAttribute('role', 'img');
    plot.setAttribute('aria-label', alt);
  });

  let due = false;
  const everything = () => {
    due = false;
    [landmarks, groups, states, figures].forEach((each) => each());
  };
  const later = () => {
    if (due) return;
    due = true;
    setTimeout(everything, 50);
  };
  new MutationObserver(later).observe(document.body, { childList: true, subtree: true });
  everything();

  document.addEventListener('click', (event) => {
    if (event.target.closest('button.label-wrap')) later();
    const skip = event.target.closest('a.skip');
    if (!skip) return;
    event.preventDefault(); // the address holds what is shown, see address.js
    document.querySelector(skip.hash)?.focus();
  });

  // Arrow keys go along a row of tabs, as screen readers announce; Enter opens. In a set of radio
  // buttons they choose, as in any browser: Gradio gives each button a name of its own.
  const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  document.addEventListener('keydown', (event) => {
    const step = STEPS[event.key];
    const at = event.target.closest?.('[role=tab], [role=radiogroup] input[type=radio]');
    if (!at || !step || event.ctrlKey || event.altKey || event.metaKey) return;
    const tabs = at.matches('[role=tab]');
    if (tabs && /Up|Down/.test(event.key)) return;
    const row = [...at.closest(tabs ? '[role=tablist]' : '[role=radiogroup]')
      .querySelectorAll(tabs ? '[role=tab]' : 'input[type=radio]:not(:disabled)')]
      .filter((each) => !tabs || each.offsetParent); // not those that are not offered
    const next = row[(row.indexOf(at) + step + row.length) % row.length];
    event.preventDefault();
    next.focus();
    if (!tabs) next.click();
  });
}
