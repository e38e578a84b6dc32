// A drawing on the page as a file: SVG and PNG at a journal's column width with the caption below,
// its table as CSV. Made in the browser; nothing is sent. window.explorerFigures.save(drawing,
// label, kind) takes an <svg> or a Plotly figure, a label as explorer/charts/label.py gives it
// ({stem, caption, basis, source, headers, rows}), and "svg", "png" or "csv".
() => {
  const COLUMN = { mm: 85, upTo: 480 }; // px that the page draws for one column; wider is for two
  const PAGE = { mm: 174 };
  const DPI = 300;
  const POINT = 25.4 / 72; // mm
  const CAPTION = 7.5; // points
  const FONT = "'Liberation Sans', Arial, Helvetica, 'DejaVu Sans', sans-serif";
  const SVG = 'http://www.w3.org/2000/svg';
  const MAKER = 'Melanoma fairness explorer; outputs of a research model, not a medical device';
  // What a style sheet can give a drawing, which a file has to say itself.
  const LOOKS = ['fill', 'fill-opacity', 'stroke', 'stroke-width', 'stroke-opacity', 'opacity',
    'stroke-dasharray', 'stroke-linecap', 'stroke-linejoin', 'paint-order', 'font-size',
    'font-weight', 'font-style', 'text-anchor', 'dominant-baseline', 'visibility', 'display'];

  const inPage = (text) => window.explorerLocale?.text(text) ?? text;
  const element = (name, attributes, ...children) => {
    const made = document.createElementNS(SVG, name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    made.append(...children);
    return made;
  };

  // A file is for white paper: looks are read as the light page has them, at once, so unseen.
  const onLightPage = (read) => {
    const dark = [...document.querySelectorAll('.dark')];
    const still = element('style', {});
    still.textContent = '*, *::before, *::after { transition: none !important; }';
    document.head.append(still);
    dark.forEach((each) => each.classList.remove('dark'));
    try {
      return read();
    } finally {
      dark.forEach((each) => each.classList.add('dark'));
      void document.body.offsetWidth; // dark again before anything may change slowly
      still.remove();
    }
  };

  const copyOf = (svg) => {
    const copy = svg.cloneNode(true);
    const originals = [svg, ...svg.querySelectorAll('*')];
    [copy, ...copy.querySelectorAll('*')].forEach((node, index) => {
      const looks = getComputedStyle(originals[index]);
      const said = LOOKS.map((name) => `${name}: ${looks.getPropertyValue(name)}`);
      if (!node.closest('defs') || node.closest('pattern')) node.setAttribute('style', said.join('; '));
      ['class', 'role', 'aria-label', 'tabindex', 'xml:space'].forEach((name) => node.removeAttribute(name));
    });
    copy.querySelectorAll('title, desc, .hoverlayer, foreignObject').forEach((each) => each.remove());
    return copy;
  };

  // Plotly draws on several sheets above each other, all of the size of the figure.
  const sheetsOf = (drawing) => (drawing.matches('svg') ? [drawing]
    : [...drawing.querySelectorAll('.main-svg')]);

  const lines = (text, size, room) => {
    const pen = document.createElement('canvas').getContext('2d');
    pen.font = `${size}px ${FONT}`;
    const found = [];
    text.replace(/\bn = /g, 'n\u00a0=\u00a0').split(' ').forEach((word) => {
      const longer = `${found.at(-1)} ${word}`;
      if (found.length && pen.measureText(longer).width <= room) found[found.length - 1] = longer;
      else found.push(word);
    });
    return found;
  };

  const sentence = (text) => `${text.replace(/\.$/, '')}.`;
  const textOf = ({ caption, basis, source }) => [
    inPage(caption), inPage(basis), source && `${inPage('Source')}: ${inPage(source)}`,
  ].filter(Boolean).map(sentence).join(' ');

  // The file's drawing: in px of the page, which its width in mm then scales.
  const printed = (drawing, label) => onLightPage(() => {
    const { width, height } = drawing.getBoundingClientRect();
    const { mm } = width <= COLUMN.upTo ? COLUMN : PAGE;
    const size = (CAPTION * POINT * width) / mm;
    const text = textOf(label);
    const written = lines(text, size, width - size);
    const whole = height + size * (1.35 * written.length + 1);
    const caption = written.map((line, index) => element(
      'text', { x: size / 2, y: height + size * 1.35 * (index + 1), 'font-size': size, fill: '#1f2937' }, line));
    const sheets = sheetsOf(drawing).map((svg) => {
      const copy = copyOf(svg);
      Object.entries({ x: 0, y: 0, width, height }).forEach(([key, value]) => copy.setAttribute(key, value));
      return copy;
    });
    const file = element('svg', {
      width: `${mm}mm`,
      height: `${((whole * mm) / width).toFixed(2)}mm`,
      viewBox: `0 0 ${width} ${whole}`,
      role: 'img',
      'font-family': FONT,
    });
    file.append(
      element('title', {}, inPage(label.caption)),
      element('desc', {}, `${text} ${MAKER}.`),
      element('rect', { width: '100%', height: '100%', fill: '#ffffff' }),
      ...sheets,
      ...caption,
    );
    const body = new XMLSerializer().serializeToString(file);
    return { text: `<?xml version="1.0" encoding="UTF-8"?>\n${body}\n`, mm, share: whole / width };
  });

  const CRC = Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  });
  const chunk = (kind, data) => {
    const bytes = new Uint8Array(data.length + 12);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, data.length);
    bytes.set(new TextEncoder().encode(kind), 4);
    bytes.set(data, 8);
    const body = bytes.subarray(4, data.length + 8);
    const sum = body.reduce((c, byte) => CRC[(c ^ byte) & 0xff] ^ (c >>> 8), 0xffffffff);
    view.setUint32(data.length + 8, (sum ^ 0xffffffff) >>> 0);
    return bytes;
  };
  const resolution = () => {
    const view = new DataView(new ArrayBuffer(9));
    const dots = Math.round((DPI / 25.4) * 1000); // per metre
    view.setUint32(0, dots);
    view.setUint32(4, dots);
    view.setUint8(8, 1);
    return chunk('pHYs', new Uint8Array(view.buffer));
  };
  const described = (text) => chunk('iTXt', new TextEncoder().encode(`Description\0\0\0\0\0${text}`));

  const pngOf = async (drawing, label) => {
    const { text, mm, share } = printed(drawing, label);
    const image = new Image();
    image.src = URL.createObjectURL(new Blob([text], { type: 'image/svg+xml' }));
    try {
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = Math.round((mm / 25.4) * DPI);
      canvas.height = Math.round(canvas.width * share);
      canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
      const drawn = await new Promise((done) => { canvas.toBlob(done, 'image/png'); });
      const head = 33; // bytes: the signature and the first chunk
      return new Blob([drawn.slice(0, head), resolution(), described(textOf(label)), drawn.slice(head)],
        { type: 'image/png' });
    } finally {
      URL.revokeObjectURL(image.src);
    }
  };

  // As explorer/util/cells.py: a spreadsheet would run these.
  const runs = /^[=@\t\r]|^[+-][^]*[^0-9 .,:;%eEto±–−()+-]|^[+-](.*[^eE])?[+=*/|@-]/;
  const safe = (text) => (runs.test(text) ? `'${text}` : text);
  const quoted = (text) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const cell = (text) => quoted(safe(text));
  const csvOf = ({ headers, rows }) => [headers, ...rows]
    .map((row) => `${row.map((text) => cell(String(text))).join(',')}\n`).join('');

  const contents = {
    svg: (drawing, label) => new Blob([printed(drawing, label).text], { type: 'image/svg+xml' }),
    png: pngOf,
    csv: (drawing, label) => new Blob([csvOf(label)], { type: 'text/csv' }),
  };
  const save = async (drawing, label, kind) => {
    const url = URL.createObjectURL(await contents[kind](drawing, label));
    const now = new Date();
    const day = [now.getFullYear(), now.getMonth() + 1, now.getDate()]
      .map((part) => String(part).padStart(2, '0')).join('-');
    const link = document.createElement('a');
    Object.assign(link, { href: url, download: `${label.stem}_${day}.${kind}` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  };
  window.explorerFigures = { ...window.explorerFigures, save };
}
