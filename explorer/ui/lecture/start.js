// A lecture begins from a button, from the instrument, or from a link; see served.py for the rest.
() => {
  const SHORT = 'short-';
  // Where stops of before lie now, by the number in their links (?mode=lecture&stop=5).
  const BEFORE = [1, 2, 3, 4, 6, 6, 6, 5, 7, 7, 8, 8, 8];

  const asked = () => {
    const query = new URLSearchParams(window.location.search);
    if (query.has('lecture')) return query.get('lecture');
    if (!['lecture', 'tour'].includes(query.get('mode'))) return '';
    return String(BEFORE[Number(query.get('stop') || 1) - 1] ?? 1);
  };

  let deck = null;
  const begin = async (place, options = {}) => {
    deck ??= import(new URL('lecture/deck.js', document.baseURI).href);
    try {
      (await deck).begin(place, options);
    } catch (error) {
      console.error(error);
      deck = null; // the server was away: the next click tries again
    }
  };

  document.addEventListener('lecture:start', ({ detail }) => begin(detail?.short ? `${SHORT}1` : '1'));
  document.addEventListener('click', ({ target }) => {
    const button = target.closest('[data-lecture-start]');
    if (button) begin(button.dataset.lectureStart);
  });
  if (asked()) begin(asked(), { linked: true });
}
