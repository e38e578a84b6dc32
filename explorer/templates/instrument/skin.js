// The skin: a slider whose stops are the computed skins, six tones, a film strip, and the button
// that goes where the decision flips.

const makeSkin = (part, choose, painter) => {
  const slider = part('slider');
  const film = part('film');
  let table = null;
  let now = 0;

  // Where the decision next differs: darker, else lighter, else back home.
  const flipFrom = (rule) => {
    const other = (at) => table.known(at) && rule.malignant[at] !== rule.malignant[now];
    const all = table.skins.map((_, at) => at);
    const darker = all.find((at) => at > now && other(at));
    if (darker !== undefined) return { to: darker, text: 'Try darker skin' };
    if (now !== table.own && table.known(table.own)) {
      return { to: table.own, text: 'Back to its own skin' };
    }
    const lighter = all.findLast((at) => at < now && other(at));
    if (lighter !== undefined) return { to: lighter, text: 'Try lighter skin' };
    return { to: -1, text: 'Try darker skin' };
  };

  const draw = (of) => {
    table = of;
    const count = table.skins.length;
    slider.max = count - 1;
    slider.disabled = count < 2 || stopNear(table, 0) < 0;
    slider.closest('.in-skin').style.setProperty('--stops', count);
    const names = [...new Set(table.skins.map(({ name }) => name ?? ''))];
    const tones = part('tones');
    const wanted = names.map((name) => [name, table.skins.filter((one) => one.name === name).length || 1]);
    if (tones.dataset.drawn !== String(wanted)) {
      tones.dataset.drawn = String(wanted);
      tones.replaceChildren(...wanted.map(([name, length]) => make('span', {
        style: `flex-grow: ${length}; --tone: var(--tone-${name.replace(' ', '-')})`,
        'data-tone': name,
      }, make('span', {}, name))));
    }
    painter.strip(part('strip'));
  };

  const move = (skin, rule) => {
    now = skin;
    const { name, target } = table.skins[skin];
    const says = verdictOf(table, rule, skin);
    slider.value = skin;
    const place = name ? `${name}, ${degrees(target)} degrees` : 'no skin found';
    const answer = says.p === null ? 'not computed yet' : `${says.decision}, ${chance(says.p)}`;
    setting(slider, 'aria-valuetext', `${place}: ${answer}`);
    put(part('skin'), name ? `${name}, ${degrees(target)}°` : 'none found');
    put(part('reached'), missed(table, skin));
    const left = `${(100 * skin) / table.skins.length}%`;
    part('frame').style.left = left;
    const flip = flipFrom(rule);
    put(part('flip'), flip.text);
    part('flip').disabled = flip.to < 0;
  };

  slider.addEventListener('input', () => {
    const wanted = Number(slider.value);
    choose({ skin: stopNear(table, wanted, Math.sign(wanted - now)) });
  });
  // A page is a tone: to its first skin on the way.
  slider.addEventListener('keydown', (event) => {
    const way = { PageUp: 1, PageDown: -1 }[event.key];
    if (!way) return;
    event.preventDefault();
    let at = now;
    while (table.skins[at] && table.skins[at].name === table.skins[now].name) at += way;
    choose({ skin: stopNear(table, at, way) });
  });
  const pick = ({ clientX }) => {
    const { left, width } = film.getBoundingClientRect();
    const at = Math.floor(((clientX - left) / width) * table.skins.length);
    choose({ skin: stopNear(table, at) });
  };
  dragging(film, pick, () => table);
  part('flip').addEventListener('click', () => {
    choose({ flip: true });
  });
  return { draw, move, flipFrom };
};

// A transform may not reach what it was meant to reach: the skin-former often does not.
const missed = (table, skin) => {
  const { target, reached_cielab: cielab, reached_published: published } = table.skins[skin];
  const reached = table.transform.convention === 'cielab' ? cielab : published;
  return reached === null || Math.abs(reached - target) < 1 ? '' : `(reaches ${degrees(reached)}°)`;
};

// Calls back while a pointer of any kind is held down on an element and moved.
const dragging = (element, callback, ready) => {
  element.addEventListener('pointerdown', (event) => {
    if (event.button || !ready()) return;
    element.setPointerCapture(event.pointerId);
    callback(event);
  });
  element.addEventListener('pointermove', (event) => {
    if (element.hasPointerCapture(event.pointerId)) callback(event);
  });
};
