// The curve that is shown, as SVG, PNG or CSV: the page's row for figures, behind one button.

const HEADERS = ['skin', 'ITA in degrees', 'tone group', 'probability of malignant', 'log-odds', 'decision'];

// What explorer/charts/label.py calls a figure's label; the table's own words and numbers.
const curveLabel = ({ table, rule: key, cutoff }) => {
  const rule = table.rule(key, cutoff);
  const limit = rule.cutoff.extreme ? `log-odds ${rule.cutoff.log_odds}` : `P = ${rule.cutoff.p}`;
  const cell = (value) => (value === null ? '' : String(value));
  const rows = table.skins.map(({ name, target, group }, at) => [
    `${name ?? ''}${at === table.own ? ' (as it is)' : ''}`, cell(target), table.groups[group] ?? '',
    cell(rule.p[at]), cell(rule.log_odds[at]),
    rule.malignant[at] === null ? '' : called(rule.malignant[at]),
  ]).filter((row) => row[3]);
  const { label, scope, convention } = table.transform;
  return {
    stem: `every-skin-${rule.key}`.replaceAll('_', '-'),
    caption: `P(malignant) of one lesion on every skin: ${table.name}, ${rule.name}`,
    basis: `n = 1 image on ${rows.length} skins (${label}, ${SCOPES[scope] ?? scope}); malignant from ${limit}; across, ITA in degrees by `
      + `${convention === 'cielab' ? 'CIELAB' : '8-bit CIELAB'}; computed stops, straight lines between`,
    source: table.weights.label,
    headers: HEADERS,
    rows,
  };
};

const makeKept = (part, state) => {
  const place = part('kept');
  if (!place) return;
  place.addEventListener('beforetoggle', ({ newState }) => {
    const ready = newState === 'open' && window.explorerFigures?.row && !place.childElementCount;
    if (ready) window.explorerFigures.row(place, () => part('curve'), () => curveLabel(state));
  });
};
