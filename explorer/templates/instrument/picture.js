// The lesion on any skin, from look-up tables of bytes: nothing is computed here but the mix under
// a feathered mask. A transform without a table (the skin-former) comes as finished pictures.

const SMALL = 40; // px of a picture in the film strip

const decoded = async (uri) => {
  const image = new Image();
  image.src = uri;
  await image.decode();
  return image;
};
const pixelsOf = (image, width, height) => {
  const canvas = make('canvas', { width, height });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context.drawImage(image, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
};

// A picture at a size, as pixels, with its mask as bytes and a place for what becomes of it.
const sized = (image, mask, width, height) => ({
  pixels: new Uint32Array(pixelsOf(image, width, height).data.buffer),
  mask: mask && pixelsOf(mask, width, height).data.filter((_, at) => at % 4 === 0),
  into: new ImageData(width, height),
});

// A pixel at a time, its four bytes as one number, red lowest: the table's bytes in their places.
const placed = (table) => [0, 1, 2].map((channel) => Uint32Array.from(
  { length: 256 }, (_, old) => table[3 * old + channel] << (8 * channel)));
const OPAQUE = 0xff000000;

// new = old + mask / 255 * (table[old] - old), rounded; without a mask the table's byte. The share
// is a whole number of 65,536ths, which is nearer than a byte can tell.
const changed = ({ pixels, mask, into }, table) => {
  const [red, green, blue] = placed(table);
  const after = new Uint32Array(into.data.buffer);
  const mix = (byte, next, share) => byte + ((share * (next - byte) + 32768) >> 16);
  for (let at = 0; at < pixels.length; at += 1) {
    const pixel = pixels[at];
    const [r, g, b] = [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
    const part = mask ? mask[at] : 255;
    if (part === 255) {
      after[at] = red[r] | green[g] | blue[b] | OPAQUE;
    } else if (part === 0) {
      after[at] = pixel;
    } else {
      const share = part * 257;
      after[at] = mix(r, table[3 * r], share) | (mix(g, table[3 * g + 1], share) << 8)
        | (mix(b, table[3 * b + 2], share) << 16) | OPAQUE;
    }
  }
  return into;
};

const makePicture = () => {
  let table = null;
  let source = null; // {id, width, height} and {frames} or {whole, small}
  let serial = 0;

  const tableOf = (skin) => table.bytes.subarray(skin * 768, skin * 768 + 768);

  // Resolves to whether the picture is there; a newer one that was asked for meanwhile wins.
  const load = async (pictures, of) => {
    const mine = (serial += 1);
    const [width, height] = of.size;
    let made = { id: of.id, width, height };
    if (pictures?.frames) {
      made.frames = await Promise.all(pictures.frames.map((uri) => uri && decoded(uri)));
    } else if (pictures?.picture) {
      const [image, mask] = await Promise.all(
        [pictures.picture, pictures.mask].map((uri) => uri && decoded(uri)));
      const longer = Math.max(width, height);
      const tiny = [width, height].map((side) => Math.max(1, Math.round((SMALL * side) / longer)));
      made = { ...made, whole: sized(image, mask, width, height), small: sized(image, mask, ...tiny) };
    }
    if (mine !== serial) return false;
    [source, table] = [made, of];
    return true;
  };

  // Paint one skin on a canvas of any size.
  const onto = (canvas, skin) => {
    if (source?.id !== table?.id) return;
    const { width, height, frames, whole } = source;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (frames) {
      if (frames[skin]) context.drawImage(frames[skin], 0, 0, width, height);
    } else if (whole) {
      context.putImageData(changed(whole, tableOf(skin)), 0, 0);
    } else { // the picture was left out of the file
      context.fillStyle = table.skins[skin].css;
      context.fillRect(0, 0, width, height);
    }
  };

  // All skins side by side, those that are not computed yet faint.
  const strip = (canvas) => {
    const count = table.skins.length;
    Object.assign(canvas, { width: count * SMALL, height: SMALL });
    const context = canvas.getContext('2d', { willReadFrequently: true });
    table.skins.forEach(({ css }, skin) => {
      const left = skin * SMALL;
      const mine = source?.id === table.id ? source : {};
      context.globalAlpha = table.known(skin) ? 1 : 0.35;
      context.fillStyle = css;
      context.fillRect(left, 0, SMALL, SMALL);
      const one = mine.frames?.[skin] ?? (mine.small && thumbnail(skin));
      if (one) cover(context, one, left);
    });
  };
  const thumbnail = (skin) => {
    const painted = changed(source.small, tableOf(skin));
    const canvas = make('canvas', { width: painted.width, height: painted.height });
    canvas.getContext('2d').putImageData(painted, 0, 0);
    return canvas;
  };
  const cover = (context, image, left) => {
    const side = Math.min(image.width, image.height);
    const [x, y] = [(image.width - side) / 2, (image.height - side) / 2];
    context.drawImage(image, x, y, side, side, left, 0, SMALL, SMALL);
  };

  const refill = (of) => { table = of; };
  return { load, onto, strip, refill };
};
