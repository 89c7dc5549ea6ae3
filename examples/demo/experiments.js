import { askEdge, edge, within } from './ask.js';
import { element, facts } from './element.js';

/*
 * An experiment describes its request (method, path, origin; `preflight`: the names in Access-Control-Request-Headers) and
 * runs it. `run` returns `show`, the element to show, and `sound`, whether the result is complete. `response` is set if the
 * script can read its headers. A run that throws was refused.
 */

const allowed = {
  id: 'allowed',
  title: 'Read JSON',
  about: 'The plainest case: a rule lists this origin and GET, so the script may read the answer.',
  code: `const response = await fetch(edge + '/tides.json')`,
  method: 'GET',
  path: () => '/tides.json',
  async run(path) {
    const response = await askEdge(path);
    const { station, tides, unit } = await response.json();
    const list = tides.map(({ at, kind, height }) =>
      element('li', {}, element('strong', {}, at), ` ${kind}, ${height} ${unit}`),
    );
    return {
      response,
      sound: response.ok && list.length > 0,
      show: element(
        'div',
        {},
        element('p', {}, `Tides at ${station}`),
        element('ul', { class: 'chips' }, ...list),
      ),
    };
  },
};

const refused = {
  id: 'refused',
  title: 'Delete an object',
  about: 'No rule lists DELETE. The browser asks first, hears no, and never sends it.',
  code: `await fetch(edge + '/uploads/note.json', {
  method: 'DELETE',
})`,
  method: 'DELETE',
  preflight: '',
  path: () => '/uploads/note.json',
  async run(path) {
    const response = await askEdge(path, { method: 'DELETE' });
    return { response, sound: true, show: element('p', {}, `Deleted: ${response.status}.`) };
  },
};

const refusedHeader = {
  id: 'refused-header',
  title: 'Send a custom header',
  about: 'The same JSON again. But the header needs a preflight, and the rule does not allow it.',
  code: `await fetch(edge + '/tides.json', {
  headers: { 'x-demo-token': '1' },
})`,
  method: 'GET',
  preflight: 'x-demo-token',
  path: () => '/tides.json',
  async run(path) {
    const response = await askEdge(path, { headers: { 'x-demo-token': '1' } });
    return { response, sound: response.ok, show: element('p', {}, 'The header was let through.') };
  },
};

const stranger = {
  id: 'stranger',
  title: 'Read from a strange origin',
  about:
    'A sandboxed frame has the origin null. The bytes are served, but the browser does not give them to its script.',
  code: `<iframe sandbox="allow-scripts" src="…">
  await fetch(edge + '/tides.json')`,
  method: 'GET',
  origin: 'null',
  path: () => '/tides.json',
  async run(path) {
    const frame = element('iframe', {
      sandbox: 'allow-scripts',
      hidden: '',
      title: 'A page of another origin',
      src: `/stranger.html#${edge}${path}`,
    });
    const { promise: message, resolve } = Promise.withResolvers();
    const listen = ({ source, data }) => source === frame.contentWindow && resolve(data);
    addEventListener('message', listen);
    document.body.append(frame);
    try {
      const { status, error } = await within(message);
      if (error) throw new TypeError(error.replace(/^TypeError: /, ''));
      return { sound: status === 200, show: element('p', {}, `The frame read it: ${status}.`) };
    } finally {
      removeEventListener('message', listen);
      frame.remove();
    }
  },
};

const upload = {
  id: 'upload',
  title: 'Upload, and read the ETag',
  about: 'A PUT with two headers: preflighted, allowed by the second rule, its ETag exposed to the script.',
  code: `const response = await fetch(edge + '/uploads/note.json', {
  method: 'PUT',
  headers: {
    'content-type': 'application/json',
    'x-oss-meta-from': 'demo',
  },
  body,
})
response.headers.get('ETag')`,
  method: 'PUT',
  preflight: 'content-type,x-oss-meta-from',
  path: () => '/uploads/note.json',
  async run(path) {
    const body = JSON.stringify({ from: location.origin, at: new Date().toISOString() });
    const response = await askEdge(path, {
      method: 'PUT',
      body,
      headers: { 'content-type': 'application/json', 'x-oss-meta-from': 'demo' },
    });
    const etag = response.headers.get('ETag');
    const back = response.ok ? await (await askEdge(path)).text() : null;
    return {
      response,
      sound: response.ok && etag !== null && back === body,
      show: facts([
        ['Status', String(response.status)],
        ['ETag', etag ?? 'the script may not read it'],
        ['Read back', back === body ? `the same ${body.length} bytes` : 'not what was sent'],
      ]),
    };
  },
};

