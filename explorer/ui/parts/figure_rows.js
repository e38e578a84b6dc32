// "SVG · PNG · CSV" under every figure that says what it is: Plotly's in layout.meta.figure, others
// in data-figure. window.explorerFigures.row(place, drawing, label) gives any drawing such a row;
// drawing and label are functions, asked when a button is pressed.
() => {
  const KINDS = ['svg', 'png', 'csv'];

  const row = (place, drawing, label) => {
    const made = document.createElement('p');
    made.className = 'figure-files';
    const lead = document.createElement('span');
    lead.textContent = 'Save figure';
    const buttons = KINDS.map((kind) => {
      const button = document.createElement('button');
      Object.assign(button, { type: 'button', textContent: kind.toUpperCase() });
      button.addEventListener('click', () => window.explorerFigures.save(drawing(), label(), kind));
      return button;
    });
    made.append(lead, ...buttons);
    made.named = () => {
      const { caption } = label();
      if (made.dataset.of === caption) return;
      made.dataset.of = caption;
      buttons.forEach((button) => button.setAttribute(
        'aria-label', `${button.textContent}: ${caption}`));
    };
    made.named();
    place.append(made);
    return made;
  };

  const ofPlotly = (plot) => {
    const place = plot.closest('.block');
    if (!place || !plot.layout?.meta?.figure) return;
    const there = place.querySelector(':scope > .figure-files');
    if (there) return there.named();
    const now = () => place.querySelector('.js-plotly-plot'); // a new one with each answer
    row(place, now, () => now().layout.meta.figure);
  };
  const ofDrawing = (figure) => {
    if (figure.querySelector(':scope > .figure-files')) return;
    const label = JSON.parse(figure.dataset.figure);
    row(figure, () => figure.querySelector('svg'), () => label);
  };

  let due = false;
  const everything = () => {
    due = false;
    document.querySelectorAll('.js-plotly-plot').forEach(ofPlotly);
    document.querySelectorAll('figure[data-figure]').forEach(ofDrawing);
  };
  new MutationObserver(() => {
    if (due) return;
    due = true;
    setTimeout(everything, 60);
  }).observe(document.body, { childList: true, subtree: true });
  window.explorerFigures = { ...window.explorerFigures, row };
}
