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

// new = old + mask / 255 * (table[old] - old), rounded; without a mask the table's byte.
const changed = (old, mask, table, into) => {
  const { data } = old;
  const out = into.data;
  for (let at = 0; at < data.length; at += 4) {
    const share = mask ? mask.data[at] / 255 : 1;
    for (let channel = 0; channel < 3; channel += 1) {
      const before = data[at + channel];
      const after = table[3 * before + channel];
      out[at + channel] = share === 1 ? after : Math.round(before + share * (after - before));
    }
    out[at + 3] = 255;
  }
  return into;
};

const makePicture = () => {
  let table = null;
  let source = null; // {old, mask, frames, small}
  let serial = 0;

  const tableOf = (skin) => table.bytes.subarray(skin * 768, skin * 768 + 768);

  // Resolves to whether the picture is there; a newer one that was asked for meanwhile wins.
  const load = async (pictures, of) => {
    const mine = (serial += 1);
    const [width, height] = of.size;
    let made = { width, height };
    if (pictures?.frames) {
      made.frames = await Promise.all(pictures.frames.map((uri) => uri && decoded(uri)));
    } else if (pictures?.picture) {
      const [image, mask] = await Promise.all(
        [pictures.picture, pictures.mask].map((uri) => uri && decoded(uri)));
      const sized = (one, w, h) => (one ? pixelsOf(one, w, h) : null);
      const tiny = [Math.max(1, Math.round(SMALL * Math.min(1, width / height))),
        Math.max(1, Math.round(SMALL * Math.min(1, height / width)))];
      made = {
        ...made,
        old: sized(image, width, height),
        mask: sized(mask, width, height),
        small: { old: sized(image, ...tiny), mask: sized(mask, ...tiny) },
      };
    }
    if (mine !== serial) return false;
    [source, table] = [made, of];
    return true;
  };

  // Paint one skin on a canvas of any size.
  const onto = (canvas, skin) => {
    if (!source) return;
    const { width, height, frames, old, mask } = source;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (frames) {
      if (frames[skin]) context.drawImage(frames[skin], 0, 0, width, height);
    } else if (old) {
      source.scratch ??= new ImageData(width, height);
      context.putImageData(changed(old, mask, tableOf(skin), source.scratch), 0, 0);
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
      context.globalAlpha = table.known(skin) ? 1 : 0.35;
      context.fillStyle = css;
      context.fillRect(left, 0, SMALL, SMALL);
      const one = source.frames?.[skin] ?? (source.small && thumbnail(skin));
      if (one) cover(context, one, left);
    });
  };
  const thumbnail = (skin) => {
    const { old, mask } = source.small;
    const canvas = make('canvas', { width: old.width, height: old.height });
    const painted = changed(old, mask, tableOf(skin), new ImageData(old.width, old.height));
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
