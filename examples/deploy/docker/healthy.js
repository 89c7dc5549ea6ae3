// The image's HEALTHCHECK: exits with 0 if the edge answers, with 1 if not.
const { ADMIN_PORT: port = '8081' } = process.env;
const signal = AbortSignal.timeout(2_000);
const answer = await fetch(`http://127.0.0.1:${port}/healthz`, { signal }).catch(({ message }) => ({
  message,
}));
if (answer.ok !== true) console.error(answer.message ?? `/healthz: ${answer.status}`);
process.exitCode = answer.ok === true ? 0 : 1;
