// Runs on any Node and without any dependency: the rest of the program needs a newer Node than some machines have.
const LEAST = [22, 19];

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])) {
  console.error(
    `bucket-cors needs Node ${LEAST.join('.')} or newer and found ${process.versions.node} (${process.execPath}).\n` +
      'In a checkout: run "npm ci", then "npm start" or "npm test"; they use the Node that the project brings.\n' +
      'If they did and you still see this, the install scripts were switched off: run "npm rebuild node".',
  );
  process.exit(1);
}
