// Says with every request which page it comes from, keeps hold of the server for as long as the
// page is open, and says so when the server has forgotten it or takes no file. It runs before
// Gradio's client does.
(() => {
  const AGAIN = 2000, KEY = 'explorer-began-anew';
  const plain = window.fetch.bind(window);
  let told = false;

  const notice = (text, button) => {
    document.getElementById('lost')?.remove();
    const bar = document.createElement('div');
    bar.id = 'lost';
    bar.setAttribute('role', 'alert');
    bar.append(Object.assign(document.createElement('span'), { textContent: text }), button);
    document.body.append(bar);
  };
  const press = (text, act) => {
    const button = Object.assign(document.createElement('button'), { textContent: text });
    button.addEventListener('click', act);
    return button;
  };
  const close = () => press('Close', () => document.getElementById('lost').remove());
  // A file that is not taken, or none any more where there is no text.
  const refused = (text) => {
    if (told) return;
    document.getElementById('lost')?.remove();
    if (!text) return;
    notice(text, close());
    document.getElementById('lost').dataset.refused = '';
  };
  document.addEventListener('explorer-refused', ({ detail }) => refused(detail));
  const lost = () => {
    if (told) return;
    told = true;
    notice(
      'The server has forgotten this page: it was still for long, or the server began anew. ' +
        'Files of your own have to be given again.',
      press('Go on', () => location.reload()),
    );
  };

  // Gradio opens this stream once and never again; it is kept open here, whatever interrupts it.
  const stay = async (url, options) => {
    while (!options.signal?.aborted && !told) {
      try {
        const answer = await plain(url, options);
        if (answer.status === 410) return lost();
        const reader = answer.body.getReader();
        while (!(await reader.read()).done);
      } catch { /* the server is away: asked again */ }
      await new Promise((done) => setTimeout(done, AGAIN));
    }
  };

  window.fetch = async (asked, options = {}) => {
    const url = new URL(asked.url ?? asked, document.baseURI);
    const part = url.pathname.split('/gradio_api/')[1];
    if (part === undefined || url.origin !== location.origin) return plain(asked, options);
    const headers = new Headers(options.headers ?? asked.headers);
    headers.set('{{ header }}', '{{ page }}');
    const mine = { ...options, headers };
    if (part.startsWith('heartbeat/')) {
      stay(url, mine);
      const type = { 'content-type': 'text/event-stream' };
      return new Response(new ReadableStream(), { headers: type });
    }
    try {
      const answer = await plain(asked, mine);
      if (part.startsWith('upload') && !answer.ok) refused(await answer.clone().text());
      if (answer.status !== 410) return answer;
    } catch (error) {
      if (error.name !== 'AbortError') sessionStorage.setItem(KEY, '1'); // Gradio will reload
      throw error;
    }
    lost();  // said once, so Gradio hears of nothing that it would say
    return new Response('{"detail": [], "error": []}', { status: 422 });
  };

  document.addEventListener('DOMContentLoaded', () => {
    const again = performance.getEntriesByType('navigation')[0]?.type === 'reload';
    if (sessionStorage.getItem(KEY) && again) {
      notice(
        'The connection was lost and the page began anew. Files of your own have to be given ' +
          'again.',
        close(),
      );
    }
    sessionStorage.removeItem(KEY);
  });
})();
