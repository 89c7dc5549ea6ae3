import { admin, askVersion, askWhy, askWire, edge } from './ask.js';
import { makeCard } from './card.js';
import { experiments } from './experiments.js';

const cards = experiments.map((experiment) => ({
  experiment,
  card: makeCard(experiment, () => turns(() => runOne(experiment))),
}));
const summary = document.querySelector('#summary');
const runAll = document.querySelector('#run-all');

document.querySelector('#page-origin').textContent = location.origin;
document.querySelector('#edge-origin').textContent = edge;
document.querySelector('#experiments').append(...cards.map(({ card }) => card.root));
runAll.addEventListener('click', () => runAll.getAttribute('aria-disabled') !== 'true' && turns(runEach));
if (admin !== null) document.querySelector('#live-page').href = admin;

/** Runs one experiment after the other: the upload and the delete use the same object. */
let last = Promise.resolve();
function turns(run) {
  last = last.then(run).then(summarize);
  return last;
}

async function runEach() {
  // A disabled button would lose the focus.
  runAll.setAttribute('aria-disabled', 'true');
  for (const { card } of cards) card.running();
  for (const { experiment } of cards) await runOne(experiment);
  runAll.setAttribute('aria-disabled', 'false');
}

async function runOne(experiment) {
  const { card } = cards.find((pair) => pair.experiment === experiment);
  card.running();
  try {
    card.done(await observe(experiment));
  } catch (error) {
    card.broken(error);
  }
}

/** Runs an experiment, then gets the decision of the rules and the heads of the responses. */
async function observe(experiment) {
  const { method, origin = location.origin, preflight, sends = {} } = experiment;
  const path = experiment.path(Date.now().toString(36));
  const ran = await experiment.run(path).catch((error) => {
    if (error.name === 'TimeoutError') throw error;
    return { error };
  });
  const outcome = ran.error === undefined ? 'allowed' : 'refused';
  const why = await askWhy({ method, path, origin, preflight });
  const exchanges = [];
  if (preflight !== undefined) {
    const asked = { origin, 'access-control-request-method': method };
    if (preflight !== '') asked['access-control-request-headers'] = preflight;
    exchanges.push({
      method: 'OPTIONS',
      asked,
      ...(await askWire({ method: 'OPTIONS', path, headers: asked })),
    });
  } else {
    const asked = { origin, ...sends };
    exchanges.push({ method, asked, ...(await askWire({ method, path, headers: asked })) });
  }
  const decided = why.reason === 'matched' ? 'allowed' : 'refused';
  const passed = outcome === decided && (outcome === 'refused' || ran.sound);
  return { ...ran, outcome, passed, why, path, exchanges };
}

function summarize() {
  const passed = cards.filter(({ card }) => card.root.dataset.state === 'passed').length;
  summary.textContent =
    passed === cards.length
      ? `All ${passed} went as the rules say.`
      : `${passed} of ${cards.length} went as the rules say.`;
}

const POLL_MS = 1000;

/** Runs each experiment again when other rules are in force. */
async function follow(version) {
  const now = document.hidden ? version : await askVersion().catch(() => version);
  if (now !== version) await turns(runEach);
  setTimeout(() => follow(now), POLL_MS);
}

await turns(runEach);
follow(await askVersion());