const font = {
  id: 'font',
  title: 'Load a font',
  about: 'Fonts are always fetched with CORS. Without the headers this line would fall back to another face.',
  code: `const url = edge + '/fonts/young-serif.woff2'
await new FontFace('Young Serif', \`url(\${url})\`).load()`,
  method: 'GET',
  path: (run) => `/fonts/young-serif.woff2?run=${run}`,
  async run(path) {
    const face = new FontFace('Young Serif', `url("${edge}${path}")`);
    await within(face.load());
    document.fonts.add(face);
    return {
      sound: face.status === 'loaded',
      show: element('p', { class: 'specimen' }, 'Quick tides carry bright jetsam; fog veils the quay.'),
    };
  },
};

const image = {
  id: 'image',
  title: 'Read pixels of an image',
  about:
    'First shown plainly, without Origin, then asked for again with CORS: the copy in the cache from the first must not break the second. The canvas stays clean, its pixels readable.',
  code: `image.crossOrigin = 'anonymous'
context.drawImage(image, 0, 0)
context.getImageData(120, y, 1, 1)`,
  method: 'GET',
  path: (run) => `/images/lighthouse.png?run=${run}`,
  async run(path) {
    await loadImage(path, null);
    const picture = await loadImage(path, 'anonymous');
    const canvas = element('canvas', {
      width: '480',
      height: '320',
      role: 'img',
      'aria-label': 'A lighthouse at dusk',
    });
    const context = canvas.getContext('2d', { willReadFrequently: true });
    context.drawImage(picture, 0, 0);
    const colours = [20, 120, 150, 200, 300].map((y) => {
      const [red, green, blue] = context.getImageData(120, y, 1, 1).data;
      return `#${[red, green, blue].map((part) => part.toString(16).padStart(2, '0')).join('')}`;
    });
    const list = element('ul', { class: 'swatches', 'aria-label': 'Colours read from the canvas' });
    for (const colour of colours) {
      const patch = element('span', { class: 'patch' });
      patch.style.background = colour;
      list.append(element('li', {}, patch, element('code', {}, colour)));
    }
    return {
      sound: new Set(colours).size > 1,
      show: element('div', { class: 'picture' }, canvas, list),
    };
  },
};

async function loadImage(path, crossOrigin) {
  const picture = new Image();
  picture.crossOrigin = crossOrigin;
  picture.src = edge + path;
  await within(picture.decode());
  return picture;
}

const range = {
  id: 'range',
  title: 'Read a range of a PDF',
  about:
    'The first kilobyte only: 206, and an exposed Content-Range from which the script learns the full length.',
  code: `const response = await fetch(edge + '/docs/guide.pdf', {
  headers: { Range: 'bytes=0-1023' },
})
response.headers.get('Content-Range')`,
  method: 'GET',
  path: () => '/docs/guide.pdf',
  sends: { range: 'bytes=0-1023' },
  async run(path) {
    const response = await askEdge(path, { headers: { Range: 'bytes=0-1023' } });
    const bytes = new Uint8Array(await response.arrayBuffer());
    const contentRange = response.headers.get('Content-Range');
    const total = Number(contentRange?.split('/')[1] ?? Number.NaN);
    const begins = new TextDecoder('latin1').decode(bytes.subarray(0, 8));
    return {
      response,
      sound: response.status === 206 && bytes.length === 1024 && total > 1024 && begins.startsWith('%PDF'),
      show: element(
        'div',
        {},
        facts([
          ['Status', String(response.status)],
          ['Content-Range', contentRange ?? 'the script may not read it'],
          ['Begins with', begins],
        ]),
        element('progress', {
          value: String(bytes.length),
          max: String(total || 1),
          'aria-label': 'Part read',
        }),
      ),
    };
  },
};

export const experiments = [allowed, upload, range, image, font, refused, refusedHeader, stranger];
