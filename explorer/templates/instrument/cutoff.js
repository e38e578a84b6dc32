// From where on a rule calls malignant: its own cut-off, or that for the same sensitivity.

// As many digits as tell two numbers apart, at least these.
const apart = (one, other, least) => {
  let digits = least;
  while (digits < 6 && number(one, digits) === number(other, digits)) digits += 1;
  return [one, other].map((value) => number(value, digits));
};
// Where the probabilities are all 0.000 the log-odds tell them apart.
const because = ({ cutoff }, { p, logOdds, malignant }) => {
  if (p === null) return '';
  if (isOwn(cutoff)) return `${chance(p)} is ${malignant ? '' : 'not '}above ${number(0.5, 1)}, its own cut-off.`;
  const [said, limit] = cutoff.extreme
    ? apart(logOdds, cutoff.log_odds, 1) : apart(p, cutoff.p, 2);
  return `${cutoff.extreme ? 'Log-odds ' : ''}${said} is ${malignant ? 'at least' : 'below'} ${limit}, the cut-off.`;
};
const isOwn = ({ p }) => p === 0.5;
const rateText = ([value, low, high]) => {
  const [rate, ...ends] = [value, low, high].map((each) => number(100 * each, 0));
  return `${rate} % [${ends.join(', ')}]`;
};

const makeCutoff = (part, choose) => {
  part('cutoff').addEventListener('change', ({ target }) => choose({ cutoff: target.value }));
  const input = (value) => part('cutoff').querySelector(`[value=${value}]`);

  const draw = (table, rule, cutoff) => {
    const { wanted, name, n, problem } = table.same_sensitivity;
    input('same').disabled = wanted === null;
    input(wanted === null ? 'own' : cutoff).checked = true;
    put(part('own'), `own (${number(0.5, 1)})`);
    put(part('same'), wanted === null ? 'same sensitivity'
      : `same sensitivity (${number(100 * wanted, 0)} %)`);
    const { sensitivity: found, false_positive_rate: costs } = rule.cutoff;
    put(part('measured'), found && costs
      ? `On ${name} (n = ${n}) this cut-off finds ${rateText(found)} of ${found[3]} malignant and calls ${rateText(costs)} of ${costs[3]} benign ones malignant.`
      : problem && `Same sensitivity is not available: ${problem}.`);
  };
  const move = (rule, says) => put(part('because'), because(rule, says));
  return { draw, move };
};
