// What each slide shows. A slide is made of {figure, control, draw(slide), enter()}: `draw` fills
// the figure and says title and verdict; `enter` sets the page's lesion as the slide begins.
import * as lesion from './lesion.js';
import * as computed from './computed.js';
import { choice, slider } from './controls.js';
import { make, plain } from './words.js';

const PUBLISHED = 'discriminative_prior_shift';
const SIGNS = { malignant: '▲', benign: '●' };
const word = (malignant) => (malignant ? 'malignant' : 'benign');

// ---- slides about the lesion that the page shows

const angle = (texts, { table }, at) => texts.degrees(table.skins[at].target);
const tone = (texts, { table }, at) => texts.name(table.skins[at].name);

/** The word in large type, then the probability with its rule and weights. */
const verdict = (texts, { table, rule, skin, says }) => {
  const { say, chance, words } = texts;
  const key = word(says.malignant);
  const [low, high] = (skin === table.own && table.range?.[rule.key]) || [];
  const range = low === undefined
    ? '' : ` (${say('range', { low: chance(low), high: chance(high) })})`;
  return {
    key,
    sign: SIGNS[key],
    word: words[key],
    lines: [
      plain(say('at', { tone: tone(texts, { table }, skin), angle: angle(texts, { table }, skin) })),
      plain(say('p', { p: chance(says.p) }) + range),
      make('p', { class: 'basis' }, make('span', {}, rule.name), ' · ',
        make('span', {}, table.weights.label)),
    ],
  };
};

const skinSlider = (texts) => {
  const control = slider(texts, texts.words.skin, (at) => lesion.choose({ skin: at }));
  return {
    ...control,
    draw: ({ table, skin, says }) => control.show(skin, texts.say('skin_value', {
      tone: tone(texts, { table }, skin),
      angle: angle(texts, { table }, skin),
      word: texts.words[word(says.malignant)],
      p: texts.say('p', { p: texts.chance(says.p) }),
    }), table.skins.map(({ name }) => ({ name, called: texts.name(name) }))),
  };
};

/** A slide about the lesion; `told` gives the title's key and values. */
const aboutLesion = (texts, figure, control, told, enter) => ({
  figure: figure.element,
  control,
  enter,
  draw: (slide) => {
    const look = lesion.now();
    if (!look) {
      slide.title('unknown');
      slide.wait();
      return;
    }
    figure.draw?.(look);
    control.draw?.(look);
    slide.title(...told(look));
    slide.verdict(verdict(texts, look));
  },
});

const image = (texts, deck) => {
  const pick = (index) => document
    .querySelector(`#examples button[data-index="${index}"]`)?.click();
  const control = choice(texts.words.picture, computed.examples(deck), pick, 'pictures');
  const draw = ({ table }) => control.show((deck?.examples ?? []).findIndex(
    ({ title, id }) => [title, `${id}.jpg`].includes(table.name),
  ));
  const told = ({ says }) => ['known', { word: texts.words[word(says.malignant)] }];
  return aboutLesion(texts, { element: lesion.figure('picture') }, { ...control, draw }, told,
    ({ table }) => ({ skin: table.own, rule: PUBLISHED }));
};

const darker = (texts) => {
  const told = (look) => {
    const { table, rule, skin, says } = look;
    const values = { word: texts.words[word(says.malignant)], tone: tone(texts, look, skin) };
    if (skin === table.own) return ['own', values];
    return [says.malignant === rule.malignant[table.own] ? 'still' : 'now', values];
  };
  return aboutLesion(texts, { element: lesion.figure('pair') }, skinSlider(texts), told,
    ({ table }) => ({ skin: table.own, rule: PUBLISHED }));
};

const flips = (texts) => {
  const told = ({ table, rule }) => {
    if (!table.complete) return ['unknown'];
    const marks = rule.flips;
    const values = {
      count: marks.length || table.skins.length,
      word: texts.words[word(rule.malignant[0])],
      before: texts.words[word(rule.malignant[0])],
      after: texts.words[word(!rule.malignant[0])],
      first: texts.degrees(marks[0]),
      last: texts.degrees(marks.at(-1)),
    };
    return [['none', 'one', 'two'][marks.length] ?? 'more', values];
  };
  return aboutLesion(texts, lesion.curve(), skinSlider(texts), told, (look) => {
    const { other, back } = lesion.turns(look);
    const at = [back, other].find((each) => each >= 0);
    return { skin: at ?? look.table.own, rule: PUBLISHED };
  });
};

const rule = (texts) => {
  let control = null;
  const element = make('div');
  const draw = ({ table, rule: chosen, skin }) => {
    const known = table.rules.filter(({ p }) => p[skin] !== null);
    const words = known.map(({ malignant }) => word(malignant[skin]));
    const key = known.map((each, i) => each.key + words[i]).join();
    if (element.dataset.key !== key) { // only what a rule says may change, the choice stays
      element.dataset.key = key;
      const options = known.map((each, i) => ({
        value: each.key,
        children: [make('span', {}, each.name),
          make('b', { translate: 'no', class: words[i] }, `${SIGNS[words[i]]} ${texts.words[words[i]]}`)],
      }));
      control = choice(texts.words.rule, options, (value) => lesion.choose({ rule: value }), 'rules');
      element.replaceChildren(control.element);
    }
    control.show(chosen.key);
  };
  const told = ({ table, skin, says }) => {
    const words = table.rules.map(({ malignant }) => malignant[skin])
      .filter((each) => each !== null);
    const malignant = words.filter(Boolean).length;
    const [all, benign] = [words.length, words.length - malignant];
    return [malignant && benign ? 'split' : 'agree',
      { all, malignant, benign, word: texts.words[word(says.malignant)] }];
  };
  return aboutLesion(texts, lesion.sums(), { element, draw, step: (way) => control?.step(way) },
    told, (look) => ({ skin: lesion.disputed(look), rule: PUBLISHED }));
};

/** By key; those of `NEED` wait for what the server computes. */
export const SLIDES = { image, darker, flips, rule, ...computed.SLIDES };
export const NEED = Object.keys(computed.SLIDES);
