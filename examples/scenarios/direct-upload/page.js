const form = document.querySelector('form');
const result = document.querySelector('#result');

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const [file] = form.elements.file.files;
  // The server of this page answers with a URL that is valid for one minute, for this key and this type.
  const query = new URLSearchParams({ name: file.name, type: file.type });
  const { url } = await (await fetch(`/upload-url?${query}`)).json();
  result.textContent = await put(url, file).catch((error) => `Failed: ${error.message}`);
  document.body.dataset.state = 'done';
});

/** Uploads a file. XMLHttpRequest has progress events for uploads; `fetch` has none. */
function put(url, file) {
  const request = new XMLHttpRequest();
  const { promise, resolve, reject } = Promise.withResolvers();
  request.open('PUT', url);
  request.setRequestHeader('Content-Type', file.type);
  request.upload.onprogress = ({ loaded, total }) => {
    document.querySelector('progress').value = loaded / total;
  };
  request.onload = () => {
    if (request.status === 200) resolve(`Uploaded. The ETag is ${request.getResponseHeader('ETag')}.`);
    else reject(new Error(`${request.status} ${request.responseText}`));
  };
  // A request that CORS refuses has no status and no cause: `bucket-cors doctor` finds it.
  request.onerror = () => reject(new Error('no answer that the page may read'));
  request.send(file);
  return promise;
}
