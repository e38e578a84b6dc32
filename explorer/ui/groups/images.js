// A click on a bar or point lists the images behind it; see images.py here.
() => {
  // Plots say in meta.images, per mark, which groups and cells they count.
  const behind = ({ data, pointNumber }) => data.meta?.images?.[pointNumber];
  const pointer = (plot, shape) => {
    plot.querySelectorAll('.nsewdrag').forEach((layer) => { layer.style.cursor = shape; });
  };
  const bind = (plot) => {
    if (plot.listsImages || !plot.on || !plot.data?.some(({ meta }) => meta?.images)) return;
    plot.listsImages = true;
    plot.on('plotly_hover', ({ points }) => pointer(plot, points.some(behind) ? 'pointer' : ''));
    plot.on('plotly_unhover', () => pointer(plot, ''));
    plot.on('plotly_click', ({ points }) => {
      const found = points.map(behind).find(Boolean);
      if (found) document.getElementById('list-images')
        ?.dispatchEvent(new CustomEvent('pick', { detail: found, bubbles: true }));
    });
  };
  new MutationObserver(() => {
    document.querySelectorAll('.js-plotly-plot').forEach(bind);
  }).observe(document.body, { childList: true, subtree: true });

  // The list is filled a moment after the click: then it gets the focus, and comes into sight.
  window.explorerImages = {
    show: (tries = 40) => {
      const list = document.querySelector('#images-list [role=region], #images-list [role=alert]');
      if (list?.offsetParent) {
        list.focus({ preventScroll: true });
        document.getElementById('closer').scrollIntoView({ block: 'start' });
      } else if (tries) setTimeout(() => window.explorerImages.show(tries - 1), 50);
    },
  };
}
