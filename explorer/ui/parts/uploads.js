// Files that would not be taken are refused in words, before Gradio, whose boxes say "Error" alone.
() => {
  const tell = (text) => document.dispatchEvent(new CustomEvent('explorer-refused', { detail: text }));
  const matches = ({ name, type }, kind) => {
    if (kind.startsWith('.')) return name.toLowerCase().endsWith(kind.toLowerCase());
    return !type || type === kind || (kind.endsWith('/*') && type.startsWith(kind.slice(0, -1)));
  };
  const problem = (files, input) => {
    const kinds = input.accept.split(',').map((kind) => kind.trim()).filter(Boolean);
    const most = window.gradio_config.max_file_size;
    for (const file of files) {
      if (kinds.length && !kinds.some((kind) => matches(file, kind))) {
        const wanted = kinds.map((kind) => kind.replace('/*', '').replace('image', 'images'));
        return `${file.name} is not of a kind that is read here. What is read: ${wanted.join(' ')}`;
      }
      if (file.size > most) {
        return `${file.name} is too large. One file may have up to ${most / 2 ** 20} MB.`;
      }
    }
    return '';
  };
  const check = (event, files, input) => {
    const text = problem(files, input);
    tell(text);
    if (!text) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    input.value = '';
  };
  document.addEventListener('change', (event) => {
    if (event.target.type === 'file') check(event, event.target.files, event.target);
  }, true);
  document.addEventListener('drop', (event) => {
    const input = event.target.closest?.('.block')?.querySelector('input[type=file]');
    if (input && event.dataTransfer) check(event, event.dataTransfer.files, input);
  }, true);
}
