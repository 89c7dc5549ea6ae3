const FILES = 'https://files.example.com';

// Data: a simple request, which needs no preflight.
const { station, tides } = await (await fetch(`${FILES}/tides.json`)).json();
document.querySelector('#data').textContent = `${tides.length} tides at ${station}`;

// A font: browsers always load one with CORS.
const face = new FontFace('Young Serif', `url(${FILES}/fonts/young-serif.woff2)`);
document.fonts.add(await face.load());
document.querySelector('#specimen').style.font = '1.5rem "Young Serif"';

// A picture whose pixels are read: without `crossOrigin` the canvas would be tainted.
const picture = document.querySelector('#picture');
picture.crossOrigin = 'anonymous';
picture.src = `${FILES}/images/lighthouse.png`;
await picture.decode();
const context = new OffscreenCanvas(480, 320).getContext('2d');
context.drawImage(picture, 0, 0);
const [red, green, blue] = context.getImageData(120, 150, 1, 1).data;
document.querySelector('#colour').textContent = `The sky is rgb(${red}, ${green}, ${blue}).`;
document.body.dataset.state = 'done';
