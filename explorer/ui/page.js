// What the page does in the browser on top of Gradio; run once when it has loaded.
() => {
  // A picture in the clipboard goes the same way as an uploaded file.
  document.addEventListener('paste', (event) => {
    const file = [...event.clipboardData.files].find((each) => each.type.startsWith('image/'));
    const input = document.querySelector('#upload input[type=file]');
    if (!file || !input) return;
    const list = new DataTransfer();
    list.items.add(file);
    input.files = list.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });

  // Hovering a point of the curve shows the picture that belongs to it, from the strip below.
  const preview = Object.assign(document.createElement('img'), { alt: '', id: 'hover-picture' });
  document.body.append(preview);
  const show = ({ points, event }) => {
    const picture = document.querySelector(`#curve-strip [data-index="${points[0].customdata}"] img`);
    if (!picture) return;
    preview.src = picture.src;
    preview.style.left = `${Math.min(event.clientX + 16, window.innerWidth - 180)}px`;
    preview.style.top = `${Math.max(event.clientY - 180, 8)}px`;
    preview.classList.add('shown');
  };
  const bind = () => {
    const chart = document.querySelector('#curve-chart .js-plotly-plot');
    if (!chart || chart.dataset.bound || !chart.on) return;
    chart.dataset.bound = 'yes';
    chart.on('plotly_hover', show);
    chart.on('plotly_unhover', () => preview.classList.remove('shown'));
  };
  new MutationObserver(bind).observe(document.body, { childList: true, subtree: true });
}
