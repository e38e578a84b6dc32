// The instrument as a whole: what is chosen, and which parts follow.
// `trigger` asks the server, and only for another way to other skin.

const startInstrument = (element, { props, watch, trigger }) => {
  const parts = new Map([...element.querySelectorAll('[data-part]')]
    .map((node) => [node.dataset.part, node]));
  const part = (name) => parts.get(name);
  const section = element.querySelector('.instrument');
  const state = {
    table: null, value: null, pictures: null, loaded: '', skin: 0, rule: null, published: null,
    cutoff: 'own', // or 'same': of every rule, for the same sensitivity
    axis: null, // until one is chosen: the one that shows the cut-off
    wanted: null, // a target that was asked for and is not computed yet
    asked: '', drawn: false,
  };
  const painter = makePicture();
  const choose = (wish) => {
    const { table } = state;
    if (!table) return;
    const { skin, rule, cutoff } = state;
    if (wish.resized) return drawRule();
    if (wish.flip) wish = { skin: skinPart.flipFrom(ruled()).to };
    if (wish.axis) state.axis = wish.axis;
    if (wish.cutoff) state.cutoff = wish.cutoff;
    if (wish.rule && table.rules.some(({ key }) => key === wish.rule)) state.rule = wish.rule;
    if (wish.skin >= 0) [state.skin, state.wanted] = [stopNear(table, wish.skin), null];
    if (state.skin < 0) state.skin = skin;
    const judged = state.rule !== rule || state.cutoff !== cutoff;
    if (judged || wish.axis) drawRule();
    else if (state.skin !== skin) moveTo();
    else skinPart.move(skin, ruled()); // the slider goes back to its stop
    if (judged) verdictPart.spoken(table, ruled(), state.skin);
    if (judged || state.skin !== skin) share.remember();
    return undefined;
  };
  const ruled = () => state.table.rule(state.rule, state.cutoff);
  const skinPart = makeSkin(part, choose, painter);
  const curvePart = makeCurve(part, choose);
  const verdictPart = makeVerdict(part, choose);
  const cutoffPart = makeCutoff(part, choose);
  const share = makeShare(element, part, state, props.usual);
  const figures = makeFigures(painter, section);
  const ways = makeWays(part, props, trigger);
  makeKept(part, state);

  const drawRule = () => {
    const rule = ruled();
    const { p } = rule.cutoff;
    const axis = state.axis ?? (Math.min(p, 1 - p) < 0.05 ? 'log_odds' : 'p');
    part('axis').querySelector(`[value=${axis}]`).checked = true;
    curvePart.draw(state.table, rule, axis);
    verdictPart.draw(state.table, rule);
    cutoffPart.draw(state.table, rule, state.cutoff);
    moveTo();
  };
  const moveTo = () => {
    const { table, skin } = state;
    const rule = ruled();
    painter.onto(part('picture'), skin);
    skinPart.move(skin, rule);
    curvePart.move(skin);
    verdictPart.move(table, rule, skin, state.cutoff);
    describe();
    const verdict = verdictOf(table, rule, skin);
    cutoffPart.move(rule, verdict);
    figures.show({ table, rule, skin, verdict });
    const detail = { table, skin, rule: rule.key, cutoff: state.cutoff, verdict };
    document.dispatchEvent(new CustomEvent('instrument:change', { detail }));
  };
  const describe = () => {
    const { table, skin } = state;
    setting(part('picture'), 'aria-label', pictureLabel(table.skins[skin]));
    setting(part('picture'), 'data-skin', skin);
  };

  // A new table: of the same picture it only adds, of another one everything starts anew.
  const refresh = async () => {
    const given = typeof props.table === 'string' ? JSON.parse(props.table || 'null') : props.table;
    const table = readTable(given);
    section.dataset.state = table ? 'full' : 'empty';
    if (!table) {
      [state.table, state.drawn] = [null, false];
      return;
    }
    const fresh = state.table?.id !== table.id;
    [state.table, state.value] = [table, given];
    state.published = table.rules[0].key;
    painter.refill(table);
    ask(table, fresh);
    texts(table);
    await pictured(table);
    if (state.table !== table) return; // another came while this one was decoded
    skinPart.draw(table);
    state.drawn = true;
    drawRule();
    if (props.asked && state.wanted === null) share.remember(); // the link was read; now it is ours
  };
  const ask = (table, fresh) => {
    const asked = props.asked || {}; // by a link, of one picture where it says which
    const key = JSON.stringify(asked);
    if (key !== state.asked && (asked.of ?? table.id) === table.id) {
      state.asked = key;
      if (asked.rule) state.rule = asked.rule;
      if (asked.cutoff) state.cutoff = asked.cutoff;
      if (asked.target !== null && asked.target !== undefined) state.wanted = asked.target;
    }
    state.rule = table.rule(state.rule).key;
    if (fresh) state.skin = table.own;
    if (state.wanted !== null) {
      const at = stopAt(table, state.wanted);
      if (table.known(at)) [state.skin, state.wanted] = [at, null];
    }
    if (!table.known(state.skin)) {
      const near = stopNear(table, state.skin);
      state.skin = near < 0 ? table.own : near; // the weights may be on their way
    }
  };
  const pictured = async (table) => {
    const { pictures } = props;
    const mine = pictures?.id === table.id ? pictures : null;
    if (!mine) return;
    const key = [mine.id, mine.picture?.length, mine.mask?.length].join(); // Gradio copies all
    if (key === state.loaded || !(await painter.load(mine, table))) return;
    [state.pictures, state.loaded] = [mine, key];
  };
  const texts = (table) => {
    put(part('caption'), table.caption || table.name);
    const exact = table.transform.convention === 'cielab';
    put(part('convention'), exact ? 'CIELAB' : '8-bit');
    setting(part('convention'), 'popovertarget', exact ? 'word-cielab' : 'word-8-bit');
    part('notes').hidden = !table.notes.length;
    put(part('notes'), `Notes (${table.notes.length})`);
    part('list').replaceChildren(...table.notes.map((text) => make('p', {}, text)));
    for (const name of ['download', 'quote', 'keep']) {
      if (part(name)) part(name).disabled = !table.complete;
    }
    ways.draw(table);
  };

  part('axis').addEventListener('change', ({ target }) => choose({ axis: target.value }));
  watch(['table', 'pictures', 'asked'], refresh);
  new MutationObserver(() => { // numbers follow the page's language
    if (state.drawn) drawRule();
  }).observe(document.documentElement, { attributes: true, attributeFilter: ['lang'] });
  window.instrument = {
    get table() { return state.table; },
    get skin() { return state.skin; },
    get rule() { return state.rule; },
    get cutoff() { return state.cutoff; },
    choose,
  };
  placePopovers();
  refresh();
};
