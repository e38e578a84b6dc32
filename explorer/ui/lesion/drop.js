// An image that is dropped on Explore, or pasted, is uploaded like one that was chosen.
() => {
  const input = () => document.querySelector('#upload input[type=file]');
  const here = () => input() && document.getElementById('instrument')?.offsetParent;
  const give = (data) => {
    const file = [...(data?.files ?? [])].find(({ type }) => type.startsWith('image/'));
    if (!file || !here()) return false;
    const files = new DataTransfer();
    files.items.add(file);
    input().files = files.files;
    input().dispatchEvent(new Event('change', { bubbles: true }));
    return true;
  };
  document.addEventListener('dragover', (event) => {
    if (here() && event.dataTransfer?.types.includes('Files')) event.preventDefault();
  });
  document.addEventListener('drop', (event) => {
    if (give(event.dataTransfer)) event.preventDefault();
  });
  document.addEventListener('paste', (event) => {
    if (!event.target.closest?.('input, textarea')) give(event.clipboardData);
  });
}
