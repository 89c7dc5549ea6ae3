// Runs in a sandboxed frame, whose origin is `null`: no rule lists it.
fetch(location.hash.slice(1), { cache: 'no-store', signal: AbortSignal.timeout(5000) }).then(
  (response) => parent.postMessage({ status: response.status }, '*'),
  (error) => parent.postMessage({ error: String(error) }, '*'),
);
