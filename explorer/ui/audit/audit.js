// The scoreboard: a count shows only its verdict, and again all; the address holds which.
() => {
  const choose = (name, value) => window.explorerAddress.choose('card', { [name]: value });
  const asked = () => new URL(window.location.href).searchParams.get('verdict') || '';

  const show = (verdict) => {
    document.querySelectorAll('[data-filter]').forEach((button) => {
      button.setAttribute('aria-pressed', String(button.dataset.filter === verdict));
    });
    document.querySelectorAll('.audit').forEach((system) => {
      const cards = [...system.querySelectorAll('.audit-card')];
      cards.forEach((card) => { card.hidden = Boolean(verdict) && card.dataset.verdict !== verdict; });
      system.querySelector('.none').hidden = cards.some((card) => !card.hidden);
    });
  };
  const say = (verdict) => {
    const said = document.getElementById('tally-said');
    const name = document.querySelector(`[data-filter=${verdict || 'none'}] span`)?.textContent;
    said.textContent = name ? `${said.dataset.some} ${name}` : said.dataset.all;
  };

  document.addEventListener('click', ({ target }) => {
    const button = target.closest('[data-filter]');
    if (!button) return;
    const verdict = button.getAttribute('aria-pressed') === 'true' ? '' : button.dataset.filter;
    show(verdict);
    say(verdict);
    choose('verdict', verdict);
  });

  // A link's filter holds once the cards are there, and back and forward follow the address.
  let drawn = null;
  const restore = () => {
    const tally = document.querySelector('.tally');
    if (!tally || tally === drawn) return;
    drawn = tally;
    if (asked()) show(asked());
  };
  new MutationObserver(restore).observe(document.body, { childList: true, subtree: true });
  window.addEventListener('popstate', () => { if (drawn) show(asked()); });
}
