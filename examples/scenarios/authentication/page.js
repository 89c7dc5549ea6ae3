// The browser bundle of ali-oss, from npm: node_modules/ali-oss/dist/aliyun-oss-sdk.min.js, which sets `OSS`.
const FILES = 'https://files.example.com';

// The server of this page gives temporary keys to users who are signed in: { accessKeyId, accessKeySecret, stsToken }.
const keys = await (await fetch('/keys')).json();
const client = new OSS({
  ...keys,
  bucket: 'my-bucket',
  region: 'oss-cn-hangzhou',
  // The edge in place of the bucket. `cname`: the host is the bucket's own, so it gets no bucket name in front.
  endpoint: FILES,
  cname: true,
  authorizationV4: true,
});

const say = (id, text) => {
  document.querySelector(`#${id}`).textContent = text;
};

// A signature in Authorization needs a preflight, and a rule that lists the header.
await client
  .get('tides.json')
  .then(({ content }) => say('header', `With Authorization: ${content.length} bytes.`))
  .catch((error) => say('header', `With Authorization: ${error.message}`));

// A cookie needs Access-Control-Allow-Credentials, and an origin that a rule names.
const url = await client.signatureUrlV4('GET', 60, {}, 'tides.json');
await fetch(url, { credentials: 'include' })
  .then((response) =>
    say('cookie', `With a cookie: ${response.status}, ETag ${response.headers.get('ETag')}.`),
  )
  .catch((error) => say('cookie', `With a cookie: ${error.message}`));
document.body.dataset.state = 'done';
