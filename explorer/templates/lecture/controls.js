// The one control of a slide: a choice among a few, or the skin. Each can be moved by a step from
// anywhere on the slide, since the arrow keys up and down belong to it.
import { make } from './words.js';

/**
 * A choice. `options` are {value, children}, `choose` is told the new value.
 * Returns {element, show(value), step(way)}.
 */
export const choice = (label, options, choose, look = '') => {
  const name = `lecture-${label}`;
  const inputs = options.map(({ value }) => {
    const input = make('input', { type: 'radio', name, value });
    input.addEventListener('change', () => choose(value));
    return input;
  });
  const labels = options.map(({ children }, i) => make('label', {}, inputs[i], ...children));
  const element = make('fieldset', { class: `choice ${look}` },
    make('legend', { translate: 'no' }, label), make('div', {}, ...labels));
  const at = () => inputs.findIndex((input) => input.checked);
  return {
    element,
    show: (value) => inputs.forEach((input) => { input.checked = input.value === String(value); }),
    step: (way) => {
      const next = inputs[Math.min(Math.max(at() + way, 0), inputs.length - 1)];
      if (!next || next.checked) return;
      next.checked = true;
      choose(options[inputs.indexOf(next)].value);
    },
  };
};

/**
 * A slider over the skins, light to dark, in the instrument's look.
 * Returns {element, show(at, text, skins), step(way)}; skins are {name, called}.
 */
export const slider = ({ words }, label, move) => {
  const input = make('input', { type: 'range', min: 0, step: 1, 'aria-label': label });
  input.addEventListener('input', () => move(Number(input.value)));
  const tones = make('div', { class: 'in-tones', 'aria-hidden': 'true' });
  const ends = make('p', { class: 'ends', 'aria-hidden': 'true' },
    make('span', {}, `← ${words.lighter}`), make('span', {}, `${words.darker} →`));
  const element = make('div', { class: 'in-skin', translate: 'no' },
    make('div', { class: 'in-track' }, tones, input), ends);
  return {
    element,
    show: (at, text, skins) => {
      element.style.setProperty('--stops', skins.length);
      input.max = skins.length - 1;
      input.value = at;
      input.setAttribute('aria-valuetext', text);
      const kinds = [...new Map(skins.map((skin) => [skin.name, skin])).values()];
      tones.replaceChildren(...kinds.map(({ name, called }) => make('span', {
        'data-tone': name,
        style: `flex-grow: ${skins.filter((each) => each.name === name).length}; --tone: var(--tone-${name.replace(' ', '-')})`,
      }, make('span', {}, called))));
      [...tones.children].forEach((each) => { // a name that has no room
        each.firstChild.hidden = each.scrollWidth > each.clientWidth;
      });
    },
    step: (way) => move(Number(input.value) + way),
  };
};
