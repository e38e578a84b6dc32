// Slides on what the server computed once: what counts as skin, both conventions of the tone,
// rates by tone with their gaps, and the claims of the study.
import { choice } from './controls.js';
import { make, plain } from './words.js';

/** Beyond so many degrees the tone that was read is not the one that was drawn. */
const OFF = 10;

const own = (text) => make('span', { translate: 'no' }, text);

/** A choice among `options`; `said` gives {html, title, verdict} of the one that is chosen. */
const fixed = (texts, label, options, first, said, look) => {
  const figure = make('figure');
  let chosen = first;
  let shown = null;
  const control = choice(label, options, (value) => {
    chosen = value;
    if (shown) draw(shown);
  }, look);
  const draw = (slide) => {
    shown = slide;
    control.show(chosen);
    const { html, title, verdict: told, fill } = said(chosen);
    figure.innerHTML = html;
    fill?.(figure);
    slide.title(...title);
    slide.verdict(told);
  };
  return { figure, control, draw };
};

/** A choice among the examples, for whatever slide. */
export const examples = (deck) => (deck?.examples ?? []).map(({ thumbnail, title }, value) => (
  { value, children: [make('img', { src: thumbnail, alt: '' }), make('span', {}, title)] }));
const withPicture = ({ picture: src, alt }) => (figure) => figure
  .querySelectorAll('[data-picture]').forEach((each) => Object.assign(each, { src, alt }));

const skin = (texts, deck) => {
  const { say, degrees, share, name, words } = texts;
  const frame = deck.examples.findIndex(({ id }) => id.includes('frame'));
  return fixed(texts, words.picture, examples(deck), frame, (index) => {
    const example = deck.examples[index];
    const { read, drawn, share: kept, name: named, drawn_name: meant, html } = example.skin;
    const values = { share: share(kept), read: degrees(read), drawn: degrees(drawn) };
    return {
      html,
      fill: withPicture(example),
      title: [Math.abs(read - drawn) > OFF ? 'off' : 'close', values],
      verdict: {
        word: say('read', { read: degrees(read), name: name(named) }),
        lines: [plain(say('drawn', { drawn: degrees(drawn), name: name(meant) })),
          plain(say('kept', values))],
      },
    };
  }, 'pictures');
};

const tone = (texts, deck) => fixed(texts, texts.words.picture, examples(deck), deck.tone, (index) => {
  const { say, degrees, name, words } = texts;
  const example = deck.examples[index];
  const { cielab, published, group, html } = example.tone;
  const values = {
    cielab: name(cielab.name), published: name(published.name),
    apart: degrees(Math.abs(cielab.ita - published.ita)),
  };
  const same = cielab.name === published.name;
  return {
    html,
    fill: withPicture(example),
    title: [same ? 'same' : 'differ', values],
    verdict: {
      word: words[same ? 'one_name' : 'two_names'],
      lines: [
        plain(say('definition', { angle: degrees(cielab.ita), name: values.cielab })),
        plain(say('published', { angle: degrees(published.ita), name: values.published })),
        plain(say('group', { name: name(group) })),
      ],
    },
  };
}, 'pictures');

const groups = (texts, { groups: rates }) => {
  const { say, number, name, words, local } = texts;
  const options = Object.keys(rates).map((value) => ({ value, children: [own(words[value])] }));
  const beyond = Object.keys(rates).filter((each) => rates[each].beyond);
  const title = beyond.length === options.length ? 'both' : beyond[0] ?? 'none';
  return fixed(texts, words.metric, options, 'false_positive_rate', (metric) => {
    const rate = rates[metric];
    const [gap, low, high, chance] = ['gap', 'low', 'high', 'chance']
      .map((each) => number(rate[each], 2));
    const [largest, smallest] = [name(rate.largest), name(rate.smallest)];
    return {
      html: rate.html,
      title: [title],
      verdict: {
        word: words[rate.beyond ? 'beyond' : 'within'],
        lines: [plain(say('gap', { gap, low, high, largest, smallest })),
          plain(say('chance', { chance, p: local(rate.p) })),
          plain(say('counts', { n: number(rate.n), malignant: number(rate.malignant) }))],
      },
    };
  });
};

const study = (texts, { claims: { all, statuses } }) => {
  const { say, words } = texts;
  const options = statuses.map(({ key, mark, text, count }) => ({
    value: key, children: [own(`${mark} ${count} `), make('span', {}, text)],
  }));
  const of = (key) => statuses.find((each) => each.key === key);
  const count = (key) => of(key)?.count ?? 0;
  const first = of('differs') ?? statuses[0];
  return fixed(texts, words.claims, options, first.key, (key) => ({
    html: of(key).html,
    title: ['known', { all, reproduced: count('reproduced'), differs: count('differs') }],
    verdict: {
      sign: of(key).mark,
      word: say('tally', { count: count(key), all }),
      lines: [make('p', {}, of(key).text)],
    },
  }));
};

export const SLIDES = { skin, tone, groups, study };
