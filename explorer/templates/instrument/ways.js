// How the skin is changed: the one choice that needs the server, offered where there is one.

const SCOPES = { image: 'whole image', skin: 'skin only' };

const makeWays = (part, props, trigger) => {
  const draw = ({ transform }) => {
    const label = `${transform.label}, ${SCOPES[transform.scope] ?? transform.scope}`;
    put(part('way'), label);
    const choices = props.ways ?? [];
    part('way').disabled = !choices.length;
    if (!choices.length) return;
    const chosen = `${transform.key} ${transform.scope}`;
    if (part('ways').dataset.chosen === chosen) return;
    part('ways').dataset.chosen = chosen;
    part('ways').replaceChildren(make('fieldset', {}, make('legend', {}, 'How the skin is changed'),
      ...choices.flatMap(({ key, label: name, scopes }) => scopes.map((scope) => {
        const input = make('input', { type: 'radio', name: 'in-way', value: `${key} ${scope}` });
        input.checked = input.value === chosen;
        input.addEventListener('change', () => {
          part('ways').hidePopover();
          trigger('choose', { transform: key, scope });
        });
        return make('label', {}, input, make('span', {}, `${name}, ${SCOPES[scope]}`));
      }))));
  };
  return { draw };
};
